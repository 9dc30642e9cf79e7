"""A failure of what is not served waits for a second scrape, where one can be waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stackctl.clients.http import NoAnswer
from stackctl.verification import second_scrape, targets
from stackctl.verification.targets import TargetStates
from tests.contract.world import World, words


def seen(well: World) -> TargetStates:
    states = targets.settle(well.context)
    assert not isinstance(states, NoAnswer)
    return states


def for_looks(number: int, after: Callable[[], Any] = lambda: None) -> Callable[[], bool]:
    """Targets that have been scraped once for so many looks; `after` is done at the last of these."""
    left = [number]

    def look() -> bool:
        left[0] -= 1
        if left[0] == 0:
            after()
        return left[0] >= 0

    return look


def seconds_of_wait(well: World) -> float:
    states = seen(well)
    started = well.context.clock.now()
    second_scrape.wait(well.context, states)
    return well.context.clock.now() - started


def test_nothing_is_waited_for_when_every_target_was_scraped_twice(well: World) -> None:
    assert seconds_of_wait(well) == 0


def test_second_scrape_is_waited_for_once(well: World) -> None:
    well.scraped_once = for_looks(3)
    assert 0 < seconds_of_wait(well) < well.context.seconds
    well.scraped_once = lambda: True
    assert seconds_of_wait(well) == 0


def test_scrape_that_never_comes_is_waited_for_as_long_as_allowed(well: World) -> None:
    well.scraped_once = lambda: True
    assert seconds_of_wait(well) >= well.context.seconds


def test_job_that_is_scraped_too_seldom_is_not_waited_for(well: World) -> None:
    well.scraped_once = lambda: True
    well.change(seconds=14.0)  # a scrape comes every 15 seconds
    assert seconds_of_wait(well) == 0


def test_metric_that_is_served_from_the_second_scrape_on_keeps_its_promise(well: World) -> None:
    kind = well.described.pop("shop_fill_ratio")
    well.scraped_once = for_looks(2, lambda: well.described.update(shop_fill_ratio=kind))
    assert well.only("contract.metric", "shop_fill_ratio").status == "pass"


def test_query_whose_series_come_with_the_second_scrape_has_data(well: World) -> None:
    series = [each for each in well.series if each["__name__"] == "shop_orders_total"]
    well.series[:] = [each for each in well.series if each not in series]
    well.described.pop("shop_orders")
    well.scraped_once = for_looks(2, lambda: well.series.extend(series))
    assert well.only("panel.data", "Orders").summary == "has data"


def test_exporter_may_reach_its_server_at_the_second_scrape(well: World) -> None:
    well.reached.remove("redis_up")
    well.scraped_once = for_looks(2, lambda: well.reached.add("redis_up"))
    assert well.only("exporter.works", "redis").status == "pass"


def test_second_scrape_may_come_between_a_failure_and_the_wait(well: World) -> None:
    series = [each for each in well.series if each["__name__"] == "shop_orders_total"]
    well.series[:] = [each for each in well.series if each not in series]
    well.described.pop("shop_orders")

    def come() -> bool:
        well.series.extend(series)
        return False

    well.scraped_once = come
    assert well.only("panel.data", "Orders").summary == "has data"


def test_failure_that_outlasts_the_second_scrape_is_reported(well: World) -> None:
    well.reached.remove("redis_up")
    well.scraped_once = for_looks(2)
    assert words(well.only("exporter.works", "redis"))[0] == "fail"
