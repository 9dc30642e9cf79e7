"""Text for a terminal: what others wrote may not steer it."""

from __future__ import annotations

import os
import re

# Our own escape sequences begin with a mark that nobody else can know.
_OWN = f"\x1a{os.urandom(8).hex()}\x1a"
_COLORS = re.compile(r"\x1b\[[0-9;]*m")
# Control characters but for the tab and the line's end, and those that turn the direction of text.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def styled(text: str, codes: str) -> str:
    """`text` in a style of ours, by the numbers of the terminal's codes: "32", "1;31"."""
    return f"{_OWN}[{codes}m{text}{_OWN}[0m"


def cleaned(text: str) -> str:
    """`text` without what would steer a terminal, but for our own styles. What is taken out can be seen: `\\u001b`.

    JSON stays the same JSON. Colours of others are left out.
    """
    parts = text.split(_OWN)
    return "\x1b".join(_CONTROLS.sub(_shown, _COLORS.sub("", part)) for part in parts)


def _shown(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"
