"""The values of a pack's parameters: what each type accepts, and how it is written into PromQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.promql import duration
from stackctl.promql.expression import regex_error

OFF = "off"


class Unfit(ValueError):
    """A value is not of the parameter's type; the text says what is expected."""


def quoted(text: str) -> str:
    """`text` as a string of PromQL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def fit(kind: str, value: Any) -> str:
    """A parameter of the type `kind` as templates get it. Raises Unfit."""
    if kind != "labels" and not isinstance(value, str):
        raise Unfit("a mapping or a list" if value is not None else "nothing")
    return _FITTING[kind](value)


def _duration(text: str) -> str:
    try:
        duration.seconds(text)
    except ValueError:
        raise Unfit(f"`{text}`") from None
    return str(text)


def _number(text: str) -> str:
    if not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?([eE]-?[0-9]+)?", text):
        raise Unfit(f"`{text}`")
    return str(text)


def _regex(text: str) -> str:
    if regex_error(text):
        raise Unfit(f"`{text}`")
    return str(text)


def _boolean(text: str) -> str:
    if text not in ("true", "false"):
        raise Unfit(f"`{text}`")
    return "" if text == "false" else "true"


def _name(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def fitting(text: str) -> str:
        if not pattern.fullmatch(text):
            raise Unfit(f"`{text}`")
        return str(text)

    return fitting


def _labels(value: Any) -> str:
    """More matchers, each behind a comma."""
    if value in (None, ""):
        return ""
    if not isinstance(value, Mapping):
        raise Unfit(f"`{value}`")
    for label, wanted in value.items():
        if not c.LABEL_NAME.fullmatch(label) or not isinstance(wanted, str):
            raise Unfit(f"`{label}`")
    return "".join(f", {label}={quoted(wanted)}" for label, wanted in value.items())


_FITTING: dict[str, Callable[[Any], str]] = {
    "duration": _duration,
    "number": _number,
    "text": str,
    "regex": _regex,
    "metric": _name(c.METRIC_NAME),
    "label": _name(c.LABEL_NAME),
    "labels": _labels,
    "boolean": _boolean,
}

EXPECTED = {
    "duration": "a duration, like `5m`",
    "number": "a number",
    "text": "text",
    "regex": "a regular expression",
    "metric": "the name of a metric",
    "label": "the name of a label",
    "labels": "labels, like `{zone: b}`",
    "boolean": "`true` or `false`",
}
