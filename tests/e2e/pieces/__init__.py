"""Pieces of stacks that others write: benign ones, which must stay green, and faults, which must be red alone.

A piece is a fragment of a manifest with the pages that its services serve. Any number of pieces make one stack, so that
one verification judges all of them; every row names its piece.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


@dataclass(frozen=True)
class Page:
    """What a service serves: the body made from the time of now in milliseconds, its type, and more headers."""

    body: Callable[[int], bytes]
    kind: str | None = TEXT
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    login: str = ""


def page(text: str | bytes | Callable[[int], str], kind: str | None = TEXT, **more: Any) -> Page:
    """A page with a text that is always the same, or made again from the time of each scrape."""
    if callable(text):
        made = text
        return Page(lambda now: made(now).encode(), kind, **more)
    body = text.encode() if isinstance(text, str) else text
    return Page(lambda _: body, kind, **more)


@dataclass(frozen=True)
class Piece:
    """A fragment of a stack. Names of services, files and dashboards begin with the name of the piece.

    pages       path -> what the application serves there
    services    name -> the service, with APP for the address of the application
    rules       groups of rules
    dashboard   a dashboard in Grafana's JSON, or in the compact form
    red         the rows that must be red: "id subject", of a warning with "~ " in front
    """

    name: str
    pages: Mapping[str, Page] = field(default_factory=dict)
    services: Mapping[str, Any] = field(default_factory=dict)
    rules: tuple[Mapping[str, Any], ...] = ()
    dashboard: Mapping[str, Any] = field(default_factory=dict)
    prometheus: Mapping[str, Any] = field(default_factory=dict)
    alertmanager: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    red: frozenset[str] = frozenset()

    @property
    def board(self) -> str:
        """The file of its dashboard."""
        is_compact = "rows" in self.dashboard and "schemaVersion" not in self.dashboard
        return f"{self.name}.{'yml' if is_compact else 'json'}"


def compose(base: Mapping[str, Any], pieces: Iterable[Piece], places: Mapping[str, str], folder: Path) -> None:
    """Write the manifest of `base` and `pieces`, and the files that it names, into `folder`.

    `places` are the addresses that stand for APP, LOCAL, PROMETHEUS and ALERTMANAGER.
    """
    manifest = json.loads(json.dumps(base))
    for key, empty in (("services", dict), ("rules", list), ("dashboards", list)):
        manifest.setdefault(key, empty())
    for piece in pieces:
        manifest["services"] |= piece.services
        for name, text in piece.files.items():
            (folder / name).write_text(_placed(text, places))
        if piece.rules:
            (folder / f"{piece.name}-rules.yml").write_text(json.dumps({"groups": list(piece.rules)}))
            manifest["rules"].append({"file": f"{piece.name}-rules.yml"})
        if piece.dashboard:
            (folder / piece.board).write_text(json.dumps({"title": piece.name, **piece.dashboard}))
            manifest["dashboards"].append({"file": piece.board})
        merge(manifest["prometheus"], piece.prometheus)
        merge(manifest["alertmanager"], piece.alertmanager)
    (folder / "stack.yml").write_text(_placed(json.dumps(manifest, indent=1), places))


def _placed(text: str, places: Mapping[str, str]) -> str:
    for name, place in places.items():
        text = text.replace(name, place)
    return text


def merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Add `more`: mappings are merged, lists grow."""
    for key, value in more.items():
        if isinstance(value, Mapping):
            merge(into.setdefault(key, {}), value)
        elif isinstance(value, list):
            into[key] = [*into.get(key, []), *value]
        else:
            into[key] = value


# -- short forms ----------------------------------------------------------------------------------------------


def service(name: str, path: str = "", **fields: Any) -> dict[str, Any]:
    """A service of that name that the application serves at `path`."""
    return {name: {"targets": ["APP"], "metrics_path": path or f"/{name}", **fields}}


def group(name: str, *rules: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
    return {"name": name, **fields, "rules": list(rules)}


def alert(name: str, expr: str, **fields: Any) -> dict[str, Any]:
    return {"alert": name, "expr": expr, **fields}


def record(name: str, expr: str, **fields: Any) -> dict[str, Any]:
    return {"record": name, "expr": expr, **fields}


def panel(title: str, *exprs: str, kind: str = "timeseries", **fields: Any) -> dict[str, Any]:
    """A panel of Grafana's JSON."""
    targets = [{"refId": chr(65 + at), "expr": expr} for at, expr in enumerate(exprs)]
    return {"type": kind, "title": title, "targets": targets, **fields}


def filtering(**filters: str) -> dict[str, Any]:
    """A variable of a dashboard for filters of any label, with these saved in it."""
    source = {"type": "prometheus", "uid": "prometheus"}
    saved = [{"key": key, "operator": "=", "value": value} for key, value in filters.items()]
    return {"name": "Filters", "type": "adhoc", "datasource": source, "filters": saved}


def board(*panels: Mapping[str, Any], variables: Iterable[Mapping[str, Any]] = (), **fields: Any) -> dict[str, Any]:
    """A dashboard of Grafana's JSON."""
    return {"panels": list(panels), "templating": {"list": list(variables)}, "schemaVersion": 39, **fields}
