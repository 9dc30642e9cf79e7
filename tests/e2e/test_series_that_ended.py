"""Series that Prometheus still returns, or whose type it still remembers, and that nobody serves any more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stackctl.wait import wait_until
from tests.e2e.pieces import Piece, alert, board, group, page, panel, service
from tests.e2e.pieces.running import App, Stack, running

pytestmark = [pytest.mark.e2e, pytest.mark.native]

DEADLINE_SECONDS = 90
# An exporter whose server is down, by its own account, and what asks for its series.
JOB = "acme"
EXPORTER = Piece(JOB, {"/acme": page("acme_up 0\n# TYPE acme_lag gauge\nacme_lag 1\n")}, service(JOB))
ASKS = Piece(
    "asks",
    rules=(group("asks", alert("Lag", f'acme_lag{{job="{JOB}"}} > 9')),),
    dashboard=board(panel("Now", "acme_lag"), panel("In an hour", "max_over_time(acme_lag[1h])")),
)
ROWS = {"rule.data asks-rules.yml/asks/Lag", "panel.data asks.json/Now", "panel.data asks.json/In an hour"}


@pytest.fixture
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("ended"), App([EXPORTER]), EXPORTER, ASKS) as stack:
        yield stack


def is_red(stack: Stack, *rows: str) -> None:
    """Wait until exactly these rows do not pass."""
    wait_until(lambda: {*stack.red("--timeout", "6s")}, lambda seen: seen == {*rows}, DEADLINE_SECONDS, what=str(rows))


def test_series_of_a_removed_service_prove_nothing(stack: Stack) -> None:
    is_red(stack, f"~ exporter.works {JOB}/APP")
    stack.write(ASKS)
    stack.run("reload")
    is_red(stack, *ROWS)


def test_gauge_that_is_no_longer_served_is_not_green(stack: Stack) -> None:
    stack.app.pages["/acme"] = page("acme_up 1\n# TYPE acme_lag gauge\nacme_lag 1\n")
    is_red(stack)
    stack.app.pages["/acme"] = page("acme_up 1\n")
    passed: list[str] = []

    def outcome() -> str:
        found = {f"{each['code']} {each['subject']}": each for each in stack.verify("--timeout", "6s")}
        now = found["panel.data asks.json/Now"]
        passed.extend([now["summary"]] if now["status"] == "pass" else [])
        return str(now["status"])

    wait_until(outcome, lambda status: status == "fail", DEADLINE_SECONDS, what="the panel to be red")
    assert {*passed} <= {"has data"}
