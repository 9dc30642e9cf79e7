"""The units of the native runtime: the same servers as processes on the user's machine."""

from __future__ import annotations

import json
from collections.abc import Mapping

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.components.component import ENV_FILE, Place
from stackctl.model import Container, NativeRun, Server, Service, Stack
from stackctl.render.secrets import SecretFiles
from stackctl.render.units import component_unit, fingerprint, more_arguments
from stackctl.runtimes.native.facts import FACTS
from stackctl.source import Secret
from stackctl.tree import File, Unit

# The native runtime fills these in when it starts a unit.
TREE, DATA, MOUNT, HOME = "{tree}", "{data}", "{mount}", "{home}"
# The tree's path for what Grafana expands: a dollar in it is a variable.
EXPANDED_TREE = "{expanded_tree}"


def units(stack: Stack, files: dict[str, File], salt: bytes) -> tuple[Unit, ...]:
    """The units, with files of their own added to `files`."""
    own = [_component(server, stack, files, salt) for server in stack.components]
    services = [_service(service, service.run.native, files, salt) for service in stack.services if service.run.native]
    containers = [_container(container) for container in stack.containers]
    return (*own, *services, *containers)


def _component(server: Server, stack: Stack, files: Mapping[str, File], salt: bytes) -> Unit:
    component = registry.of(server)
    place = Place(stack, FACTS, TREE, DATA, HOME, str(server.listen), EXPANDED_TREE)
    arguments = component.arguments(server, place)
    # A command that begins with its program: without one, the unit cannot run here, which is reported when it starts.
    command = (*arguments, *more_arguments(server)) if component.tool or arguments else ()
    env = component.environment(server, place)
    cwd = MOUNT if component.container.above_tree else ""
    # No flag says which of the two it speaks, and it can only change that by a restart.
    scheme = [server.listen.scheme] if server.listen.scheme != "http" else []
    started_with = [component.tool, command, env, cwd, *scheme]
    env_file = f"{c.SECRETS_DIR}/{server.name}/{ENV_FILE}"
    more = {"env_file": env_file} if env_file in files else {}
    return component_unit(
        server, files, salt, started_with, tool=component.tool, command=command, env=env, cwd=cwd, **more
    )


def _service(service: Service, run: NativeRun, files: dict[str, File], salt: bytes) -> Unit:
    env = {name: value for name, value in run.env.items() if isinstance(value, str)}
    hidden = {name: value.reveal() for name, value in run.env.items() if isinstance(value, Secret)}
    env_file = _env_file(service, hidden, files) if hidden else ""
    return Unit(
        name=service.name,
        spec=fingerprint([run.command, env, str(run.cwd)], files, salt, (env_file,) if env_file else ()),
        command=run.command,
        env=env,
        env_file=env_file,
        cwd=str(run.cwd),
        profiles=service.profiles,
    )


def _container(container: Container) -> Unit:
    """A unit that cannot run here, which is reported when it is to start."""
    image = str(container.fields.get("image", ""))
    return Unit(name=container.unit, spec=fingerprint([image], {}, b""), image=image, profiles=container.profiles)


def _env_file(service: Service, hidden: Mapping[str, str], files: dict[str, File]) -> str:
    secrets = SecretFiles(service.name)
    path = secrets.add(ENV_FILE, json.dumps(hidden))
    files.update(secrets.files)
    return path
