"""Metrics that are announced and have no series: not counted yet, dropped, or no longer served."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.backing.asking import PANEL, RULE, asks, rules, told
from tests.contract.world import World

LAG = {"__name__": "shop_lag", "job": "api", "instance": "localhost:8000"}
DROP = {"source_labels": ["__name__"], "regex": "shop_l.*", "action": "drop"}


@pytest.fixture
def announcing(well: World) -> World:
    """A service that announces a gauge without series."""
    well.described["shop_lag"] = "gauge"
    asks(well, "shop_lag")
    rules(well, "shop_lag > 1")
    return well


def both(world: World) -> set[tuple[str, str, str]]:
    return {told(world.only(PANEL)), told(world.only(RULE))}


def test_gauge_that_never_had_series_passes(announcing: World) -> None:
    assert both(announcing) == {("pass", "`shop_lag` has no series yet", "")}


def test_gauge_that_had_series_lately_is_not_judged(announcing: World) -> None:
    announcing.gone.append((LAG, 9_990.0))
    (found,) = both(announcing)
    assert found[:2] == ("skip", "`shop_lag` had series lately and has none now: it may be no longer served")
    assert found[2].startswith("Run `stackctl verify` again after ")


def test_gauge_that_had_series_from_a_process_that_still_runs_passes(announcing: World) -> None:
    announcing.gone.append((LAG, 9_990.0))
    announcing.starts["api"] = 5_000.0
    assert both(announcing) == {("pass", "`shop_lag` was there lately, from a process that still runs", "")}


def test_gauge_that_had_series_before_ten_scrapes_passes(announcing: World) -> None:
    """Its type is served, not remembered."""
    announcing.gone.append((LAG, 8_000.0))
    assert both(announcing) == {("pass", "`shop_lag` has no series yet", "")}


@pytest.mark.parametrize(
    "steps",
    [
        [DROP],
        [{**DROP, "regex": "shop_orders.*", "action": "keep"}],
        [{"action": "labeldrop", "regex": "pod"}, DROP],
    ],
    ids=["drop", "keep others", "after another step"],
)
def test_gauge_that_is_dropped_by_its_name_fails(announcing: World, steps: list[dict[str, Any]]) -> None:
    announcing.redeclare("api", scrape={"metric_relabel_configs": steps})
    remedy = "Remove that step, or the expression."
    assert both(announcing) == {("fail", "`metric_relabel` of `api` drops `shop_lag`", remedy)}


@pytest.mark.parametrize(
    "steps",
    [
        [{**DROP, "regex": "shop_lag_seconds"}],
        [{**DROP, "source_labels": ["__name__", "kind"]}],
        [{"source_labels": ["__name__"], "regex": "(.*)", "target_label": "__name__", "replacement": "our_$1"}, DROP],
        [{**DROP, "regex": "("}],
    ],
    ids=["another name", "by a label too", "after a new name", "not an expression"],
)
def test_gauge_that_is_kept_passes(announcing: World, steps: list[dict[str, Any]]) -> None:
    announcing.redeclare("api", scrape={"metric_relabel_configs": steps})
    assert both(announcing) == {("pass", "`shop_lag` has no series yet", "")}


def test_gauge_that_another_job_announces_passes(announcing: World) -> None:
    announcing.redeclare("found", scrape={"metric_relabel_configs": [DROP]})
    assert both(announcing) == {("pass", "`shop_lag` has no series yet", "")}
