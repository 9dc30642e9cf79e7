"""Scenarios make the weather of a moment."""

from __future__ import annotations

import pytest

from stackctl.simulate.scenario import DAY_SECONDS, SCENARIOS, Course, Weather, chance

NOON, NIGHT = 19_000 * DAY_SECONDS + 15 * 3600, 19_000 * DAY_SECONDS + 3 * 3600


def weather(name: str, time: float = NOON) -> Weather:
    return Course(SCENARIOS[name], time - 1000).weather(7, time)


def test_load_follows_the_time_of_day() -> None:
    assert weather("normal", NOON).load > 3 * weather("normal", NIGHT).load


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_part_is_a_share(name: str) -> None:
    for hour in range(24):
        found = weather(name, NOON + 3600 * hour)
        assert all(0 <= part <= 1 for part in (found.load, found.errors, found.slowness, found.pressure))


def test_each_scenario_shows_what_it_is_named_after() -> None:
    assert weather("idle").load == weather("down").load == 0
    assert weather("errors").errors > 0.3
    assert weather("latency").slowness > 0.8
    assert weather("saturated").pressure == 1


def test_recovery_takes_its_time() -> None:
    before = Weather(1, 1, 1, 1)
    course = Course(SCENARIOS["recover"], NOON, before)
    errors = [course.weather(7, NOON + seconds).errors for seconds in (0, 30, 60)]
    assert errors[0] == 1
    assert 0.4 < errors[1] < 0.6
    assert errors[2] < 0.01


def test_chance_depends_on_seed_and_words_only() -> None:
    assert chance(1, "a", "b") == chance(1, "a", "b") != chance(2, "a", "b")
    assert all(0 <= chance(seed, "x") < 1 for seed in range(50))
