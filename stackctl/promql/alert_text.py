"""The templates in the texts of alerts: their actions, and the labels that they show."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator

LABEL = re.compile(r"""(?:\$labels|(?<![\w$)])\.Labels)\.([A-Za-z_]\w*)|index\s+\$labels\s+["`]([^"`]+)["`]""")
# An action ends at the first braces outside of its strings.
_ACTION = re.compile(r"""\{\{-?\s*((?:"(?:[^"\\]|\\.)*"|`[^`]*`|(?!\}\}).)*?)\s*-?\}\}""", re.DOTALL)
# Where a label is asked for to see whether it is there; and where the dot is something else.
_ASKING = re.compile(r"(?:if|else if|with|or|and|not)\b")
_OPTIONAL = re.compile(r"(?:if|else if|with|range)\b")
_GO_STRING = r"""("(?:[^"\\]|\\.)*"|`[^`]*`)"""
_QUERY = re.compile(rf"(?<![\w.$])query\s+{_GO_STRING}\s*\|\s*first|{_GO_STRING}\s*\|\s*query\s*\|\s*first")
_OTHER_DOT = re.compile(r"(?:range|with|define|template)\b")


def actions_of(text: str) -> list[str]:
    """Return the actions of a text, without their braces."""
    return [match[1] for match in _ACTION.finditer(text)]


def needed_queries(text: str) -> list[str]:
    """Return the queries without whose result a text cannot be expanded: `{{ query "x" | first | value }}`."""
    actions = actions_of(text)
    looked_for = " ".join(action for action in actions if _OPTIONAL.match(action))
    found = (match[1] or match[2] for action in actions for match in _QUERY.finditer(action))
    return [query for each in dict.fromkeys(found) if each not in looked_for and (query := _written(each))]


def _written(string: str) -> str:
    """The content of a string of Go, "" where that cannot be read off."""
    if string.startswith("`"):
        return string[1:-1]
    try:
        return str(json.loads(string))
    except ValueError:
        return ""


def shown_labels(actions: Collection[str]) -> list[str]:
    """Return the labels of the series that actions show, without those that they look for first."""
    # Inside a range or a with the dot is something else.
    dot = not any(_OTHER_DOT.match(action) for action in actions)
    return shown(LABEL, actions if dot else [action.replace(".Labels", "") for action in actions])


def shown(label: re.Pattern[str], actions: Collection[str]) -> list[str]:
    """Return the names that actions show and a pattern finds, without those that they look for first."""
    guarded = {name for action in actions if _ASKING.match(action) for name in _names(label, action)}
    found = dict.fromkeys(name for action in actions for name in _names(label, action))
    return [name for name in found if name not in guarded]


def _names(label: re.Pattern[str], action: str) -> Iterator[str]:
    yield from (name for found in label.findall(action) for name in found if name)
