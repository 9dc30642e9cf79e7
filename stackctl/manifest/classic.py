"""Dashboards in Grafana's own JSON, as far as a manifest has to know them: identity, queries, whole definition."""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from typing import Any

from stackctl.errors import Problem
from stackctl.model import Dashboard, PanelQuery
from stackctl.promql import grafana
from stackctl.source import Position
from stackctl.tree import digest

_QUERY_TEXT = re.compile(r'"(?:expr|query)"\s*:\s*("(?:[^"\\]|\\.)*")')
# The kinds of variables that hold their value in the file.
_WITH_VALUE = frozenset({"constant", "custom", "interval", "textbox"})


def read_classic(text: str, shown: str, folder: str, origin: Position) -> Dashboard | Problem:
    """The dashboard in `text`, or the problem with it.

    `shown` is how messages name the file, `origin` the manifest line that names it. A dashboard without a uid gets
    one from its path, so that it keeps its address from one rendering to the next.
    """
    try:
        definition: Any = json.loads(text)
    except json.JSONDecodeError as error:
        line = next(iter(text.splitlines()[error.lineno - 1 :]), "")  # it may break off after the last line
        position = Position(shown, error.lineno, error.colno, line[:200])
        return Problem(f"not JSON: {error.msg[0].lower()}{error.msg[1:]}", position)
    except RecursionError:
        return Problem("not a dashboard: nested too deeply", Position(shown))
    if not isinstance(definition, dict):
        return Problem("not a dashboard: expected a JSON object", Position(shown))
    # "Export for sharing externally" and the HTTP API wrap the dashboard itself.
    if isinstance(definition.get("dashboard"), dict):
        definition = definition["dashboard"]
    return Dashboard(
        path=shown,
        uid=str(definition.get("uid") or digest(shown)),
        title=str(definition.get("title") or ""),
        folder=folder,
        definition=definition,
        origin=origin,
        queries=tuple(_queries(definition, text, shown)),
        values=dict(_values(definition)),
    )


def _queries(definition: Mapping[str, Any], text: str, shown: str) -> Iterator[PanelQuery]:
    places = _places(text, shown)
    for owner, written, expr in (*_variable_queries(definition), *_panel_queries(definition)):
        found = places.get(written, [])
        yield PanelQuery(owner, expr, found.pop(0) if found else Position(shown))


def _variable_queries(definition: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Name, text as written and PromQL of each variable that asks Prometheus."""
    for variable in _variables(definition):
        query = variable.get("query")
        written = query.get("query") if isinstance(query, Mapping) else query
        expr = grafana.value_query(written) if variable.get("type") == "query" and isinstance(written, str) else None
        if expr:
            yield f"${variable.get('name', '')}", str(written), expr


def _panel_queries(owner: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Title, text as written and PromQL of each query of the panels, those in rows too."""
    for panel in _mappings(owner.get("panels")):
        for target in _mappings(panel.get("targets")):
            expr = target.get("expr")
            if isinstance(expr, str) and expr.strip():
                yield str(panel.get("title") or ""), expr, expr
        yield from _panel_queries(panel)


def _places(text: str, shown: str) -> dict[str, list[Position]]:
    """Text of a query -> where it stands, in the order of the file."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    places: dict[str, list[Position]] = {}
    for match in _QUERY_TEXT.finditer(text):
        line = bisect_right(starts, match.start(1))
        column = match.start(1) - starts[line - 1] + 1
        end = text.find("\n", match.start(1))
        source = text[starts[line - 1] : end if end >= 0 else len(text)]
        position = Position(shown, line, column, source if len(source) <= 200 else "")
        places.setdefault(json.loads(match[1], strict=False), []).append(position)
    return places


def _values(definition: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for variable in _variables(definition):
        current = variable.get("current")
        value = current.get("value") if isinstance(current, Mapping) else None
        if variable.get("type") in _WITH_VALUE and isinstance(value, str) and value and not value.startswith("$"):
            yield str(variable.get("name")), value


def _variables(definition: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    templating = definition.get("templating")
    return _mappings(templating.get("list")) if isinstance(templating, Mapping) else []


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
