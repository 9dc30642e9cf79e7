"""Readers add what is wrong to one list."""

from __future__ import annotations

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.problems import Problems

FIRST, SECOND = Diagnostic("a.b", "first"), Diagnostic("a.c", "second")


def test_keeps_problems_in_the_order_in_which_they_were_found() -> None:
    problems = Problems()
    problems.add(FIRST)
    assert problems.extend([SECOND])
    assert list(problems) == [FIRST, SECOND]
    assert len(problems) == 2


def test_says_whether_any_were_added() -> None:
    assert not Problems().extend([])
