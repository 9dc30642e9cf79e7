"""Every format carries every finding, and each is what its readers expect."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree as ET

import pytest

from stackctl.bounds.terminal import cleaned
from stackctl.diagnostic import Diagnostic
from stackctl.report import github, json_report, junit, text
from stackctl.report.report import Report
from stackctl.source import Position

PLACE = Position("stack.yml", 5, 15, '    targets: ["localhost:8000"]')
PASS = Diagnostic(
    "component.ready", "ready", Position("stack.yml", 1, 1), subject="prometheus", status="pass", stage="working"
)
FAIL = Diagnostic(
    "target.up",
    "down: 100%, a\nb",
    PLACE,
    subject="api/localhost:8000",
    status="fail",
    evidence="connection <refused>\x00",
    remedy="Start it.",
    duration_seconds=1.5,
    stage="loaded",
)
SKIP = Diagnostic("grafana.health", "is not running: no binary", subject="grafana", status="skip", stage="working")


def plain(text: str) -> str:
    """`text` without its colours."""
    return re.sub(r"\x1b\[\d+m", "", cleaned(text))


def verification(*findings: Diagnostic) -> Report:
    return Report("shop", "docker", "abc123", findings, 2.0)


ALL = verification(PASS, FAIL, SKIP)


def test_nothing_failed_and_something_passed_must_be_ok() -> None:
    assert verification(PASS, SKIP).ok
    assert not ALL.ok


@pytest.mark.parametrize("findings", [(), (SKIP,)])
def test_a_verification_that_looked_at_nothing_is_not_ok(findings: tuple[Diagnostic, ...]) -> None:
    assert not verification(*findings).ok


def test_json_must_have_the_published_shape() -> None:
    report = json.loads(json_report.render(ALL))
    assert list(report) == ["command", "stack", "runtime", "generation", "ok", "counts", "diagnostics"]
    assert report["counts"] == {"pass": 1, "fail": 1, "warn": 0, "skip": 1}
    assert report["ok"] is False
    assert report["diagnostics"][1] == {
        "code": "target.up",
        "subject": "api/localhost:8000",
        "status": "fail",
        "summary": "down: 100%, a\nb",
        "cause": "",
        "evidence": "connection <refused>\x00",
        "remedy": "Start it.",
        "source": {"file": "stack.yml", "line": 5, "column": 15},
        "duration_seconds": 1.5,
        "stage": "loaded",
        "documentation": "docs/codes/target.up.md",
    }
    assert report["diagnostics"][2]["source"] is None


def test_junit_must_be_well_formed_and_count_right() -> None:
    root = ET.fromstring(junit.render(ALL))
    assert (root.tag, root.get("tests"), root.get("failures"), root.get("skipped")) == ("testsuites", "3", "1", "1")
    assert [suite.get("name") for suite in root] == ["component", "grafana", "target"]
    assert [case.get("classname") for case in root.iter("testcase")] == [
        "component.ready",
        "grafana.health",
        "target.up",
    ]
    case = root.find(".//testcase[@classname='target.up']")
    assert case is not None
    assert (case.get("name"), case.get("file"), case.get("line")) == ("api/localhost:8000", "stack.yml", "5")
    failure = case.find("failure")
    assert failure is not None
    assert failure.text
    assert "connection <refused>\ufffd" in failure.text
    assert "help: Start it." in failure.text
    assert root.find(".//skipped") is not None


def test_github_must_annotate_the_line_and_escape_what_it_has_to() -> None:
    lines = github.render(ALL).splitlines()
    assert lines[0] == (
        "::error file=stack.yml,line=5,col=15,title=target.up api/localhost%3A8000::"
        "down: 100%25, a%0Ab%0Aconnection <refused>\x00%0AStart it."
    )
    assert lines[1].startswith("::notice title=grafana.health grafana::is not running")
    assert lines[2] == "1 pass, 1 fail, 0 warn, 1 skip"


def test_text_must_end_with_the_failures_and_the_verdict() -> None:
    lines = text.render(ALL).splitlines()
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


def test_text_must_tell_one_cause_once_with_the_number_and_the_first_of_its_checks() -> None:
    silent = [
        failed(n, f"http://127.0.0.1:9090/api/v1/{path} does not answer: connection refused", id)
        for n, (path, id) in enumerate(
            [("targets", "target.up"), ("rules", "rule.loaded"), ("rules", "rule.loaded")] * 3
        )
    ]
    lines = plain(text.render(verification(PASS, *silent, FAIL))).splitlines()
    told = [line for line in lines if "does not answer" in line]
    assert told == ["✗ 9 checks         http://127.0.0.1:9090 does not answer: connection refused"]
    assert "    of target.up job-0, rule.loaded job-1, rule.loaded job-2 and 6 more" in lines
    assert lines.count("    help: Run `stackctl up`.") == 1
    assert "1 passed, 10 failed" in lines[-1]
    assert len(json.loads(json_report.render(verification(*silent)))["diagnostics"]) == 9


def test_text_must_tell_few_failures_and_different_causes_each_in_full() -> None:
    same = [failed(n, "down") for n in range(3)]
    other = [failed(n + 3, f"http://host-{n}:80/x does not answer: no") for n in range(5)]
    lines = plain(text.render(verification(*same, *other))).splitlines()
    assert lines.count("    help: Run `stackctl up`.") == 8


def test_text_must_say_of_a_failure_that_it_is_loaded() -> None:
    assert "b (loaded, does not work)" in plain(text.render(ALL))
    assert "(loaded" not in text.render(verification(failed(1, "not there")))
