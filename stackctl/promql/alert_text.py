"""The templates in the texts of alerts: their actions, and the labels that they show."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

LABEL = re.compile(r"""(?:\$labels|(?<![\w$)])\.Labels)\.([A-Za-z_]\w*)|index\s+\$labels\s+["`]([^"`]+)["`]""")
# An action ends at the first braces outside of its strings.
_ACTION = re.compile(r"""\{\{-?\s*((?:"(?:[^"\\]|\\.)*"|`[^`]*`|(?!\}\}).)*?)\s*-?\}\}""", re.DOTALL)
# Where a label is asked for to see whether it is there; and where the dot is something else.
_ASKING = re.compile(r"(?:if|else if|with|or|and|not)\b")
_OTHER_DOT = re.compile(r"(?:range|with|define|template)\b")


def actions_of(text: str) -> list[str]:
    """Return the actions of a text, without their braces."""
    return [match[1] for match in _ACTION.finditer(text)]


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
