"""Work is added up in whole steps, whoever looks."""

from __future__ import annotations

import pytest

from stackctl.simulate.flow import Flow, advance, at
from stackctl.simulate.scenario import SCENARIOS, Course, Weather

START = 1_700_000_000.0


def test_steps_do_not_depend_on_when_somebody_looks() -> None:
    course = Course(SCENARIOS["errors"], START)
    once = advance(Flow(START, START), course, 1, START + 100)
    often = Flow(START, START)
    for second in range(0, 101, 7):
        often = advance(often, course, 1, START + second)
    assert advance(often, course, 1, START + 100) == once
    assert once.work == pytest.approx(sum(once.by_grade))
    assert once.failed / once.work > 0.3


def test_part_of_a_step_is_counted_in_its_weather() -> None:
    flow = at(Flow(START, START), Weather(load=0.5, errors=0.2, slowness=0.0, pressure=0.0), START + 0.5)
    assert (flow.done, flow.failed, flow.awake) == (pytest.approx(0.2), pytest.approx(0.05), 0.5)


def test_idle_service_is_not_awake() -> None:
    flow = advance(Flow(START, START), Course(SCENARIOS["idle"], START), 1, START + 60)
    assert (flow.work, flow.awake, flow.seconds) == (0, 0, 60)
