"""compose.yaml: the stack as a Compose project that runs without stackctl."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.model import Block, Component, Exporter, Grafana, Prometheus, Service, Stack
from stackctl.render.arguments import arguments
from stackctl.render.closed import holds_secret
from stackctl.render.custom import from_manifest, networks_of, volumes_of
from stackctl.render.environment import grafana_environment
from stackctl.render.exporters import exporter_environment
from stackctl.render.grafana import datasource_variables
from stackctl.render.text import merged
from stackctl.render.units import component_unit, fingerprint
from stackctl.render.web import CLIENT_FILE
from stackctl.tree import File, Unit, reader

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

# The node exporter sees the machine through one read-only mount, with the machine's own /proc and /sys below it:
# no privilege, no shared process or network namespace. The price: network figures are the container's.
_HOST = "/host"
_HOST_MOUNT = {"type": "bind", "source": "/", "target": _HOST, "read_only": True}
_HOST_FLAGS = [f"--path.rootfs={_HOST}", f"--path.procfs={_HOST}/proc", f"--path.sysfs={_HOST}/sys"]

# cAdvisor reads the state of all containers as the root user of its image, but without any capability.
_CADVISOR_MOUNTS = [
    {"type": "bind", "source": source, "target": target, "read_only": True}
    for source, target in (
        ("/", "/rootfs"),
        ("/var/run/docker.sock", "/var/run/docker.sock"),
        ("/sys", "/sys"),
        ("/var/lib/docker", "/var/lib/docker"),
    )
]

# Components that reach the networks the user joins: those that ask others.
_ASKING = frozenset({c.PROMETHEUS, c.BLACKBOX, c.POSTGRES, c.REDIS, c.KAFKA, c.NGINX, c.MEMCACHED})

_REFERENCE = re.compile(r"\$\$|\$\{[A-Za-z_][A-Za-z0-9_]*(?::?[-?+][^{}]*)?\}|\$")


def compose_project(
    stack: Stack, files: Mapping[str, File], password: str, salt: bytes
) -> tuple[dict[str, Any], tuple[Unit, ...]]:
    """The content of compose.yaml and the units in it. `files` is the rest of the tree; `password` Grafana's file."""
    made = [
        *(_component(component, stack, files, password, salt) for component in stack.components),
        *(_service(service, service.run.docker, stack, salt) for service in stack.services if service.run.docker),
    ]
    volumes = _volumes(stack)
    networks = _networks(stack)
    project: dict[str, Any] = {
        "name": stack.name,
        "services": {unit.in_compose: _labelled(definition, unit) for definition, unit in made},
        **({"volumes": volumes} if volumes else {}),
        **({"networks": networks} if networks else {}),
    }
    return project, tuple(unit for _, unit in made)


def _component(
    component: Component, stack: Stack, files: Mapping[str, File], password: str, salt: bytes
) -> tuple[dict[str, Any], Unit]:
    fields = {
        "image": component.image,
        "command": _command(component),
        "working_dir": c.CONTAINER_MOUNT if component.name == c.ALERTMANAGER else None,
        "environment": _environment(component, stack, password),
        "ports": [_port(component)],
        "tmpfs": ["/tmp"] if isinstance(component, Grafana) else None,  # noqa: S108 - in the container
        "extra_hosts": _extra_hosts(component, _command(component), files),
        "networks": ["default", *stack.networks] if stack.networks and component.name in _ASKING else None,
        "healthcheck": None if component.name in c.BARE else _healthcheck(component),
        "mem_limit": component.resources.memory,
        "cpus": component.resources.cpus,
    }
    # Compose would expand `$` in what the user wrote; in what follows it has to.
    definition = _each_text({key: value for key, value in fields.items() if value} | _HARDENED, _escape)
    definition |= {key: value for key, value in _mounts(component, files).items() if value}
    service = c.CONTAINER_NAMES.get(component.name, "")
    return definition, component_unit(component, files, salt, definition, image=component.image, service=service)


def _command(component: Component) -> list[str]:
    data = c.DATA_PATHS.get(component.name, "")
    listen = f":{c.PORTS[component.name]}"
    flags = arguments(component, c.DOCKER, tree=c.CONTAINER_TREE, data=data, listen=listen)
    return [*flags, *(_HOST_FLAGS if component.name == c.NODE else ())]


def _environment(component: Component, stack: Stack, password: str) -> dict[str, str]:
    if isinstance(component, Exporter):
        return dict(exporter_environment(component, c.CONTAINER_TREE))
    if not isinstance(component, Grafana):
        return {}
    return grafana_environment(
        component,
        c.DOCKER,
        tree=c.CONTAINER_TREE,
        port=c.PORTS[c.GRAFANA],
        # The image's start script reads the file and sets the variable without the suffix.
        GF_SECURITY_ADMIN_PASSWORD__FILE=f"{c.CONTAINER_TREE}/{password}",
        **datasource_variables(stack.prometheus, c.CONTAINER_TREE),
    )


def _port(component: Component) -> dict[str, Any]:
    listen = component.listen
    return {"target": c.PORTS[component.name], "published": str(listen.port), "host_ip": listen.host}


def _extra_hosts(component: Component, command: list[str], files: Mapping[str, File]) -> list[str]:
    """The way to the user's machine, for a component that is told of it. Blackbox learns it from Prometheus."""
    name = c.PROMETHEUS if component.name == c.BLACKBOX else component.name
    told = [flag.encode() for flag in command]
    told += [file.content for path, file in files.items() if f"{name}/" in path]
    needed = any(c.HOST_FROM_CONTAINER.encode() in content for content in told)
    return [f"{c.HOST_FROM_CONTAINER}:host-gateway"] if needed else []


def _healthcheck(component: Component) -> dict[str, Any]:
    base = f"{component.listen.scheme}://127.0.0.1:{c.PORTS[component.name]}"
    asked = ["wget", "-q", "--spider", f"{base}{c.READY_PATHS[component.name]}"]
    if isinstance(component, Prometheus) and (component.login or component.tls):
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
    name = component.name
    configured = any(reader(path) == name for path in files)
    data = {"type": "volume", "source": _volume(component), "target": c.DATA_PATHS.get(name, "")}
    mounts: list[tuple[Mapping[str, Any], bool]] = [
        (_TREE_MOUNT, configured),
        (data, name in c.DATA_PATHS),
        (_HOST_MOUNT, name == c.NODE),
        *((mount, name == c.CADVISOR) for mount in _CADVISOR_MOUNTS),
    ]
    return {
        # A group of its own; the variable is for file systems where it cannot be let in.
        "group_add": [f"${{STACKCTL_GID:-{c.SECRET_GROUPS[name]}}}"] if configured else None,
        "volumes": [dict(mount) for mount, wanted in mounts if wanted],
    }


def _volume(component: Component) -> str:
    return f"{component.name}-data"


def _volumes(stack: Stack) -> dict[str, Any]:
    own = [_volume(component) for component in stack.components if component.name in c.DATA_PATHS]
    theirs = [name for service in stack.services for name in volumes_of(service.run.docker or {})]
    return {name: {} for name in (*own, *theirs)}


def _networks(stack: Stack) -> dict[str, Any]:
    theirs = [name for service in stack.services for name in networks_of(service.run.docker or {})]
    return {name: {"external": True} if name in stack.networks else {} for name in (*stack.networks, *theirs)}


def _service(service: Service, fields: Block, stack: Stack, salt: bytes) -> tuple[dict[str, Any], Unit]:
    theirs = _each_text(fields, _escape_but_references)
    definition: dict[str, Any] = from_manifest(merged(_DEFAULTS, theirs))
    if service.profiles:
        definition["profiles"] = list(service.profiles)
    # Its hash is a label, which must be no way to try passwords.
    guarded = holds_secret(json.dumps(fields).encode(), stack)
    counted = [definition, salt.hex()] if guarded and salt else service.name if guarded else definition
    unit = Unit(
        name=service.name,
        spec=fingerprint(counted, {}, b""),
        image=str(fields.get("image", "")),
        profiles=service.profiles,
    )
    return definition, unit


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
