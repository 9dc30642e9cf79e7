"""A simulated service through its scenarios, by a clock that the test moves."""

from __future__ import annotations

from stackctl.model import Contract, Metric
from stackctl.simulate.service import SimulatedClock, SimulatedService
from stackctl.source import Position

HERE = Position("stack.yml", 1, 1)


class Hand:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def service(hand: Hand, scenario: str = "normal", speed: float = 1.0) -> SimulatedService:
    contract = Contract((Metric("requests_total", "counter", HERE),), HERE)
    return SimulatedService("api", contract, 1, SimulatedClock(1_700_000_000, speed, hand), scenario)


def test_restart_begins_all_counters_at_zero() -> None:
    hand = Hand()
    api = service(hand)
    hand.seconds = 100
    assert api.read().flow.work > 10
    api.enter("down")
    hand.seconds = 200
    down = api.read().flow
    assert down.work == api.read().flow.work
    api.enter("recover")
    assert (api.read().flow.work, api.read().flow.seconds) == (0, 0)
    hand.seconds = 260
    assert api.read().flow.work > 5


def test_change_of_scenario_does_not_reset_a_running_service() -> None:
    hand = Hand()
    api = service(hand)
    hand.seconds = 100.5
    before = api.read().flow
    api.enter("errors")
    assert api.read().flow == before
    hand.seconds = 200
    assert api.read().flow.failed - before.failed > 10


def test_time_passes_as_fast_as_asked() -> None:
    hand = Hand()
    hasty = service(hand, speed=3600)
    hand.seconds = 1
    assert hasty.read().flow.seconds == 3600
