from __future__ import annotations

import pytest

from stackctl.errors import Unavailable
from stackctl.wait import Clock, wait_until


class Time:
    """A clock that tests move; what passes is counted, not waited for."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.sleeps: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.sleeps.append(seconds)

    @property
    def clock(self) -> Clock:
        return Clock(lambda: self.seconds, self.sleep)


def test_returns_immediately_if_condition_holds() -> None:
    time = Time()
    assert wait_until(lambda: 1, bool, 10, clock=time.clock) == 1
    assert time.sleeps == []


def test_deadline_of_zero_observes_once() -> None:
    looks: list[int] = []
    with pytest.raises(Unavailable):
        wait_until(lambda: looks.append(1), lambda _: False, 0, clock=Time().clock)
    assert looks == [1]


def test_message_holds_the_last_observation() -> None:
    time = Time()
    with pytest.raises(Unavailable, match=r"waited 10 s for rain, last seen: sun after 10 s"):
        wait_until(
            lambda: time.seconds,
            lambda _: False,
            10,
            what="rain",
            describe=lambda s: f"sun after {s:g} s",
            clock=time.clock,
        )


def test_observations_get_rarer_until_one_at_the_deadline() -> None:
    time = Time()
    with pytest.raises(Unavailable):
        wait_until(lambda: None, lambda _: False, 30, clock=time.clock)
    assert time.seconds == pytest.approx(30)
    assert time.sleeps[0] < 0.05 < max(time.sleeps) <= 0.5
