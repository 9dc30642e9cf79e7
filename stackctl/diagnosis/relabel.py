"""Prometheus' relabelling of one set of labels: what becomes of a target, and which step drops it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackctl.bounds.regex import BadPattern, compiled

_ANYTHING = "(.*)"
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+)|(\$))")
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True)
class Outcome:
    """The labels after the last step that was taken; `dropped_by` is the index of the step that dropped the target."""

    labels: Mapping[str, str]
    dropped_by: int | None = None


def relabelled(labels: Mapping[str, str], steps: Sequence[Mapping[str, Any]]) -> Outcome:
    """Apply `steps`, as in `relabel_configs`, to `labels`.

    Raises ValueError for a regular expression that cannot be read.
    """
    now = {name: value for name, value in labels.items() if value}
    for index, step in enumerate(steps):
        after = _taken(now, step)
        if after is None:
            return Outcome(now, index)
        now = {name: value for name, value in after.items() if value}  # an empty label is none
    return Outcome(now)


def joined(labels: Mapping[str, str], step: Mapping[str, Any]) -> str:
    """The values of the step's source labels, put together: what its regular expression is held against."""
    separator = step.get("separator")
    return (";" if separator is None else separator).join(labels.get(n, "") for n in step.get("source_labels", ()))


def _taken(labels: dict[str, str], step: Mapping[str, Any]) -> dict[str, str] | None:
    """The labels after one step, None when it drops the target."""
    action, value, target = step.get("action", "replace"), joined(labels, step), step.get("target_label", "")
    try:
        regex = compiled(str(step.get("regex", _ANYTHING)), newlines=True)
    except BadPattern as error:
        raise ValueError(str(error)) from error
    replacement = step.get("replacement", "$1")
    if action in _DECIDING:
        holds = bool(regex.fullmatch(value)) if action in ("keep", "drop") else labels.get(target, "") == value
        return labels if holds == action.startswith("keep") else None
    if action == "labelmap":
        found = {name: match for name in labels if (match := regex.fullmatch(name))}
        return {**labels, **{_expanded(replacement, match): labels[name] for name, match in found.items()}}
    if action in ("labeldrop", "labelkeep"):
        kept = action == "labelkeep"
        return {name: text for name, text in labels.items() if bool(regex.fullmatch(name)) == kept}
    if action != "replace":
        return {**labels, target: _made(action, value, step)}
    found_value = regex.fullmatch(value)
    name = _expanded(target, found_value) if found_value else ""
    if not found_value or not _LABEL_NAME.fullmatch(name):
        return labels
    return {**labels, name: _expanded(replacement, found_value)}


_DECIDING = ("keep", "drop", "keepequal", "dropequal")


def _made(action: str, value: str, step: Mapping[str, Any]) -> str:
    if action == "hashmod":
        last = hashlib.md5(value.encode(), usedforsecurity=False).digest()[8:]
        return str(int.from_bytes(last, "big") % int(step["modulus"]))
    return value.lower() if action == "lowercase" else value.upper()


def _expanded(template: str, match: re.Match[str]) -> str:
    """Go's templates: `$1`, `${name}` and `$$`. The longest name counts, and one that is no group is empty."""

    def value(variable: re.Match[str]) -> str:
        if variable[3]:
            return "$"
        name = variable[1] or variable[2]
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except IndexError:
            return ""

    return _VARIABLE.sub(value, template)
