"""The units of the native runtime: the same servers as processes on the user's machine."""

from __future__ import annotations

import json
from collections.abc import Mapping

from stackctl import conventions as c
from stackctl.model import Component, Exporter, Grafana, NativeRun, Service, Stack
from stackctl.render.arguments import arguments
from stackctl.render.environment import grafana_env_file, grafana_environment
from stackctl.render.exporters import exporter_environment
from stackctl.render.grafana import datasource_variables
from stackctl.render.secrets import SecretFiles
from stackctl.render.units import component_unit, fingerprint
from stackctl.source import Secret
from stackctl.tree import File, Unit

# The native runtime fills these in when it starts a unit.
TREE, DATA, MOUNT, HOME = "{tree}", "{data}", "{mount}", "{home}"
# The tree's path for what Grafana expands: a dollar in it is a variable.
EXPANDED_TREE = "{expanded_tree}"


def native_units(stack: Stack, files: dict[str, File], password: str, salt: bytes) -> tuple[Unit, ...]:
    """The units, with files of their own added to `files`. `password` is the path of Grafana's in the tree."""
    own = [_component(component, stack, files, password, salt) for component in stack.components]
    services = [_service(service, service.run.native, files, salt) for service in stack.services if service.run.native]
    return (*own, *services)


def _component(component: Component, stack: Stack, files: Mapping[str, File], password: str, salt: bytes) -> Unit:
    command = arguments(component, c.NATIVE, tree=TREE, data=DATA, listen=str(component.listen), home=HOME)
    env = _environment(component, stack, password)
    tool = c.TOOLS[component.name]
    cwd = MOUNT if component.name == c.ALERTMANAGER else ""
    # No flag says which of the two it speaks, and it can only change that by a restart.
    scheme = [component.listen.scheme] if component.listen.scheme != "http" else []
    started_with = [tool, command, env, cwd, *scheme]
    env_file = grafana_env_file(files) if isinstance(component, Grafana) else ""
    more = {"env_file": env_file} if env_file else {}
    return component_unit(component, files, salt, started_with, tool=tool, command=command, env=env, cwd=cwd, **more)


def _environment(component: Component, stack: Stack, password: str) -> Mapping[str, str]:
    if isinstance(component, Grafana):
        return _grafana(component, password, datasource_variables(stack.prometheus, TREE))
    return exporter_environment(component, TREE) if isinstance(component, Exporter) else {}


def _grafana(grafana: Grafana, password: str, more: Mapping[str, str]) -> dict[str, str]:
    return grafana_environment(
        grafana,
        c.NATIVE,
        tree=TREE,
        expanded=EXPANDED_TREE,
        port=grafana.listen.port,
        # Grafana's own way to say "the content of this file".
        GF_SECURITY_ADMIN_PASSWORD=f"$__file{{{TREE}/{password}}}",
        GF_SERVER_HTTP_ADDR=grafana.listen.host,
        GF_PATHS_DATA=DATA,
        GF_PATHS_LOGS=f"{DATA}/log",
        GF_PATHS_PLUGINS=f"{DATA}/plugins",
        **more,
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


def _env_file(service: Service, hidden: Mapping[str, str], files: dict[str, File]) -> str:
    secrets = SecretFiles(service.name)
    path = secrets.add("env", json.dumps(hidden))
    files.update(secrets.files)
    return path
