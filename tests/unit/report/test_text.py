"""The report for people: what is folded, and what never is."""

from __future__ import annotations

import re

from stackctl.diagnostic import Diagnostic
from stackctl.report import text
from stackctl.report.report import Report


def render(report: Report, *, folds: bool = False) -> str:
    """The report without its colours."""
    return re.sub(r"\x1a\w+\x1a\[[\d;]*m", "", text.render(report, folds=folds))


def report(*diagnostics: Diagnostic) -> Report:
    return Report("shop", "native", "1a2b", diagnostics, seconds=2.0)


def passed(code: str, subject: str) -> Diagnostic:
    return Diagnostic(code, "fine", status="pass", subject=subject)


def test_folds_what_passed_by_family() -> None:
    lines = render(
        report(
            passed("target.up", "a"),
            passed("rule.loaded", "b"),
            passed("target.up", "c"),
            Diagnostic("rule.data", "no series yet", status="warn", subject="d"),
        ),
        folds=True,
    ).splitlines()
    assert lines[:2] == ["✓ target     2 passed", "✓ rule       1 passed"]
    assert lines[2] == "  `stackctl -v verify` lists them"
    assert lines[3] == "! rule.data  d  no series yet"


def test_never_folds_a_failure() -> None:
    failed = Diagnostic("target.up", "down", status="fail", subject="b", remedy="Start it.")
    shown = render(report(passed("target.up", "a"), failed), folds=True)
    assert "✗ target.up  b  down" in shown
    assert "help: Start it." in shown


def test_lists_everything_where_nothing_is_folded() -> None:
    shown = render(report(passed("target.up", "a"), passed("target.up", "c")))
    assert shown.count("✓ target.up") == 2
    assert "lists them" not in shown
