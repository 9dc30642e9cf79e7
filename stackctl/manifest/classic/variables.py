"""Variables of a classic dashboard: what they ask, and what they hold when it is opened."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackctl.conventions import LABEL_NAME
from stackctl.manifest.classic.dashboard_form import Shape
from stackctl.manifest.json_file import Path
from stackctl.model import DashboardVariable, SavedFilter
from stackctl.promql import grafana
from stackctl.promql.choice import Choice

_ALL = "$__all"
# The kinds of variables that hold their value in the file.
_WITH_VALUE = frozenset({"constant", "custom", "interval", "textbox"})


@dataclass(frozen=True)
class VariableAt:
    """A variable and its place."""

    json: Mapping[str, Any]
    path: Path

    @property
    def name(self) -> str:
        return str(self.json.get("name") or "")

    @property
    def kind(self) -> str:
        return str(self.json.get("type") or "")

    @property
    def several(self) -> bool:
        """Return whether Grafana writes its value as one of several."""
        return bool(self.json.get("multi") or self.json.get("includeAll"))

    @property
    def query(self) -> tuple[str, Path]:
        """The text of its query, and where that is."""
        query = self.json.get("query")
        if isinstance(query, Mapping):
            inner = query.get("query")
            return (inner if isinstance(inner, str) else ""), (*self.path, "query", "query")
        return (query if isinstance(query, str) else ""), (*self.path, "query")

    @property
    def regex(self) -> str:
        """The regular expression that its values have to match, "" for any."""
        regex = self.json.get("regex")
        return regex if isinstance(regex, str) else ""

    @property
    def current(self) -> tuple[str, ...]:
        """The values that the file chooses; ("$__all",) for all of them."""
        current = self.json.get("current")
        value = current.get("value") if isinstance(current, Mapping) else None
        found = value if isinstance(value, list) else [value]
        return tuple(str(each) for each in found if isinstance(each, str | int | float) and str(each))


def variables(shape: Shape, definition: Mapping[str, Any], path: Path) -> list[VariableAt]:
    """Return the variables of the dashboard `definition`, which is at `path`."""
    templating = definition.get("templating")
    if not isinstance(templating, Mapping):
        return []
    place = (*path, "templating")
    return [VariableAt(one, (*place, "list", at)) for at, one in shape.mappings(templating, "list", place)]


def known_values(found: list[VariableAt]) -> Iterator[tuple[str, str | Choice]]:
    """Yield the variables whose values are known without asking a server."""
    for variable in found:
        values = _values(variable)
        is_all = variable.several and variable.json.get("includeAll") and values in ((), (_ALL,))
        literal = variable.json.get("allValue")
        if is_all and isinstance(literal, str) and literal:
            yield variable.name, Choice((), several=True, literal=literal)
        elif variable.kind in _WITH_VALUE:
            options = _options(variable)
            chosen = (
                (options if variable.json.get("includeAll") else options[:1]) if values in ((), (_ALL,)) else values
            )
            if chosen and not chosen[0].startswith("$"):
                yield variable.name, Choice(chosen, several=True) if variable.several else chosen[0]


def asked_values(found: list[VariableAt]) -> Iterator[DashboardVariable]:
    """Yield the variables whose values only a server knows."""
    known = {name for name, _ in known_values(found)}
    for variable in found:
        if variable.kind == "query" and variable.name not in known:
            label, selector = grafana.label_query(variable.query[0]) or ("", "")
            yield DashboardVariable(
                name=variable.name,
                label=label,
                selector=selector,
                results=grafana.results_query(variable.query[0]),
                regex=variable.regex,
                several=variable.several,
                everything=bool(variable.json.get("includeAll")),
                chosen=tuple(value for value in variable.current if value != _ALL),
            )


def saved_filters(variable: VariableAt) -> tuple[SavedFilter, ...]:
    """Return the filters that a variable for filters of any label holds, as far as they are exact and filled in.

    Grafana changes the regular expressions of the others, differently from version to version.
    """
    saved = variable.json.get("filters")
    found = [each for each in saved if isinstance(each, Mapping)] if isinstance(saved, list) else []
    parts = [(each.get("key"), each.get("operator"), each.get("value")) for each in found]
    return tuple(
        SavedFilter(variable.name, f"{key}{operator}{json.dumps(value)}")
        for key, operator, value in parts
        if isinstance(key, str) and LABEL_NAME.fullmatch(key) and operator in ("=", "!=")
        if isinstance(value, str) and value and "$" not in value
    )


def _values(variable: VariableAt) -> tuple[str, ...]:
    if variable.kind in ("constant", "textbox"):
        return variable.current or ((variable.query[0],) if variable.query[0] else ())
    return variable.current


def _options(variable: VariableAt) -> tuple[str, ...]:
    """The values to choose from, by the list `a, text : value` of a variable that has one."""
    if variable.kind != "custom":
        return ()
    parts = (part.replace("\\,", ",").strip() for part in _split(variable.query[0]))
    return tuple(part.rpartition(" : ")[2].strip() for part in parts if part)


def _split(text: str) -> list[str]:
    """Return the parts of a list with commas; `\\,` is a comma inside a part."""
    parts = [""]
    for piece in text.split(","):
        parts[-1] += piece
        if piece.endswith("\\"):
            parts[-1] += ","
        else:
            parts.append("")
    return parts[:-1] if not parts[-1] else parts
