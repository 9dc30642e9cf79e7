"""Exporters of the stack: the Deployment of each, with its configuration and its secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.components.component import ENV_FILE, Place
from stackctl.export.kubernetes.names import dns_name, dns_names
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.pods import CONTAINER_SECURITY_CONTEXT, SECURITY_CONTEXT, limits
from stackctl.export.kubernetes.scraping import given
from stackctl.model import Exporter, Stack
from stackctl.render.text import yaml_bytes
from stackctl.runtimes.registry import facts

# Where its files are in its container.
_TREE = "/etc/stackctl"
# Of the secret files of an exporter, those that are variables have keys that begin with this.
_VARIABLE = "env-"
# There is no machine of the user's to which `localhost` could lead.
_FACTS = replace(facts(c.DOCKER), this_machine="", has_env_files=True)


def exporters(stack: Stack) -> list[Exporter]:
    """The exporters that need nothing of the node that they run on: no restricted pod gets that."""
    return [each for each in stack.exporters if not registry.of(each).container.mounts]


def exporter_names(stack: Stack) -> dict[str, str]:
    """The name of all objects of each exporter."""
    services = {each.name: f"{stack.name}-{registry.of(each).service}" for each in exporters(stack)}
    names = dns_names(services.values())
    return {name: names[service] for name, service in services.items()}


def deployment(objects: Objects, exporter: Exporter, name: str) -> dict[str, Any]:
    """The Deployment, of one pod that is as restricted as Pod Security asks for."""
    known = registry.of(exporter)
    place = Place(objects.stack, _FACTS, _TREE, listen=f":{known.port}", expanded=_TREE)
    secrets, configuration = _secrets(exporter), known.configuration()
    variables = {key.removeprefix(_VARIABLE): key for key in secrets if key.startswith(_VARIABLE)}
    files = [key for key in secrets if not key.startswith(_VARIABLE)]
    mounts = {
        **({"secrets": f"{_TREE}/{c.SECRETS_DIR}/{exporter.name}"} if files else {}),
        **({"configuration": _folder(configuration)} if configuration else {}),
        **{f"temporary-{at}": path for at, path in enumerate(known.container.tmpfs)},
    }
    container = {
        "name": dns_name(exporter.name),
        "image": exporter.image,
        "args": [
            _literal(each) for each in (*known.arguments(exporter, place), *known.container.flags, *exporter.args)
        ],
        "env": [
            *({"name": key, "value": _literal(text)} for key, text in known.environment(exporter, place).items()),
            *(
                {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}
                for variable, key in variables.items()
            ),
        ],
        "ports": [{"name": "http", "containerPort": known.port}],
        "readinessProbe": {"httpGet": {"path": known.ready, "port": "http"}},
        "resources": limits(exporter.resources),
        "securityContext": CONTAINER_SECURITY_CONTEXT,
        "volumeMounts": [
            {"name": volume, "mountPath": path, **({} if volume.startswith("temporary") else {"readOnly": True})}
            for volume, path in mounts.items()
        ],
    }
    volumes: dict[str, dict[str, Any]] = {
        "secrets": {"secret": {"secretName": name, "items": [{"key": key, "path": key} for key in files]}},
        "configuration": {"configMap": {"name": name}},
    }
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": SECURITY_CONTEXT,
        "containers": [given(container)],
        "volumes": [{"name": volume, **volumes.get(volume, {"emptyDir": {}})} for volume in mounts],
    }
    template = {"metadata": {"labels": {**objects.part_of, "app": name}}, "spec": given(pod)}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    return {**objects.head("apps/v1", "Deployment", name, {"app": name}), "spec": spec}


def exporter_configuration(objects: Objects, exporter: Exporter, name: str) -> dict[str, Any] | None:
    """The ConfigMap with the configuration of an exporter; None for one without."""
    files = registry.of(exporter).configuration()
    if not files:
        return None
    texts = {
        PurePosixPath(path).name: yaml_bytes(content, objects.stack.origin.file).decode()
        for path, content in files.items()
    }
    return {**objects.head("v1", "ConfigMap", name), "data": texts}


def exporter_secret(objects: Objects, exporter: Exporter, name: str) -> dict[str, Any] | None:
    """The Secret with the files and the variables of an exporter; None for one without."""
    secrets = _secrets(exporter)
    return {**objects.head("v1", "Secret", name), "stringData": secrets} if secrets else None


def without_field(exporter: Exporter) -> list[str]:
    """Return the settings of an exporter that its objects have no field for."""
    said = {"docker": exporter.docker}
    return [name for name, value in said.items() if value]


def _secrets(exporter: Exporter) -> dict[str, str]:
    """Key of the Secret -> content."""
    files = dict(registry.of(exporter).secrets(exporter, _FACTS))
    variables: Mapping[str, str] = json.loads(files.pop(ENV_FILE, "{}"))
    return {**files, **{f"{_VARIABLE}{name}": value for name, value in variables.items()}}


def _folder(configuration: Mapping[str, Any]) -> str:
    """The folder of the files of a configuration, which is one for each exporter."""
    return f"{_TREE}/{PurePosixPath(next(iter(configuration))).parent}"


def _literal(text: str) -> str:
    """A text in which Kubernetes would replace `$(NAME)`."""
    return text.replace("$(", "$$(")
