"""Samples that a Prometheus has dropped, by what it counts."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from stackctl.checks.dropped_samples import COUNTERS, Lost, Scraped, look
from stackctl.clients.prometheus import ActiveTarget
from tests.contract.serving import Asked, in_turn
from tests.contract.world import World, success

REPEATED = "different value but same timestamp"
TARGET = ActiveTarget("api", {"job": "api", "instance": "a:1"}, "http://a:1/metrics", "up", "", 1.0, {})


def result(value: float) -> dict[str, object]:
    return success({"result": [{"metric": {}, "value": [1, str(value)]}]})


def found(world: World, increase: float | None, stored: float, metrics: Sequence[str] = ("a 1\n",)) -> Lost:
    """What is found, where Prometheus has series of its own counters or not, and `stored` series of a job of ten."""

    def answer(query: str) -> object:
        if "increase(" not in query:
            return result(stored)
        if increase is None:
            return success({"result": []})
        return result(increase if COUNTERS[REPEATED] in query else 0)

    world.servers["prometheus"].routes["/api/v1/query"] = Asked(answer)
    world.servers["prometheus"].routes["/metrics"] = in_turn(*metrics)
    (job,) = [job for job in world.context.jobs if job.name == "api"]
    return look(world.context, world.context.prometheus(), [Scraped(job, (TARGET,), 10)])


def test_a_job_of_which_less_is_stored_is_named(well: World) -> None:
    assert found(well, 4, 8) == Lost((REPEATED,), {"api": 2})


def test_a_job_of_which_all_is_stored_is_not_named(well: World) -> None:
    assert found(well, 4, 10) == Lost((REPEATED,), {})


def test_without_dropped_samples_no_job_is_looked_at(well: World) -> None:
    assert found(well, 0, 8) == Lost()


def test_counters_that_rise_are_read_where_it_does_not_scrape_itself(well: World) -> None:
    before, after = (f"{COUNTERS[REPEATED]} {count}\n" for count in (1, 2))
    assert found(well, None, 8, (before, after)) == Lost((REPEATED,), {"api": 2})


@pytest.mark.parametrize("metrics", [f"{COUNTERS[REPEATED]} 7\n", "<html>"])
def test_counters_that_stand_still_say_nothing(well: World, metrics: str) -> None:
    assert found(well, None, 8, (metrics,)) == Lost()
