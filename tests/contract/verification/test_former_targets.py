"""Targets that are no longer scraped, and of which there are still series."""

from __future__ import annotations

import pytest

from stackctl.access import Access
from stackctl.clients.http import NoAnswer
from stackctl.verification import former_targets, targets
from stackctl.verification.targets import TargetStates
from tests.contract.serving import Reply
from tests.contract.world import World

UP = {"__name__": "up", "job": "old", "instance": "localhost:1"}


def seen(well: World) -> TargetStates:
    states = targets.settle(well.context)
    assert not isinstance(states, NoAnswer)
    return states


@pytest.fixture
def removed(well: World) -> World:
    """A Prometheus whose configuration has lost the job `old`."""
    well.series.append(UP)
    well.former.add("old")
    return well


def test_removed_job_is_former(removed: World) -> None:
    assert former_targets.jobs(removed.context, seen(removed), {"api"}) == ("old",)
    assert former_targets.places(removed.context, seen(removed)) == {("old", "localhost:1")}


def test_current_job_is_not_former(removed: World) -> None:
    assert former_targets.jobs(removed.context, seen(removed), {"api", "old"}) == ()


def test_job_whose_series_still_come_is_not_former(removed: World) -> None:
    """It may be federated, or written by another Prometheus."""
    removed.former.clear()
    assert former_targets.jobs(removed.context, seen(removed), {"api"}) == ()
    assert former_targets.places(removed.context, seen(removed)) == frozenset()


def test_job_of_targets_that_come_and_go_is_not_former(removed: World) -> None:
    """As pods of a batch that runs at times: the label `job` is that of the pod."""
    removed.former.clear()
    removed.ended.add("old")
    assert former_targets.jobs(removed.context, seen(removed), {"api"}) == ()


@pytest.mark.parametrize(("now", "jobs"), [(900.0 + 86_000, ("old",)), (1_000.0 + 86_400, ())])
def test_a_day_after_a_reload_there_is_no_former_job(removed: World, now: float, jobs: tuple[str, ...]) -> None:
    removed.now = now
    assert former_targets.jobs(removed.context, seen(removed), {"api"}) == jobs


def test_target_that_is_scraped_is_not_former(removed: World) -> None:
    """It may be scraped so seldom that it was not scraped since the reload."""
    removed.target("api")["labels"] = {"job": "old", "instance": "localhost:1"}
    assert former_targets.places(removed.context, seen(removed)) == frozenset()


def test_server_without_a_time_of_its_configuration_has_none(removed: World) -> None:
    removed.change(given={"prometheus": Access(removed.servers["prometheus"].url)})
    removed.servers["prometheus"].routes["/api/v1/status/runtimeinfo"] = Reply("not served", 404)
    assert former_targets.jobs(removed.context, seen(removed), {"api"}) == ()
    assert former_targets.places(removed.context, seen(removed)) == frozenset()


def test_given_server_has_former_targets_too(removed: World) -> None:
    removed.change(given={"prometheus": Access(removed.servers["prometheus"].url)})
    assert former_targets.jobs(removed.context, seen(removed), {"api"}) == ("old",)
