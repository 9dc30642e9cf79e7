"""The report for people: what is folded, and what never is."""

from __future__ import annotations

import json
import re

from stackctl.bounds.terminal import cleaned
from stackctl.diagnostic import Diagnostic
from stackctl.report import json_report, text
from stackctl.report.report import Report
from tests.unit.report.reports import FAIL, PASS, PLACE, REPORT, report


def render(report: Report, *, folds: bool = False) -> str:
    """The report without its colours."""
    return re.sub(r"\x1a\w+\x1a\[[\d;]*m", "", text.render(report, folds=folds))


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


def test_suggestion_has_its_remedy_and_is_not_counted() -> None:
    note = Diagnostic("target.up", "look", PLACE, status="info", subject="b", remedy="Run it.")
    shown = render(report(passed("target.up", "a"), note), folds=True)
    assert "i target.up  b  look\n    help: Run it.\n" in shown
    assert "1 passed in" in shown


def test_lists_everything_where_nothing_is_folded() -> None:
    shown = render(report(passed("target.up", "a"), passed("target.up", "c")))
    assert shown.count("✓ target.up") == 2
    assert "lists them" not in shown


def plain(text: str) -> str:
    """`text` without its colours."""
    return re.sub(r"\x1b\[\d+m", "", cleaned(text))


def test_ends_with_the_failures_and_the_verdict() -> None:
    lines = text.render(REPORT).splitlines()
    failed = next(index for index, line in enumerate(lines) if "target.up" in line)
    assert all(word not in line for line in lines[failed + 1 :] for word in ("component.ready", "grafana.health"))
    assert "    help: Start it." in lines
    assert any(PLACE.text in line for line in lines)
    assert "To read more: stackctl explain target.up" in lines[-2]
    assert "not verified" in lines[-1]
    assert "1 passed, 1 failed, 1 skipped" in lines[-1]


def failed(number: int, summary: str, id: str = "target.up") -> Diagnostic:
    return Diagnostic(
        id, summary, subject=f"job-{number}", status="fail", remedy="Run `stackctl up`.", stage="rendered"
    )


def test_reports_one_cause_once_with_its_checks() -> None:
    silent = [
        failed(n, f"http://127.0.0.1:9090/api/v1/{path} does not answer: connection refused", id)
        for n, (path, id) in enumerate(
            [("targets", "target.up"), ("rules", "rule.loaded"), ("rules", "rule.loaded")] * 3
        )
    ]
    lines = plain(text.render(report(PASS, *silent, FAIL))).splitlines()
    told = [line for line in lines if "does not answer" in line]
    assert told == ["✗ 9 checks         http://127.0.0.1:9090 does not answer: connection refused"]
    assert "    of target.up job-0, rule.loaded job-1, rule.loaded job-2 and 6 more" in lines
    assert lines.count("    help: Run `stackctl up`.") == 1
    assert "1 passed, 10 failed" in lines[-1]
    assert len(json.loads(json_report.render(report(*silent)))["diagnostics"]) == 9


def test_reports_few_failures_and_different_causes_in_full() -> None:
    same = [failed(n, "down") for n in range(3)]
    other = [failed(n + 3, f"http://host-{n}:80/x does not answer: no") for n in range(5)]
    lines = plain(text.render(report(*same, *other))).splitlines()
    assert lines.count("    help: Run `stackctl up`.") == 8


def test_says_that_what_fails_is_loaded() -> None:
    assert "b (loaded, does not work)" in plain(text.render(REPORT))
    assert "(loaded" not in text.render(report(failed(1, "not there")))
