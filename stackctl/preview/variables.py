"""The variables of a dashboard: what is chosen when it is opened, and how that is put into queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackctl.bounds.regex import BadPattern, compiled
from stackctl.design.classic import mapping, variables

_ALL = "$__all"
_REFERENCE = re.compile(
    r"\$\{(?P<braced>\w+)(?:\.[^:}]+)?(?::(?P<format>[^}]*))?\}|\$(?P<plain>[A-Za-z_]\w*)|\[\[(?P<old>\w+)(?::(?P<old_format>\w+))?\]\]"
)
# The most values that All stands for in a preview.
_MOST = 200


@dataclass(frozen=True)
class Chosen:
    """The values of a variable; `raw` stands for them as it is where All has an own value. `several` if so declared."""

    values: tuple[str, ...]
    several: bool = False
    raw: str = ""

    @property
    def shown(self) -> str:
        return "All" if self.raw else " + ".join(self.values[:5]) or "(none)"


def choose(dashboard: Mapping[str, Any], ask: Callable[[str], Sequence[str]]) -> dict[str, Chosen]:
    """Choose the value of each variable when the dashboard is opened. `ask` answers the query of one."""
    chosen: dict[str, Chosen] = {}
    for variable in variables(dashboard):
        chosen[str(variable.get("name") or "")] = _chosen(variable, ask, chosen)
    return chosen


def _chosen(variable: Mapping[str, Any], ask: Callable[[str], Sequence[str]], before: Mapping[str, Chosen]) -> Chosen:
    several = bool(variable.get("multi") or variable.get("includeAll"))
    current = mapping(variable.get("current")).get("value")
    written = [str(value) for value in (current if isinstance(current, list) else [current]) if value not in (None, "")]
    options = _options(variable, ask, before)
    if _ALL in written or (not written and variable.get("includeAll")):
        return Chosen(tuple(options[:_MOST]), several=True, raw=str(variable.get("allValue") or ""))
    # As in Grafana, a value that no longer is one of a query's gives way to the first.
    kept = [value for value in written if variable.get("type") != "query" or not options or value in options]
    return Chosen(tuple(kept or options[:1]), several)


def _options(
    variable: Mapping[str, Any], ask: Callable[[str], Sequence[str]], before: Mapping[str, Chosen]
) -> list[str]:
    query = variable.get("query")
    text = str(query.get("query") or "") if isinstance(query, Mapping) else str(query or "")
    if variable.get("type") == "query":
        found = list(ask(filled(text, before)))
        pattern = str(variable.get("regex") or "").strip("/")
        return _narrowed(found, pattern) if pattern else found
    return [part.replace("\\,", ",").strip() for part in re.split(r"(?<!\\),", text) if part.strip()]


def _narrowed(values: Sequence[str], pattern: str) -> list[str]:
    """The values that a variable's regular expression keeps, or the part of each that its group names."""
    try:
        read = compiled(pattern)
    except BadPattern:
        return list(values)
    found = [(read.search(value), value) for value in values]
    return [match[1] if match.groups() and match[1] is not None else value for match, value in found if match]


def filled(text: str, chosen: Mapping[str, Chosen], macros: Mapping[str, str] | None = None) -> str:
    """`text` with the macros and variables in it replaced as Grafana does for Prometheus."""

    def value(match: re.Match[str]) -> str:
        name = match["braced"] or match["plain"] or match["old"]
        if macros and name in macros:
            return macros[name]
        if name not in chosen:
            return match[0]
        return _written(chosen[name], match["format"] or match["old_format"] or "")

    return _REFERENCE.sub(value, text)


def _written(chosen: Chosen, form: str) -> str:
    if chosen.raw:
        return chosen.raw
    match form:
        case "csv":
            return ",".join(chosen.values)
        case "pipe":
            return "|".join(chosen.values)
        case "raw":
            return ",".join(chosen.values)
    if not chosen.several and form != "regex":
        return chosen.values[0] if chosen.values else ""
    escaped = [re.sub(r"([\\^$*+?.()|{}\[\]])", r"\\\\\1", value) for value in chosen.values]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"
