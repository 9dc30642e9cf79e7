"""How long a check waits for a server: as long as it may be starting, and no longer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from stackctl.clients.http import NoAnswer
from stackctl.verification.context import PROBE_SECONDS, Context
from stackctl.wait import Clock
from tests.contract.world import World

PATIENCE_SECONDS = 60.0


@dataclass
class Time:
    """A clock that only moves when somebody sleeps, or takes long to answer."""

    seconds: float = 0.0

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds

    def patient(self, well: World) -> Context:
        clock = Clock(lambda: self.seconds, self.pass_by)
        return replace(well.context, seconds=PATIENCE_SECONDS, clock=clock)


def failed(status: int) -> NoAnswer:
    error = NoAnswer.of("server.no-answer", "no")
    error.status = status
    return error


def test_a_server_that_says_nothing_is_not_waited_for_as_long_as_for_a_scrape(well: World) -> None:
    time = Time()

    def observe() -> Any:
        raise failed(0)

    seen = time.patient(well).settle(observe, bool, within=PATIENCE_SECONDS)
    assert isinstance(seen, NoAnswer)
    assert PROBE_SECONDS <= time.seconds < PROBE_SECONDS + 1


def test_a_server_that_hangs_is_asked_once(well: World) -> None:
    time, asked = Time(), []

    def observe() -> Any:
        asked.append(time.seconds)
        time.pass_by(PROBE_SECONDS)
        raise failed(0)

    assert isinstance(time.patient(well).settle(observe, bool, within=PATIENCE_SECONDS), NoAnswer)
    assert asked == [0.0]


def test_a_server_that_answers_with_an_error_is_waited_for_as_it_may_be_starting(well: World) -> None:
    time = Time()

    def observe() -> str:
        if time.seconds < PATIENCE_SECONDS / 2:
            raise failed(503)
        return "ready"

    assert time.patient(well).settle(observe, bool, within=PATIENCE_SECONDS) == "ready"


def test_a_server_that_was_away_for_a_moment_is_waited_for_again(well: World) -> None:
    time = Time()

    def observe() -> str:
        if time.seconds % 4 < 3:
            raise failed(0)
        return "scraped" if time.seconds > PATIENCE_SECONDS / 2 else ""

    assert time.patient(well).settle(observe, bool, within=PATIENCE_SECONDS) == "scraped"
