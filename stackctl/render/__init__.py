"""Rendering: from the stack to the tree of files that runs it. Pure: the same stack gives the same bytes."""

from __future__ import annotations

from collections.abc import Mapping

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.components.release import image_version
from stackctl.errors import raise_if_any
from stackctl.model import Server, Stack
from stackctl.render.alertmanager import alertmanager_config
from stackctl.render.closed import closed
from stackctl.render.grafana import (
    alerting_files,
    dashboard_files,
    dashboard_problems,
    datasources,
    empty_folders,
    providers,
    secret_settings_files,
)
from stackctl.render.prometheus import prometheus_config
from stackctl.render.receivers import TEMPLATES, templates
from stackctl.render.rules import rule_files
from stackctl.render.secrets import SecretFiles
from stackctl.render.text import yaml_bytes
from stackctl.render.web import web_files
from stackctl.runtimes import registry as runtimes
from stackctl.runtimes.facts import Facts
from stackctl.source import Secret
from stackctl.tree import File, Tree, dump_units, ignored

__all__ = ["PASSWORD_FILE", "render"]

# Where the tree keeps Grafana's password.
PASSWORD_FILE = c.GRAFANA_PASSWORD_FILE
_NOTHING: Mapping[str, Secret] = {}


def render(stack: Stack, runtime: str, generated: Mapping[str, Secret] = _NOTHING, salt: bytes = b"") -> Tree:
    """The tree of `stack` for `runtime`, the name of one.

    `generated` holds the secrets that the manifest leaves to stackctl: GRAFANA_ADMIN_PASSWORD when there is a
    Grafana without a password (KeyError when it is missing). With the stack's own `salt`, units also differ when
    their secrets do. Raises InputError for what no server could load: dashboards that Grafana would refuse.
    """
    facts = runtimes.facts(runtime)
    images = {component.name: image_version(component.image) for component in stack.components}
    secrets = {
        name: SecretFiles(name, salt, images.get(name, ()), facts.runs_images)
        for name in (c.PROMETHEUS, c.ALERTMANAGER)
    }
    files = {
        **_prometheus(stack, facts, secrets[c.PROMETHEUS]),
        **_alertmanager(stack, facts, secrets[c.ALERTMANAGER]),
        **web_files(stack, salt),
        **{path: file for server in stack.components for path, file in _own(server, stack, facts).items()},
    }
    raise_if_any(dashboard_problems(stack.dashboards))
    files |= {path: file for collected in secrets.values() for path, file in collected.files.items()}
    files |= _grafana(stack, facts, generated)
    files = closed(files, stack)
    units = runtimes.module(runtime, "rendering").units(stack, files, salt)
    files[c.UNITS_FILE] = File(dump_units(stack.name, runtime, units))
    files = closed(files, stack)
    files |= ignored(files)
    return Tree(stack.name, runtime, files, units)


def _prometheus(stack: Stack, runtime: Facts, secrets: SecretFiles) -> dict[str, File]:
    config = prometheus_config(stack, runtime, secrets)
    rules = {f"{c.RULES_FOLDER}{path}": file for path, file in rule_files(stack).items()}
    return {c.PROMETHEUS_FILE: _yaml(config, stack, secret=secrets.in_clear), **rules}


def _alertmanager(stack: Stack, runtime: Facts, secrets: SecretFiles) -> dict[str, File]:
    if stack.alertmanager is None:
        return {}
    config = alertmanager_config(stack.alertmanager, runtime, secrets)
    files = {c.ALERTMANAGER_FILE: _yaml(config, stack, secret=secrets.in_clear)}
    return {**files, f"alertmanager/{TEMPLATES}": File(templates())} if stack.alertmanager.receivers else files


def _own(server: Server, stack: Stack, runtime: Facts) -> dict[str, File]:
    """The files that a component itself brings: its configuration, and its secrets."""
    component = registry.of(server)
    secrets = SecretFiles(server.name)
    for name, content in component.secrets(server, runtime).items():
        secrets.add(name, content)
    return {**{path: _yaml(data, stack) for path, data in component.configuration().items()}, **secrets.files}


def _grafana(stack: Stack, runtime: Facts, generated: Mapping[str, Secret]) -> dict[str, File]:
    if stack.grafana is None:
        return {}
    password = stack.grafana.admin_password or generated[c.GRAFANA_ADMIN_PASSWORD]
    return {
        c.DATASOURCES_FILE: _yaml(datasources(stack, stack.grafana, runtime), stack),
        "grafana/provisioning/dashboards/stackctl.yml": _yaml(providers(stack), stack),
        PASSWORD_FILE: File(password.reveal().encode(), secret=True),
        **{
            f"{c.SECRETS_DIR}/{c.GRAFANA}/{name}": File(content.encode(), secret=True)
            for name, content in secret_settings_files(stack.grafana).items()
        },
        **dict.fromkeys(empty_folders(), File(b"")),
        **alerting_files(stack.grafana),
        **dashboard_files(stack),
    }


def _yaml(value: object, stack: Stack, *, secret: bool = False) -> File:
    return File(yaml_bytes(value, stack.origin.file), secret)
