"""Deployment of an exporter or the Pushgateway, with its files, secrets and data."""

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
from stackctl.export.kubernetes.pods import CONTAINER_SECURITY_CONTEXT, SECURITY_CONTEXT, limits, storage
from stackctl.export.kubernetes.scraping import given
from stackctl.model import Server, Stack
from stackctl.render.text import yaml_bytes
from stackctl.render.units import more_arguments
from stackctl.runtimes.registry import facts

# Where its files are in its container.
_TREE = "/etc/stackctl"
# Of the secret files of a server, those that are variables have keys that begin with this.
_VARIABLE = "env-"
_READ_ONLY = ("secrets", "configuration")
# There is no machine of the user's to which `localhost` could lead.
_FACTS = replace(facts(c.DOCKER), this_machine="", has_env_files=True)


def deployed(stack: Stack) -> list[Server]:
    """The servers that become Deployments: those that need nothing of their node, which no restricted pod gets."""
    servers = (*([stack.pushgateway] if stack.pushgateway else []), *stack.exporters)
    return [each for each in servers if not registry.of(each).container.mounts]


def deployed_names(stack: Stack) -> dict[str, str]:
    """The name of all objects of each of these servers."""
    services = {each.name: f"{stack.name}-{registry.of(each).service}" for each in deployed(stack)}
    names = dns_names(services.values())
    return {name: names[service] for name, service in services.items()}


def deployment(objects: Objects, server: Server, name: str) -> dict[str, Any]:
    """The Deployment, of one pod that is as restricted as Pod Security asks for."""
    known = registry.of(server)
    place = Place(objects.stack, _FACTS, _TREE, known.container.data, listen=f":{known.port}", expanded=_TREE)
    secrets, configuration = _secrets(server), known.configuration()
    variables = {key.removeprefix(_VARIABLE): key for key in secrets if key.startswith(_VARIABLE)}
    files = [key for key in secrets if not key.startswith(_VARIABLE)]
    mounts = {
        **({"secrets": f"{_TREE}/{c.SECRETS_DIR}/{server.name}"} if files else {}),
        **({"configuration": _folder(configuration)} if configuration else {}),
        **({"data": known.container.data} if known.container.data else {}),
        **{f"temporary-{at}": path for at, path in enumerate(known.container.tmpfs)},
    }
    container = {
        "name": dns_name(server.name),
        "image": server.image,
        "args": [
            _literal(each)
            for each in (*known.arguments(server, place), *known.container.flags, *more_arguments(server))
        ],
        "env": [
            *({"name": key, "value": _literal(text)} for key, text in known.environment(server, place).items()),
            *(
                {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}
                for variable, key in variables.items()
            ),
        ],
        "ports": [{"name": "http", "containerPort": known.port}],
        "readinessProbe": {"httpGet": {"path": known.ready, "port": "http"}},
        "resources": limits(server.resources),
        "securityContext": CONTAINER_SECURITY_CONTEXT,
        "volumeMounts": [
            {"name": volume, "mountPath": path, **({"readOnly": True} if volume in _READ_ONLY else {})}
            for volume, path in mounts.items()
        ],
    }
    volumes: dict[str, dict[str, Any]] = {
        "secrets": {"secret": {"secretName": name, "items": [{"key": key, "path": key} for key in files]}},
        "configuration": {"configMap": {"name": name}},
        "data": {"persistentVolumeClaim": {"claimName": name}},
    }
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": SECURITY_CONTEXT,
        "containers": [given(container)],
        "volumes": [{"name": volume, **volumes.get(volume, {"emptyDir": {}})} for volume in mounts],
    }
    template = {"metadata": {"labels": {**objects.part_of, "app": name}}, "spec": given(pod)}
    spec = {"replicas": 1, "selector": {"matchLabels": {"app": name}}, "template": template}
    if known.container.data:
        spec["strategy"] = {"type": "Recreate"}  # two pods cannot write the same data
    return {**objects.head("apps/v1", "Deployment", name, {"app": name}), "spec": spec}


def volume_claim(objects: Objects, server: Server, name: str) -> dict[str, Any] | None:
    """The claim of the volume that holds what a server keeps; None for one that keeps nothing."""
    if not registry.of(server).container.data:
        return None
    spec = {"accessModes": ["ReadWriteOnce"], **storage()["volumeClaimTemplate"]["spec"]}
    return {**objects.head("v1", "PersistentVolumeClaim", name), "spec": spec}


def config_map(objects: Objects, server: Server, name: str) -> dict[str, Any] | None:
    """The ConfigMap with the configuration of a server; None for one without."""
    files = registry.of(server).configuration()
    if not files:
        return None
    texts = {
        PurePosixPath(path).name: yaml_bytes(content, objects.stack.origin.file).decode()
        for path, content in files.items()
    }
    return {**objects.head("v1", "ConfigMap", name), "data": texts}


def own_secret(objects: Objects, server: Server, name: str) -> dict[str, Any] | None:
    """The Secret with the files and the variables of a server; None for one without."""
    secrets = _secrets(server)
    return {**objects.head("v1", "Secret", name), "stringData": secrets} if secrets else None


def unexported(server: Server) -> list[str]:
    """Return the settings of a server that its objects have no field for."""
    said = {"docker": server.docker}
    return [name for name, value in said.items() if value]


def _secrets(server: Server) -> dict[str, str]:
    """Key of the Secret -> content."""
    files = dict(registry.of(server).secrets(server, _FACTS))
    variables: Mapping[str, str] = json.loads(files.pop(ENV_FILE, "{}"))
    return {**files, **{f"{_VARIABLE}{name}": value for name, value in variables.items()}}


def _folder(configuration: Mapping[str, Any]) -> str:
    """The folder of the files of a configuration, which is one for each server."""
    return f"{_TREE}/{PurePosixPath(next(iter(configuration))).parent}"


def _literal(text: str) -> str:
    """A text in which Kubernetes would replace `$(NAME)`."""
    return text.replace("$(", "$$(")
