"""A pack of a stranger comes to an end, and to one that fits into memory."""

from __future__ import annotations

import time

import pytest
from jinja2 import TemplateError

from stackctl.manifest.packs.template import filled


@pytest.mark.parametrize(
    "text",
    [
        "[% macro m() %][[ m() ]][% endmacro %][[ m() ]]",
        "[[ 'x' * 1000000000 ]]",
        "[[ [1] * 1000000000 ]]",
        "[[ a * a ]]",
        "[[ 9 ** 999999999 ]]",
        "[% for a in range(100000) %][% for b in range(100000) %][% endfor %][% endfor %]",
        "[% for a in s %][% for b in s %][% for c in s %][% endfor %][% endfor %][% endfor %]",
        "[% for a in s recursive %][[ loop(s) ]][% endfor %]",
        "[[ lipsum(100000) ]]",
        "[[ 'x' | center(1000000000) ]]",
        "[[ '%01000000000d' | format(1) ]]",
        "[[ " + "(" * 5000 + "1" + ")" * 5000 + " ]]",
    ],
)
def test_refuses_what_need_not_end(text: str) -> None:
    begun = time.monotonic()
    with pytest.raises((ValueError, TemplateError, TypeError, RecursionError)):
        filled(text, {"a": "x", "s": ["a"] * 1000})
    assert time.monotonic() - begun < 5


def test_fills_in_loops_and_numbers() -> None:
    assert filled("[% for a in s %][[ a ]][% endfor %][[ 2 * 3 ]]", {"s": ["x", "y"]}) == "xy6"
