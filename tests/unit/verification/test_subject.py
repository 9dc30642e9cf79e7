"""The results that a check may have."""

from __future__ import annotations

from stackctl.clients.http import NoAnswer
from stackctl.source import Position
from stackctl.verification.subject import Subject

SUBJECT = Subject("target.up", "api", Position("stack.yml", 3, 5))


def test_each_result_has_its_status_and_stage() -> None:
    found = [SUBJECT.passed("up"), SUBJECT.failed("down", "Start it."), SUBJECT.warned("x", "y"), SUBJECT.skipped("z")]
    assert [(each.status, each.stage) for each in found] == [
        ("pass", "working"),
        ("fail", "rendered"),
        ("warn", "loaded"),
        ("skip", "rendered"),
    ]
    assert {(each.code, each.subject, each.position) for each in found} == {("target.up", "api", SUBJECT.position)}


def test_server_whose_failure_is_reported_elsewhere_is_a_skip() -> None:
    error = NoAnswer.of("server.no-answer", "it does not answer")
    assert SUBJECT.unanswered(error).status == "fail"
    error.reported = "component.ready prometheus"
    skipped = SUBJECT.unanswered(error)
    assert (skipped.status, skipped.depends_on) == ("skip", "component.ready prometheus")
    assert skipped.remedy == "See `component.ready prometheus`."
