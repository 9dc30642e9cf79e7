"""Outlines as indented lines."""

from __future__ import annotations

from stackctl.report.outline import Outline


def test_entries_are_indented_below_theirs() -> None:
    outline = Outline("a", (Outline("b", (Outline("c"),)), Outline("d")))
    assert list(outline.lines()) == ["a", "  b", "    c", "  d"]
