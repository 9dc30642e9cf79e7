"""Grafana: the datasource, the folders and the dashboards, all by file provisioning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.design.series import Scope
from stackctl.errors import Problem, Unavailable
from stackctl.model import Board, Dashboard, Prometheus, Stack
from stackctl.render.arguments import version
from stackctl.render.secrets import file_name
from stackctl.render.web import CA_FILE, PASSWORD_FILE
from stackctl.scrape import component_address

# Grafana expands this variable in its provisioning files, so that the same bytes serve in any place.
TREE_VARIABLE = "STACKCTL_TREE"
# So are these, which hold Grafana's words for "the content of this file": it expands variables first, then files.
_PASSWORD_VARIABLE = "STACKCTL_PROMETHEUS_PASSWORD"  # noqa: S105 - the name of a variable that names a file
_CA_VARIABLE = "STACKCTL_PROMETHEUS_CA"

_TOP_LEVEL = "general"
_UPDATE_SECONDS = 10
_INPUT = re.compile(r"\$\{(DS_[A-Za-z0-9_-]+)\}")
_OURS = {"type": "prometheus", "uid": c.DATASOURCE_UID}
_BUILT_IN_TYPES = frozenset({"datasource", "grafana", "__expr__"})
_BUILT_IN_NAMES = frozenset(
    {"grafana", "__expr__", "-- Grafana --", "-- Mixed --", "-- Dashboard --", "-- Expression --"}
)
_EXPORT = "In Grafana, open Export, choose the classic (V1) model as JSON, and use that file."


def datasources(stack: Stack, runtime: str) -> dict[str, Any]:
    """The provisioning of the one datasource: this stack's Prometheus."""
    number = ".".join(map(str, version(stack.prometheus.image)))
    login, tls = stack.prometheus.login, stack.prometheus.tls
    secrets = {
        **({"basicAuthPassword": f"${{{_PASSWORD_VARIABLE}}}"} if login else {}),
        **({"tlsCACert": f"${{{_CA_VARIABLE}}}"} if tls and tls.ca else {}),
    }
    source = {
        "name": c.DATASOURCE_NAME,
        "uid": c.DATASOURCE_UID,
        "type": "prometheus",
        "access": "proxy",
        "url": f"{stack.prometheus.listen.scheme}://{component_address(stack.prometheus, runtime)}",
        "isDefault": True,
        "editable": False,
        "jsonData": {
            # `$__rate_interval` derives from it: any other value than the real one empties rate() panels.
            "timeInterval": stack.prometheus.scrape_interval,
            "httpMethod": "POST",
            "prometheusType": "Prometheus",
            **({"prometheusVersion": number} if number.count(".") == 2 else {}),
            **({"tlsAuthWithCACert": True} if tls and tls.ca else {}),
            **({"serverName": tls.server_name} if tls else {}),
        },
        **({"basicAuth": True, "basicAuthUser": login.username.replace("$", "$$")} if login else {}),
        **({"secureJsonData": secrets} if secrets else {}),
    }
    return {"apiVersion": 1, "datasources": [source]}


def datasource_variables(prometheus: Prometheus, tree: str) -> dict[str, str]:
    """The variables that `datasources` names, for a tree that lies at `tree`. No secret is in them."""
    login, tls = prometheus.login, prometheus.tls
    return {
        **({_PASSWORD_VARIABLE: f"$__file{{{tree}/{PASSWORD_FILE}}}"} if login else {}),
        **({_CA_VARIABLE: f"$__file{{{tree}/{CA_FILE}}}"} if tls and tls.ca else {}),
    }


def providers(stack: Stack) -> dict[str, Any]:
    """The provisioning of the dashboards: one provider for each folder, so that a folder may have any title."""
    folders = dict.fromkeys(dashboard.folder for dashboard in stack.dashboards)
    return {"apiVersion": 1, "providers": [_provider(folder) for folder in folders or ("",)]}


def _provider(folder: str) -> dict[str, Any]:
    suffix = f"-{folder_name(folder)}" if folder else ""
    return {
        "name": f"{c.DASHBOARD_PROVIDER}{suffix}",
        "folder": folder.replace("$", "$$"),
        "type": "file",
        "allowUiUpdates": False,
        "updateIntervalSeconds": _UPDATE_SECONDS,
        "options": {"path": f"${{{TREE_VARIABLE}}}/grafana/dashboards/{folder_name(folder)}"},
    }


def folder_name(folder: str) -> str:
    """The directory of a Grafana folder in the tree."""
    return file_name("folder", folder) if folder == _TOP_LEVEL else file_name(folder) if folder else _TOP_LEVEL


def dashboard_problems(dashboards: Iterable[Dashboard]) -> list[Problem]:
    """What would keep Grafana from loading `dashboards`: each alone, and two that get in each other's way."""
    found: list[Problem] = []
    uids: dict[str, Dashboard] = {}
    titles: dict[tuple[str, str], Dashboard] = {}
    for dashboard in dashboards:
        found += _own_problems(dashboard)
        found += _twice("uid", dashboard, dashboard.uid, uids.setdefault(dashboard.uid, dashboard))
        place = (dashboard.folder, dashboard.title)
        found += _twice("title", dashboard, dashboard.title, titles.setdefault(place, dashboard))
    return found


def _twice(what: str, dashboard: Dashboard, value: str, first: Dashboard) -> list[Problem]:
    if first is dashboard:
        return []
    where = f" ({first.origin})" if str(first.origin) else ""
    cause = "Grafana stops updating all dashboards of a provider in which two are the same."
    summary = f"{dashboard.path}: the {what} `{value}` is that of {first.path}{where}"
    return [Problem(summary, dashboard.origin, cause, f"Give one of them another {what}.")]


def _own_problems(dashboard: Dashboard) -> list[Problem]:
    definition = dashboard.definition
    if isinstance(definition, Board):
        return _identity_problems(dashboard)
    if _is_newer_schema(definition):
        summary = f"{dashboard.path}: this is not Grafana's classic dashboard JSON but the newer resource format"
        return [Problem(summary, dashboard.origin, "File provisioning does not take it.", _EXPORT)]
    return [
        *_identity_problems(dashboard),
        *_foreign_sources(dashboard, definition),
        *_unresolved(dashboard, definition),
    ]


def _identity_problems(dashboard: Dashboard) -> list[Problem]:
    found = []
    if not dashboard.title:
        found.append(Problem(f"{dashboard.path}: the dashboard has no title", dashboard.origin, "", _EXPORT))
    if not c.DASHBOARD_UID.fullmatch(dashboard.uid):
        remedy = "Use at most 40 of the characters a-z, A-Z, 0-9, - and _."
        found.append(Problem(f"{dashboard.path}: not a uid: `{dashboard.uid}`", dashboard.origin, "", remedy))
    return found


def _is_newer_schema(definition: Mapping[str, Any]) -> bool:
    return "apiVersion" in definition or {"elements", "layout"} <= definition.keys()


def _foreign_sources(dashboard: Dashboard, definition: Mapping[str, Any]) -> list[Problem]:
    types = {source.get("type") for source in _sources(definition) if isinstance(source, Mapping)}
    inputs = {entry.get("pluginId") for entry in _inputs(definition) if entry.get("type") == "datasource"}
    foreign = {str(kind) for kind in types | inputs if kind} - _BUILT_IN_TYPES - {"prometheus"}
    remedy = "Remove the panels that use it, or the annotation."
    return [
        Problem(
            f"{dashboard.path}: needs a datasource of type `{kind}`; the stack has Prometheus only",
            dashboard.origin,
            "",
            remedy,
        )
        for kind in sorted(foreign)
        if not kind.startswith("$")
    ]


def _unresolved(dashboard: Dashboard, definition: Mapping[str, Any]) -> list[Problem]:
    known = {entry.get("name") for entry in _inputs(definition)} | {v.get("name") for v in _variables(definition)}
    left = {name for text in _strings(definition) for name in _INPUT.findall(text)} - known
    cause = "Grafana asks for such inputs when a dashboard is imported by hand; a provisioned file is never asked."
    return [
        Problem(f"{dashboard.path}: nothing says what ${{{name}}} is", dashboard.origin, cause, _EXPORT)
        for name in sorted(left)
    ]


def dashboard_json(dashboard: Dashboard, scope: Scope | None = None) -> dict[str, Any]:
    """The dashboard as Grafana can load it from a file: inputs resolved, its identity and its datasource settled.

    `scope` is what is known of the stack, for legends. Raises Unavailable for a compact dashboard where the package
    that builds it is missing.
    """
    definition = dashboard.definition
    if isinstance(definition, Board):
        return _built(dashboard, definition, scope or Scope())
    values = {f"${{{name}}}": value for name, value in _input_values(definition)}
    kept = {key: value for key, value in definition.items() if key not in ("__inputs", "__requires")}
    bound = _bind(_resolve(kept, values))
    return {**bound, "id": None, "uid": dashboard.uid}


def _built(dashboard: Dashboard, board: Board, scope: Scope) -> dict[str, Any]:
    try:
        from stackctl.render.board import board_json
    except ImportError as error:
        raise Unavailable.of(
            f"{dashboard.path}: compact dashboards need the package grafana-foundation-sdk",
            cause=f"It cannot be loaded: {error}. It needs Python 3.11 or newer.",
            remedy="Install it with `pip install grafana-foundation-sdk`, or use Grafana's own JSON.",
            position=dashboard.origin,
        ) from None
    return board_json(dashboard, board, scope)


def _input_values(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for entry in _inputs(definition):
        value = c.DATASOURCE_UID if entry.get("type") == "datasource" else str(entry.get("value", ""))
        yield str(entry.get("name")), value


def _resolve(value: Any, values: Mapping[str, str]) -> Any:
    """`value` with each input that is named in a text replaced by what it stands for."""
    if isinstance(value, str):
        for name, replacement in values.items() if "${" in value else ():
            value = value.replace(name, replacement)
        return value
    if isinstance(value, Mapping):
        return {key: _resolve(item, values) for key, item in value.items()}
    return [_resolve(item, values) for item in value] if isinstance(value, list) else value


def _bind(value: Any) -> Any:
    """`value` with every reference to a Prometheus leading to this stack's."""
    if isinstance(value, Mapping):
        if value.get("type") == "datasource" and value.get("query") == "prometheus":
            current = {"selected": True, "text": c.DATASOURCE_NAME, "value": c.DATASOURCE_UID}
            return {**value, "current": current}
        return {key: _source(item) if key == "datasource" else _bind(item) for key, item in value.items()}
    return [_bind(item) for item in value] if isinstance(value, list) else value


def _source(source: Any) -> Any:
    """A `datasource` field: ours, unless it is a variable of the dashboard or one of Grafana's own."""
    if isinstance(source, Mapping):
        name, kind = source.get("uid"), source.get("type")
        if kind in _BUILT_IN_TYPES:
            return source
    else:
        name = source
    kept = source is None or name in _BUILT_IN_NAMES or str(name).startswith("$")
    return source if kept else dict(_OURS)


def _inputs(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return _mappings(definition.get("__inputs"))


def _variables(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    templating = definition.get("templating")
    return _mappings(templating.get("list")) if isinstance(templating, Mapping) else []


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []


def _sources(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key == "datasource":
                yield item
            else:
                yield from _sources(item)
    elif isinstance(value, list):
        for item in value:
            yield from _sources(item)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(item)
