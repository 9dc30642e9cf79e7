"""PromQL as Grafana's dashboards hold it: with macros and variables that Grafana replaces before it asks."""

from __future__ import annotations

import re
from collections.abc import Mapping

from stackctl.promql.expression import syntax_error

# What a macro may well stand for, so that the rest can be read and run without a Grafana.
MACROS = {
    "__interval": "1m",
    "__interval_ms": "60000",
    "__rate_interval": "5m",
    "__rate_interval_ms": "300000",
    "__range": "1h",
    "__range_s": "3600",
    "__range_ms": "3600000",
    "__from": "0",
    "__to": "0",
    "__dashboard": "x",
    "__org": "x",
    "__user": "x",
}

# `$name`, `${name}`, `${name:format}`, `${name.field}`, `[[name]]`. `$1` is left alone: it belongs to label_replace.
_NAME = r"([A-Za-z_]\w*)"
_REFERENCE = re.compile(rf"\$\{{{_NAME}(?:\.[^:}}]+)?(?::[^}}]*)?\}}|\${_NAME}|\[\[{_NAME}(?::\w+)?\]\]")
_MATCHER = re.compile(r"""(?<![!<>=])=~?\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_EXACT = re.compile(rf"""(?<![<>=])=\s*(["'])(?:{_REFERENCE.pattern})\1""")
_DURATION = re.compile(rf"((?<!\[)\[|\boffset\s+-?)(?:{_REFERENCE.pattern})")
_ANY = ".*"
_MATCHER_WITH_VARIABLE = re.compile(r"""(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*\$(?:[^"\\]|\\.)*\"""")
_RANGE_WITH_VARIABLE = re.compile(r"\[\$[^\]:]+\]")

# What a variable may be whose value is not known: a name or text, or a number.
_GUESSES = ("x", "1")

# The ways to ask for a variable's values; the group is the PromQL in them.
_VALUE_QUERIES = (
    re.compile(r"label_values\((?:(?P<expr>.+),\s*)?[A-Za-z_$][\w${}]*\s*\)", re.DOTALL),
    re.compile(r"query_result\((?P<expr>.+)\)", re.DOTALL),
    re.compile(r"label_names\((?P<expr>.*)\)", re.DOTALL),
    re.compile(r"metrics\((?:.+)\)(?P<expr>)", re.DOTALL),
)


def references(text: str) -> list[str]:
    """The dashboard's own variables that `text` names, in the order of their first use; Grafana's macros left out."""
    names = [_name(match) for match in _REFERENCE.finditer(text)]
    return [name for name in dict.fromkeys(names) if name not in MACROS]


def compared_exactly(expr: str) -> list[str]:
    """The variables that stand alone in a `=` or `!=` matcher, which holds for one value only."""
    return list(dict.fromkeys(_name(match) for match in _EXACT.finditer(expr)))


def runnable(expr: str, values: Mapping[str, str]) -> str:
    """`expr` as a Prometheus can run it: what Grafana would replace is replaced.

    `values` are the variables whose values are known. Any other matches everything in a label matcher, is a
    duration where one belongs, and elsewhere whatever lets the expression parse.
    """
    known = {**MACROS, **values}
    matching = _MATCHER.sub(lambda match: _match_any(match, known), expr)
    ranged = _DURATION.sub(lambda match: match[1] + known.get(_name(match), "5m"), matching)
    attempts = [_filled(ranged, known, guess) for guess in _GUESSES]
    return next((attempt for attempt in dict.fromkeys(attempts) if syntax_error(attempt) is None), attempts[0])


def hidden(expr: str) -> tuple[str, dict[str, str]]:
    """`expr` with what Grafana would put in out of the way, and what each stand-in in it stands for.

    A value with a variable in it may be anything, so its matcher becomes one that matches everything.
    """
    stand_ins: dict[str, str] = {}

    def matcher(match: re.Match[str]) -> str:
        return stand_ins.setdefault(match[0], f'=~".*|{len(stand_ins)}"')

    def window(match: re.Match[str]) -> str:
        return stand_ins.setdefault(match[0], f"[{len(stand_ins) + 7}m7s]")

    text = _RANGE_WITH_VARIABLE.sub(window, _MATCHER_WITH_VARIABLE.sub(matcher, expr))
    return text, {stand_in: meant for meant, stand_in in stand_ins.items()}


def value_query(text: str) -> str | None:
    """The PromQL in the query of a variable ("" where it needs none), or None when `text` is no such query."""
    for form in _VALUE_QUERIES:
        match = form.fullmatch(text.strip())
        if match:
            return (match["expr"] or "").strip()
    return None


def _filled(expr: str, known: Mapping[str, str], other: str) -> str:
    return _REFERENCE.sub(lambda match: known.get(_name(match), other), expr)


def _match_any(match: re.Match[str], known: Mapping[str, str]) -> str:
    if all(_name(found) in known for found in _REFERENCE.finditer(match[1])):
        return match[0]
    return "=~" + _filled(match[1], known, _ANY)


def _name(match: re.Match[str]) -> str:
    """The name in a match that ends with `_REFERENCE`."""
    return next(group for group in match.groups()[-3:] if group)
