"""Grafana: the datasource, the folders and the dashboards, all by file provisioning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Any

from stackctl import conventions as c
from stackctl.addresses import reachable_url
from stackctl.components.grafana import (
    CA_VARIABLE,
    PASSWORD_VARIABLE,
    TREE_VARIABLE,
    datasource_defaults,
    secret_settings,
)
from stackctl.components.release import image_version
from stackctl.design.series import Scope
from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.model import Board, Dashboard, Grafana, Stack
from stackctl.render.expansion import escaped, protected
from stackctl.render.scope import scope_of
from stackctl.render.secrets import file_name
from stackctl.render.text import json_bytes
from stackctl.runtimes.facts import Facts
from stackctl.scrape import component_address
from stackctl.tree import File

_TOP_LEVEL = "general"
_UPDATE_SECONDS = 10
_ALERTING = "grafana/provisioning/alerting"
# Grafana looks for these folders at each start, some versions for fewer, and logs an error for one that is missing.
_EMPTY_FOLDERS = ("alerting", "notifiers", "plugins")


def datasources(stack: Stack, grafana: Grafana, runtime: Facts) -> dict[str, Any]:
    """The provisioning of the datasources: this stack's Prometheus, and those of the manifest."""
    number = ".".join(map(str, image_version(stack.prometheus.image)))
    login, tls = stack.prometheus.login, stack.prometheus.tls
    secrets = {
        **({"basicAuthPassword": f"${{{PASSWORD_VARIABLE}}}"} if login else {}),
        **({"tlsCACert": f"${{{CA_VARIABLE}}}"} if tls and tls.ca else {}),
    }
    source = {
        "name": escaped(grafana.own_name),
        "uid": grafana.own_uid,
        "type": "prometheus",
        "access": "proxy",
        "url": f"{stack.prometheus.listen.scheme}://{component_address(stack.prometheus, runtime)}",
        "isDefault": not any(each.fields.get("isDefault") for each in grafana.datasources),
        "editable": False,
        "jsonData": {
            # `$__rate_interval` derives from it: a value that is shorter than the real one empties rate() panels.
            **datasource_defaults(stack.panel_interval),
            **({"prometheusVersion": number} if number.count(".") == 2 else {}),
            **_all_escaped(grafana.settings),
            **({"tlsAuthWithCACert": True} if tls and tls.ca else {}),
            **({"serverName": tls.server_name} if tls else {}),
        },
        **({"basicAuth": True, "basicAuthUser": escaped(login.username)} if login else {}),
        **({"secureJsonData": secrets} if secrets else {}),
    }
    return {"apiVersion": 1, "datasources": [source, *_others(grafana, runtime)]}


def _others(grafana: Grafana, runtime: Facts) -> list[dict[str, Any]]:
    """The other datasources. Grafana expands what is in the file, so that every dollar in it is escaped."""
    variables = {(source.uid, key): name for name, (source, key) in secret_settings(grafana).items()}
    found = []
    for source in grafana.datasources:
        url = source.fields.get("url")
        fields = {**source.fields, "url": reachable_url(str(url), runtime)} if url else source.fields
        secrets = {key: f"${{{variables[source.uid, key]}}}" for key in source.secrets}
        found.append(
            {
                "name": escaped(source.name),
                "uid": source.uid,
                "type": escaped(source.type),
                "access": "proxy",
                "editable": False,
                **_all_escaped(fields),
                **({"secureJsonData": secrets} if secrets else {}),
            }
        )
    return found


def secret_settings_files(grafana: Grafana) -> dict[str, str]:
    """Return name and content of the file with each secret of the other datasources."""
    settings = secret_settings(grafana)
    return {name: protected(source.secrets[key].reveal()) for name, (source, key) in settings.items()}


def _all_escaped(value: Any) -> Any:
    if isinstance(value, str):
        return escaped(value)
    if isinstance(value, Mapping):
        return {key: _all_escaped(item) for key, item in value.items()}
    return [_all_escaped(item) for item in value] if isinstance(value, list | tuple) else value


def providers(stack: Stack) -> dict[str, Any]:
    """The provisioning of the dashboards: one provider for each folder, so that a folder may have any title."""
    folders = dict.fromkeys(dashboard.folder for dashboard in stack.dashboards)
    return {"apiVersion": 1, "providers": [_provider(folder) for folder in folders or ("",)]}


def _provider(folder: str) -> dict[str, Any]:
    suffix = f"-{folder_name(folder)}" if folder else ""
    return {
        "name": f"{c.DASHBOARD_PROVIDER}{suffix}",
        "folder": escaped(folder),
        "type": "file",
        "allowUiUpdates": False,
        "updateIntervalSeconds": _UPDATE_SECONDS,
        "options": {"path": f"${{{TREE_VARIABLE}}}/grafana/dashboards/{folder_name(folder)}"},
    }


def alerting_files(grafana: Grafana) -> dict[str, File]:
    """Return the files of Grafana's own alerting as they are, secret where they may hold secrets."""
    return {
        f"{_ALERTING}/{file_name(each.path)}{PurePosixPath(each.path).suffix}": File(each.text.encode(), each.secret)
        for each in grafana.alerting
    }


def empty_folders() -> list[str]:
    """Return the files that make folders which Grafana expects; it reads none of that name."""
    return [f"grafana/provisioning/{name}/.keep" for name in _EMPTY_FOLDERS]


def folder_name(folder: str) -> str:
    """The directory of a Grafana folder in the tree."""
    return file_name("folder", folder) if folder == _TOP_LEVEL else file_name(folder) if folder else _TOP_LEVEL


def dashboard_problems(dashboards: Iterable[Dashboard]) -> list[Diagnostic]:
    """Report what would keep Grafana from loading `dashboards`: each alone, and two that conflict."""
    found: list[Diagnostic] = []
    uids: dict[str, Dashboard] = {}
    titles: dict[tuple[str, str], Dashboard] = {}
    for dashboard in dashboards:
        found += _identity_problems(dashboard)
        found += _twice("uid", dashboard, dashboard.uid, uids.setdefault(dashboard.uid, dashboard))
        place = (dashboard.folder, dashboard.title)
        found += _twice("title", dashboard, dashboard.title, titles.setdefault(place, dashboard))
    return found


def _twice(what: str, dashboard: Dashboard, value: str, first: Dashboard) -> list[Diagnostic]:
    if first is dashboard:
        return []
    where = f" ({first.origin})" if str(first.origin) else ""
    cause = "Grafana stops updating all dashboards of a provider in which two are the same."
    summary = f"{dashboard.path}: the {what} `{value}` is already used by {first.path}{where}"
    return [Diagnostic("dashboard.duplicate", summary, dashboard.origin, cause, f"Give one of them another {what}.")]


def _identity_problems(dashboard: Dashboard) -> list[Diagnostic]:
    found = []
    if not dashboard.title:
        found.append(
            Diagnostic(
                "dashboard.title",
                f"{dashboard.path}: the dashboard has no title",
                dashboard.origin,
                "",
                "Give it a `title`.",
            )
        )
    if not c.DASHBOARD_UID.fullmatch(dashboard.uid):
        remedy = "Use at most 40 of the characters a-z, A-Z, 0-9, - and _."
        found.append(
            Diagnostic("dashboard.uid", f"{dashboard.path}: not a uid: `{dashboard.uid}`", dashboard.origin, "", remedy)
        )
    return found


def dashboard_files(stack: Stack) -> dict[str, File]:
    """The dashboards of a stack as Grafana's JSON, each in the folder of its title."""
    scope = scope_of(stack)
    return {
        f"grafana/dashboards/{folder_name(each.folder)}/{each.uid}.json": File(json_bytes(dashboard_json(each, scope)))
        for each in stack.dashboards
    }


def dashboard_json(dashboard: Dashboard, scope: Scope | None = None) -> dict[str, Any]:
    """Return the dashboard as Grafana can load it from a file.

    `scope` is what is known of the stack, for legends. Raises Unavailable for a compact dashboard where the package
    that builds it is missing.
    """
    definition = dashboard.definition
    if isinstance(definition, Board):
        return _built(dashboard, definition, scope or Scope())
    return {**definition, "id": None, "uid": dashboard.uid}


def _built(dashboard: Dashboard, board: Board, scope: Scope) -> dict[str, Any]:
    try:
        from stackctl.render.board import board_json
    except ImportError as error:
        raise Unavailable.of(
            "dashboard.package-missing",
            f"{dashboard.path}: compact dashboards need the package grafana-foundation-sdk",
            cause=f"It cannot be loaded: {error}. It needs Python 3.11 or newer.",
            remedy="Install it with `pip install grafana-foundation-sdk`, or use Grafana's own JSON.",
            position=dashboard.origin,
        ) from None
    return board_json(dashboard, board, scope)
