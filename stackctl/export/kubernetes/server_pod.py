"""Pod of a server of the stack that the operator does not run: its container, files, secrets and data."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.components.component import ENV_FILE, Place
from stackctl.export.kubernetes import grafana
from stackctl.export.kubernetes.arguments import hidden, literal
from stackctl.export.kubernetes.names import dns_name, dns_names
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.pods import CONTAINER_SECURITY_CONTEXT, FACTS, limits, security_context, storage
from stackctl.export.kubernetes.scraping import given
from stackctl.export.kubernetes.service import PORT_NAME
from stackctl.model import Grafana, Server, Stack
from stackctl.render.text import yaml_bytes
from stackctl.render.units import more_arguments

# Where its files are in its container.
_TREE = "/etc/stackctl"
# Of the secret files of a server, those that are variables have keys that begin with this.
_VARIABLE = "env-"


@dataclass(frozen=True)
class Mount:
    """A volume of a pod, and where its container sees it."""

    name: str
    path: str
    volume: Mapping[str, Any]
    is_read_only: bool = False
    more: Mapping[str, Any] | None = None

    @property
    def in_container(self) -> dict[str, Any]:
        """The mount of the container."""
        read_only = {"readOnly": True} if self.is_read_only else {}
        return {"name": self.name, "mountPath": self.path, **read_only, **(self.more or {})}


def own_servers(stack: Stack) -> list[Server]:
    """The servers that the operator does not run."""
    operated = (c.PROMETHEUS, c.ALERTMANAGER)
    return [each for each in stack.components if each.name not in operated]


def is_of_nodes(server: Server) -> bool:
    """Return whether a server reads the node that it runs on, and so has to run on each."""
    return bool(registry.of(server).container.mounts)


def names_of(stack: Stack) -> dict[str, str]:
    """The name of all objects of each of these servers."""
    services = {each.name: f"{stack.name}-{registry.of(each).service}" for each in own_servers(stack)}
    names = dns_names(services.values())
    return {name: names[service] for name, service in services.items()}


def template(objects: Objects, server: Server, name: str) -> dict[str, Any]:
    """The template of its pods, as restricted as what it reads allows."""
    known = registry.of(server)
    mounts = _mounts(objects, server, name)
    environment = known.environment(server, _place(objects.stack, server))
    arguments, named = hidden(_arguments(objects.stack, server), objects.stack)
    variables = _variables(server) | {variable: variable for variable in named}
    container = {
        "name": dns_name(server.name),
        "image": server.image,
        "args": arguments,
        "env": [
            *({"name": key, "value": literal(text)} for key, text in environment.items()),
            *(
                {"name": variable, "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}
                for variable, key in variables.items()
            ),
        ],
        "ports": [{"name": PORT_NAME, "containerPort": known.port}],
        "readinessProbe": {"httpGet": {"path": known.ready, "port": PORT_NAME}},
        "resources": limits(server.resources),
        "securityContext": CONTAINER_SECURITY_CONTEXT,
        "volumeMounts": [each.in_container for each in mounts],
    }
    user = 0 if known.container.is_root else int(known.container.user)
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": security_context(user),
        "containers": [given(container)],
        "volumes": [{"name": each.name, **each.volume} for each in mounts],
    }
    return {"metadata": {"labels": {**objects.part_of, "app": name}}, "spec": given(pod)}


def volume_claim(objects: Objects, server: Server, name: str) -> dict[str, Any] | None:
    """The claim of the volume that holds what a server keeps; None for one that keeps nothing."""
    if not registry.of(server).container.data:
        return None
    spec = {"accessModes": ["ReadWriteOnce"], **storage()["volumeClaimTemplate"]["spec"]}
    return {**objects.head("v1", "PersistentVolumeClaim", name), "spec": spec}


def config_map(objects: Objects, server: Server, name: str) -> dict[str, Any] | None:
    """The ConfigMap with the configuration of a server; None for one without."""
    files = registry.of(server).configuration()
    texts = {
        PurePosixPath(path).name: yaml_bytes(content, objects.stack.origin.file).decode()
        for path, content in files.items()
    }
    if isinstance(server, Grafana):
        texts |= grafana.provisioning(objects.stack)
    return {**objects.head("v1", "ConfigMap", name), "data": texts} if texts else None


def own_secret(objects: Objects, server: Server, name: str) -> dict[str, Any] | None:
    """The Secret with the files, the variables and the secret arguments of a server; None for one without."""
    _, named = hidden(_arguments(objects.stack, server), objects.stack)
    keys = {**_secrets(objects, server), **named}
    return {**objects.head("v1", "Secret", name), "stringData": keys} if keys else None


def unexported(server: Server) -> list[str]:
    """Return the settings of a server that its objects have no field for."""
    said = {"docker": server.docker}
    return [name for name, value in said.items() if value]


def _place(stack: Stack, server: Server) -> Place:
    known = registry.of(server)
    return Place(stack, FACTS, _TREE, known.container.data, listen=f":{known.port}", expanded=_TREE)


def _arguments(stack: Stack, server: Server) -> tuple[str, ...]:
    known = registry.of(server)
    return (*known.arguments(server, _place(stack, server)), *known.container.flags, *more_arguments(server))


def _mounts(objects: Objects, server: Server, name: str) -> list[Mount]:
    known = registry.of(server)
    files, configuration = _files(objects, server), known.configuration()
    items = [{"key": key, "path": key} for key in files]
    secrets = {"secret": {"secretName": name, "items": items}}
    claim = {"persistentVolumeClaim": {"claimName": name}}
    return [
        *([Mount("secrets", f"{_TREE}/{c.SECRETS_DIR}/{server.name}", secrets, True)] if files else []),
        *(
            [Mount("configuration", _folder(configuration), {"configMap": {"name": name}}, True)]
            if configuration
            else []
        ),
        *(
            [Mount("grafana", f"{_TREE}/grafana", grafana.volume(objects, name), True)]
            if server.name == c.GRAFANA
            else []
        ),
        *([Mount("data", known.container.data, claim)] if known.container.data else []),
        *(Mount(f"temporary-{at}", path, {"emptyDir": {}}) for at, path in enumerate(known.container.tmpfs)),
        *_of_node(known.container.node_mounts or known.container.mounts),
    ]


def _of_node(mounts: Iterable[Mapping[str, Any]]) -> list[Mount]:
    """The folders of a node. Those that are mounted there later are seen too."""
    seen = {"mountPropagation": "HostToContainer"}
    return [
        Mount(f"node-{at}", each["target"], {"hostPath": {"path": each["source"]}}, bool(each.get("read_only")), seen)
        for at, each in enumerate(mounts)
    ]


def _secrets(objects: Objects, server: Server) -> dict[str, str]:
    """Key of the Secret -> content."""
    variables = {f"{_VARIABLE}{name}": value for name, value in _hidden_variables(server).items()}
    more = grafana.datasources_file(objects.stack) if isinstance(server, Grafana) else {}
    return {**_files(objects, server), **variables, **more}


def _files(objects: Objects, server: Server) -> dict[str, str]:
    files = {name: text for name, text in registry.of(server).secrets(server, FACTS).items() if name != ENV_FILE}
    return files | grafana.secret_files(objects, server) if isinstance(server, Grafana) else files


def _hidden_variables(server: Server) -> Mapping[str, str]:
    found: Mapping[str, str] = json.loads(registry.of(server).secrets(server, FACTS).get(ENV_FILE, "{}"))
    return found


def _variables(server: Server) -> dict[str, str]:
    """Variable -> key of the Secret."""
    return {name: f"{_VARIABLE}{name}" for name in _hidden_variables(server)}


def _folder(configuration: Mapping[str, Any]) -> str:
    """The folder of the files of a configuration, which is one for each server."""
    return f"{_TREE}/{PurePosixPath(next(iter(configuration))).parent}"
