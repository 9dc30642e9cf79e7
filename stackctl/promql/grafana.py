"""PromQL as Grafana's dashboards hold it: with macros and variables that Grafana replaces before it asks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product
from types import MappingProxyType

from stackctl.promql.choice import Choice
from stackctl.promql.expression import syntax_error
from stackctl.promql.nodes import STRING_OR_COMMENT

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
_GROUP = re.compile(r"\(\?P?<(\w+)>")
_MATCHER = re.compile(r"""(?<![!<>=])=~?\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_EXACT = re.compile(rf"""(?<![<>=])=\s*(["'])(?:{_REFERENCE.pattern})\1""")
_MATCHED = re.compile(r"""[=!]~\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""")
_DURATION = re.compile(rf"((?<!\[)\[|\boffset\s+-?)(?:{_REFERENCE.pattern})")
_ANY = ".*"
_MATCHER_WITH_VARIABLE = re.compile(r"""(?:=~|!~|!=|=)\s*"(?:[^"\\]|\\.)*\$(?:[^"\\]|\\.)*\"""")
_RANGE_WITH_VARIABLE = re.compile(r"\[\$[^\]:]+\]")

# What a variable may be whose value is not known: a name or text, or a number; else a window, an aggregation, an
# operator, or nothing. With more than _MANY of them only the first are tried.
_NAME_OR_TEXT = "x"
_NUMBER = "1"
_MORE_GUESSES = ("5m", "sum", ">", "")
_MANY = 3
_FORM = re.compile(r":([^}\]]*)(?:\}|\]\])$")
# Syntax that Prometheus has and the parser here has not, so its message proves nothing: trimming of native histograms
# (from 3.11), fill modifiers, digits in groups.
_NEWER = re.compile(r"</|>/|\bfill(?:_left|_right)?\s*\(|\d_\d")
# Macros that stand for whole parts of a query.
_OPEN_MACROS = ("$__timeFilter", "$__data", "$__cell", "$__searchFilter", "$__adhoc")
# Signs of LogQL: PromQL has no `|` outside of strings, and filters no lines.
_LOGQL = re.compile(r"\||\}\s*(?:!=|!~)\s*\"")
# A selector that names no metric, as every one of LogQL does.
_NAMELESS = re.compile(r"(?:^|[(\[,=+*/^<>-])\s*\{(?!\s*\")")
_CLOSING = {")": "(", "]": "[", "}": "{"}

_LABEL_VALUES = re.compile(r"label_values\((?:(?P<expr>.+),\s*)?(?P<label>[A-Za-z_]\w*)\s*\)", re.DOTALL)
_METRICS = re.compile(r"metrics\((.+)\)", re.DOTALL)
_RESULTS = re.compile(r"query_result\((?P<expr>.+)\)", re.DOTALL)
# The ways to ask for a variable's values; the group is the PromQL in them.
_VALUE_QUERIES = (
    re.compile(r"label_values\((?:(?P<expr>.+),\s*)?[A-Za-z_$][\w${}]*\s*\)", re.DOTALL),
    _RESULTS,
    re.compile(r"label_names\((?P<expr>.*)\)", re.DOTALL),
    re.compile(r"metrics\((?:.+)\)(?P<expr>)", re.DOTALL),
)


def references(text: str) -> list[str]:
    """The dashboard's own variables that `text` names, in the order of their first use; Grafana's macros left out."""
    names = [_name(match) for match in _REFERENCE.finditer(text)]
    return [name for name in dict.fromkeys(names) if name not in MACROS]


def own_references(expr: str) -> list[str]:
    """The variables that only the dashboard can declare: neither Grafana's own, nor groups of a regular expression."""
    groups = set(_GROUP.findall(expr))
    return [name for name in references(expr) if not name.startswith("__") and name not in groups]


def compared_exactly(expr: str) -> list[str]:
    """The variables that stand alone in a `=` or `!=` matcher, which holds for one value only."""
    return list(dict.fromkeys(_name(match) for match in _EXACT.finditer(expr)))


def matched_escaped(expr: str) -> list[str]:
    """The variables in the regular expressions of `expr` whose values Grafana escapes, if it can hold several."""
    inside = (match for matcher in _MATCHED.finditer(expr) for match in _REFERENCE.finditer(matcher[1]))
    return list(dict.fromkeys(_name(match) for match in inside if not _FORM.search(match[0])))


def runnable(
    expr: str,
    values: Mapping[str, str | Choice],
    name: str = _NAME_OR_TEXT,
    options: Mapping[str, Choice] = MappingProxyType({}),
) -> str:
    """Return `expr` as a Prometheus can run it: what Grafana would replace is replaced.

    `values` are the variables whose values are known. Any other matches all of its `options` in a label matcher, or
    everything when these are not known, is a duration where one belongs, and elsewhere whatever lets the expression
    parse: first of all `name`.
    """
    known = {**MACROS, **values}
    matching = _MATCHER.sub(lambda match: _match_any(match, known, options), expr)
    ranged = _DURATION.sub(lambda match: match[1] + (_written(match, known) or "5m"), matching)
    attempts = dict.fromkeys(_filled(ranged, known, guess) for guess in _guesses(ranged, known, name))
    return next((attempt for attempt in attempts if syntax_error(attempt) is None), next(iter(attempts)))


def certain_error(expr: str, values: Mapping[str, str | Choice]) -> str | None:
    """Return the parser's message when `expr` is not PromQL, whatever its variables hold; else None."""
    message = syntax_error(runnable(expr, values))
    if message is None or _NEWER.search(expr):
        return None
    is_open = any(name not in values for name in references(expr)) or any(name in expr for name in _OPEN_MACROS)
    return message if not is_open or not _is_balanced(expr) else None


def is_logql(expr: str, *, guess: bool = False) -> bool:
    """Return whether `expr` is LogQL: it has a `|` outside of strings, or filters lines.

    With `guess` a selector that names no metric counts too, as all of LogQL's are; PromQL has them, but seldom.
    """
    bare = STRING_OR_COMMENT.sub('""', _REFERENCE.sub("x", expr))
    return bool(_LOGQL.search(bare)) or (guess and bool(_NAMELESS.search(bare)) and "__name__" not in expr)


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


def label_query(text: str) -> tuple[str, str] | None:
    """Return the label and the selector ("" for all series) of a query `label_values(...)`, or None for any other."""
    match = _LABEL_VALUES.fullmatch(text.strip())
    return (match["label"], (match["expr"] or "").strip()) if match else None


def results_query(text: str) -> str:
    """Return the PromQL of a query `query_result(...)`, of which the results are the values; "" for any other."""
    match = _RESULTS.fullmatch(text.strip())
    return match["expr"].strip() if match else ""


def names_query(text: str) -> tuple[str, str] | None:
    """Return the label whose values a query asks for, and the pattern that finds some of them ("" for all): of
    `label_values(label)` and `metrics(pattern)`. None for any other, and where a variable decides."""
    if match := _METRICS.fullmatch(text.strip()):
        return None if references(match[1]) else ("__name__", match[1].strip())
    label, selector = label_query(text) or ("", "")
    return (label, "") if label and not selector else None


def _guesses(expr: str, known: Mapping[str, str | Choice], name: str) -> Iterator[Mapping[str, str]]:
    """Yield values for the variables that are not known: the same for all, then each its own."""
    unknown = [each for each in dict.fromkeys(map(_name, _REFERENCE.finditer(expr))) if each not in known]
    for guess in (name, _NUMBER):
        yield dict.fromkeys(unknown, guess)
    if len(unknown) <= _MANY:
        for guesses in product((name, _NUMBER, *_MORE_GUESSES), repeat=len(unknown)):
            yield dict(zip(unknown, guesses, strict=True))


def _filled(expr: str, known: Mapping[str, str | Choice], others: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda match: _written(match, known) or others.get(_name(match), ""), expr)


def _written(match: re.Match[str], known: Mapping[str, str | Choice]) -> str | None:
    """Return what Grafana writes for the reference at the end of a match, or None when its value is not known."""
    name = _name(match)
    value = known.get(name)
    if value is None or isinstance(value, str):
        return value
    form = _FORM.search(match[0])
    return value.written(name, form[1] if form else "")


def _match_any(match: re.Match[str], known: Mapping[str, str | Choice], options: Mapping[str, Choice]) -> str:
    if all(_name(found) in known for found in _REFERENCE.finditer(match[1])):
        return match[0]
    return "=~" + _REFERENCE.sub(lambda found: _written(found, known) or _any_of(_name(found), options), match[1])


def _any_of(name: str, options: Mapping[str, Choice]) -> str:
    return options[name].written(name) if name in options else _ANY


def _is_balanced(expr: str) -> bool:
    """Return whether every bracket outside of strings and comments is closed."""
    open_ones: list[str] = []
    for sign in re.findall(r"[()\[\]{}]", STRING_OR_COMMENT.sub("", _REFERENCE.sub("", expr))):
        if sign in _CLOSING:
            if not open_ones or open_ones.pop() != _CLOSING[sign]:
                return False
        else:
            open_ones.append(sign)
    return not open_ones


def _name(match: re.Match[str]) -> str:
    """The name in a match that ends with `_REFERENCE`."""
    return next(group for group in match.groups()[-3:] if group)
