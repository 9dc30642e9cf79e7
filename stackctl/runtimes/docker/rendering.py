"""compose.yaml: the stack as a Compose project that runs without stackctl."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from stackctl import conventions as c
from stackctl import ownership
from stackctl.components import registry
from stackctl.components.component import Component, Place
from stackctl.model import Block, Container, Grafana, Prometheus, Server, Service, Stack
from stackctl.render.closed import holds_secret
from stackctl.render.text import merged, yaml_bytes
from stackctl.render.units import component_unit, fingerprint, more_arguments
from stackctl.render.web import client_config
from stackctl.runtimes.docker.compose_service import extended, from_manifest, networks_of, volumes_of
from stackctl.runtimes.docker.facts import FACTS, data_volume
from stackctl.tree import File, Unit, reader

# How promtool logs in, in Prometheus' container. No secret is in it.
CLIENT_FILE = "prometheus/client.yml"

# What is good for any container, the user's own included.
_DEFAULTS = {
    "init": True,
    "restart": "unless-stopped",
    "security_opt": ["no-new-privileges:true"],
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
}
# What only a container whose program we know can live with.
_HARDENED = {**_DEFAULTS, "read_only": True, "cap_drop": ["ALL"]}

# The docker runtime mounts the folder above the tree, in which it switches generations; alone, the tree mounts itself.
_TREE_MOUNT = {
    "type": "bind",
    "source": "${STACKCTL_SOURCE:-.}",
    "target": f"${{STACKCTL_TARGET:-{c.CONTAINER_TREE}}}",
    "read_only": True,
}

_REFERENCE = re.compile(r"\$\$|\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-?+][^{}]*)?\}|\$")


def units(stack: Stack, files: dict[str, File], salt: bytes) -> tuple[Unit, ...]:
    """The units, with compose.yaml and how Prometheus' container asks itself added to `files`."""
    if stack.prometheus.login or stack.prometheus.tls:
        asking = client_config(stack.prometheus, c.CONTAINER_TREE)
        files[CLIENT_FILE] = File(yaml_bytes(asking, stack.origin.file))
    made = [
        *(_component(server, stack, files, salt) for server in stack.components),
        *(_service(service, service.run.docker, stack, salt) for service in stack.services if service.run.docker),
        *(_container(container, stack, salt) for container in stack.containers),
    ]
    volumes = _volumes(stack)
    networks = _networks(stack)
    project: dict[str, Any] = {
        "name": stack.name,
        "services": {unit.in_compose: _labelled(definition, unit) for definition, unit in made},
        **({"volumes": volumes} if volumes else {}),
        **({"networks": networks} if networks else {}),
    }
    files[c.COMPOSE_FILE] = File(yaml_bytes(project, stack.origin.file))
    return tuple(replace(unit, volumes=tuple(sorted({*volumes_of(definition)}))) for definition, unit in made)


def _component(server: Server, stack: Stack, files: Mapping[str, File], salt: bytes) -> tuple[dict[str, Any], Unit]:
    component = registry.of(server)
    container = component.container
    place = Place(stack, FACTS, c.CONTAINER_TREE, container.data, listen=f":{component.port}")
    command = [*component.arguments(server, place), *container.flags, *more_arguments(server)]
    asks_others = isinstance(server, Grafana) and bool(server.datasources)
    joins = stack.networks and (container.joins_networks or asks_others)
    fields = {
        "image": server.image,
        "command": command,
        "working_dir": c.CONTAINER_MOUNT if container.above_tree else None,
        "environment": dict(component.environment(server, place)),
        "ports": [{"target": component.port, "published": str(server.listen.port), "host_ip": server.listen.host}],
        "tmpfs": list(container.tmpfs),
        "extra_hosts": _extra_hosts(component, command, files),
        "networks": ["default", *stack.networks] if joins else None,
        "healthcheck": _healthcheck(server, component) if container.has_wget else None,
        "mem_limit": server.resources.memory,
        "cpus": server.resources.cpus,
    }
    # Compose would expand `$` in what the user wrote; in what follows it has to.
    definition = _each_text({key: value for key, value in fields.items() if value} | _HARDENED, _escape)
    definition |= {key: value for key, value in _mounts(component, files).items() if value}
    definition = extended(definition, from_manifest(_each_text(server.docker, _escape_but_references)))
    counted = _counted(definition, {**fields, "docker": server.docker}, server.name, stack, salt)
    return definition, component_unit(server, files, salt, counted, image=server.image, service=container.service)


def _extra_hosts(component: Component, command: list[str], files: Mapping[str, File]) -> list[str]:
    """The way to the user's machine, for a component that uses it."""
    name = component.container.told_by or component.name
    told = [flag.encode() for flag in command]
    told += [file.content for path, file in files.items() if name in path.split("/")[:-1]]
    needed = any(c.HOST_FROM_CONTAINER.encode() in content for content in told)
    return [f"{c.HOST_FROM_CONTAINER}:host-gateway"] if needed else []


def _healthcheck(server: Server, component: Component) -> dict[str, Any]:
    base = f"{server.listen.scheme}://127.0.0.1:{component.port}"
    asked = ["wget", "-q", "--spider", f"{base}{component.ready}"]
    if isinstance(server, Prometheus) and (server.login or server.tls):
        # It reads the login from files: on a command line anybody could see it.
        asked = ["promtool", "check", "ready", f"--http.config.file={c.CONTAINER_TREE}/{CLIENT_FILE}", f"--url={base}"]
    return {
        "test": ["CMD", *asked],
        "interval": "15s",
        "timeout": "5s",
        "retries": 3,
        "start_period": "60s",
        "start_interval": "500ms",
    }


def _mounts(component: Component, files: Mapping[str, File]) -> dict[str, Any]:
    configured = any(reader(path) == component.name for path in files) or bool(component.configuration())
    group = ownership.group_of(component.name, files)
    data = component.container.data
    mounts: list[Mapping[str, Any]] = [
        *([_TREE_MOUNT] if configured else []),
        *([{"type": "volume", "source": data_volume(component.name), "target": data}] if data else []),
        *component.container.mounts,
    ]
    return {
        # A group of its own; the variable is for file systems where it cannot be let in.
        "group_add": [f"${{STACKCTL_GID:-{group}}}"] if configured and group else None,
        "volumes": [dict(mount) for mount in mounts],
    }


def _volumes(stack: Stack) -> dict[str, Any]:
    own = [data_volume(each.name) for each in stack.components if registry.of(each).container.data]
    theirs = [name for fields in stack.compose_fields for name in volumes_of(fields)]
    return {name: {} for name in (*own, *theirs)}


def _networks(stack: Stack) -> dict[str, Any]:
    theirs = [name for fields in stack.compose_fields for name in networks_of(fields)]
    return {name: {"external": True} if name in stack.networks else {} for name in (*stack.networks, *theirs)}


def _service(service: Service, fields: Block, stack: Stack, salt: bytes) -> tuple[dict[str, Any], Unit]:
    theirs = _each_text(fields, _escape_but_references)
    definition: dict[str, Any] = from_manifest(merged(_DEFAULTS, theirs))
    if service.profiles:
        definition["profiles"] = list(service.profiles)
    unit = Unit(
        name=service.name,
        spec=fingerprint(_counted(definition, fields, service.name, stack, salt), {}, b""),
        image=str(fields.get("image", "")),
        profiles=service.profiles,
    )
    return definition, unit


def _container(container: Container, stack: Stack, salt: bytes) -> tuple[dict[str, Any], Unit]:
    """A container as it is written: what was good for it in another Compose file is good for it here."""
    definition = from_manifest(_each_text(container.fields, _escape_but_references))
    unit = Unit(
        name=container.unit,
        service="" if container.unit == container.name else container.name,
        spec=fingerprint(_counted(definition, container.fields, container.name, stack, salt), {}, b""),
        image=str(container.fields.get("image", "")),
        profiles=container.profiles,
    )
    return definition, unit


def _counted(definition: dict[str, Any], written: Mapping[str, Any], name: str, stack: Stack, salt: bytes) -> Any:
    """Return the input of a service's hash. The label must not allow guesses of secrets in `written`."""
    if not holds_secret(json.dumps(written).encode(), stack):
        return definition
    return [definition, salt.hex()] if salt else name


def _labelled(definition: dict[str, Any], unit: Unit) -> dict[str, Any]:
    ours = {c.LABEL_UNIT: unit.name, c.LABEL_SPEC: unit.spec}
    theirs = definition.get("labels", {})
    if isinstance(theirs, list):
        return {**definition, "labels": [*theirs, *(f"{key}={value}" for key, value in ours.items())]}
    # Anything else than a mapping is for Compose's schema to refuse.
    return {**definition, "labels": {**theirs, **ours} if isinstance(theirs, Mapping) else theirs}


def _each_text(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _each_text(item, change) for key, item in value.items()}
    return [_each_text(item, change) for item in value] if isinstance(value, list | tuple) else value


def _escape(text: str) -> str:
    return text.replace("$", "$$")


def _escape_but_references(text: str) -> str:
    """`text` with every `$` literal but those of `${NAME}`, which Compose is to expand, and of `$$`, Compose's own
    way to write one dollar."""
    return _REFERENCE.sub(lambda match: match[0] if len(match[0]) > 1 else "$$", text)
