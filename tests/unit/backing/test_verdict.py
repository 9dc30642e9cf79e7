"""The worst of several verdicts decides, and each becomes one finding."""

from __future__ import annotations

import pytest

from stackctl.backing.verdict import DATA, EARLY, Verdict, unanswered, worst
from stackctl.clients.http import NoAnswer
from stackctl.source import Position
from stackctl.verification.subject import Subject

SUBJECT = Subject("rule.data", "r.yml/g/Down", Position("stack.yml", 3, 1))


def test_worst_verdict_wins() -> None:
    verdicts = [DATA, Verdict("fail", "no such metric"), EARLY, Verdict("skip"), Verdict("empty")]
    assert worst(verdicts).summary == "no such metric"
    assert worst([Verdict("empty"), DATA]).outcome == "empty"
    assert worst([]) == DATA


@pytest.mark.parametrize(
    ("outcome", "status"),
    [("data", "pass"), ("empty", "pass"), ("skip", "skip"), ("early", "fail"), ("fail", "fail")],
)
def test_finding_has_the_status_of_the_outcome(outcome: str, status: str) -> None:
    finding = Verdict(outcome, "s", "Do it.", "target.up api").finding(SUBJECT)  # type: ignore[arg-type]
    assert (finding.status, finding.summary, finding.subject) == (status, "s", "r.yml/g/Down")
    assert finding.depends_on == ("target.up api" if status == "skip" else "")


def test_server_that_its_own_check_reports_is_a_skip() -> None:
    error = NoAnswer.of("server.no-answer", "Prometheus does not answer")
    assert unanswered(error).outcome == "fail"
    error.reported = "component.ready prometheus"
    skipped = unanswered(error)
    assert (skipped.outcome, skipped.cause) == ("skip", "component.ready prometheus")
