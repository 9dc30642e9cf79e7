"""Health paths of services."""

from __future__ import annotations

import pytest

from stackctl.clients.http import Answer
from tests.contract.world import World, no_answer, words


@pytest.mark.parametrize(
    ("answer", "summary", "remedy"),
    [
        (Answer(404, "", "nope"), "the path does not exist", "Correct the health path."),
        (
            Answer(401, "", "who?"),
            "it requires a login",
            "Allow access to the health path without a login, as probes need it.",
        ),
        (
            Answer(302, "", ""),
            "it redirects",
            "Use a path that answers directly, without a redirect, or correct `scheme`.",
        ),
        (Answer(503, "", "\ndatabase is down\nmore"), "database is down", "See the service's own log."),
    ],
)
def test_a_health_path_that_does_not_answer_2xx_is_reported(
    well: World, answer: Answer, summary: str, remedy: str
) -> None:
    well.change(fetch=lambda url: answer if url.endswith("/ready") else Answer(200, "", ""))
    finding = well.only("service.health", "api/localhost:8000 ready")
    assert words(finding) == ("fail", f"http://localhost:8000/ready returns {answer.status}: {summary}", remedy)
    assert well.only("service.health", "api/localhost:8000 live").status == "pass"


def test_a_health_path_where_nothing_answers_is_reported(well: World) -> None:
    well.change(fetch=no_answer)
    assert words(well.only("service.health", "live")) == (
        "fail",
        "http://localhost:8000/live does not answer: connection refused",
        "Start the service, or correct `health.live` of `api`.",
    )
