"""The window that Grafana writes for `$__rate_interval`, in panels of jobs that are scraped less often than others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.checks.rate_interval import rate_seconds
from stackctl.model import PanelQuery
from stackctl.source import Position
from tests.contract.world import World

EXPR = "rate(shop_orders_total[$__rate_interval])"


def seconds(well: World, expr: str = EXPR, shown: str = "now-1h", **of_query: Any) -> float:
    (dashboard,) = well.context.stack.dashboards
    query = PanelQuery("P", expr, Position("d.json", 1, 1), **{"points": 500, **of_query})
    definition = {"time": {"from": shown}} if shown else {}
    return rate_seconds(well.context, replace(dashboard, definition=definition), query)


@pytest.mark.parametrize(
    ("shown", "of_query", "expected"),
    [
        ("now-1h", {}, 60),
        ("now-5m", {"expr": "rate(x[${__rate_interval}])"}, 60),
        ("", {}, 60),
        ("now-12h", {}, 75),
        ("now-7d", {}, 1215),
        ("now-1h", {"points": 20}, 135),
        ("now-1h", {"points": 80}, 75),
        ("now-90d", {"points": 50}, 155535),
        ("now-1h", {"interval": "1m"}, 240),
        ("now-1h", {"interval": ">30s"}, 120),
        ("now-1h", {"interval": "$step"}, 0),
        ("now/d", {}, 0),
        ("now-1h", {"points": 0}, 0),
        ("now-1h", {"expr": "rate(x[5m])"}, 0),
    ],
)
def test_window_is_that_of_the_dashboard_as_it_opens(
    well: World, shown: str, of_query: dict[str, Any], expected: float
) -> None:
    assert seconds(well, shown=shown, **of_query) == expected


def test_window_of_a_datasource_that_others_run_is_not_known(well: World) -> None:
    well.change(given={"prometheus": well.context.server})
    assert seconds(well) == 0


@pytest.mark.parametrize(
    ("every", "interval", "status"), [("60s", "", "fail"), ("30s", "", "pass"), ("60s", "1m", "pass")]
)
def test_panel_of_a_rare_job_fails_where_the_window_has_no_two_scrapes(
    well: World, every: str, interval: str, status: str
) -> None:
    well.redeclare("api", scrape_interval=every)
    (dashboard,) = well.context.stack.dashboards
    query = PanelQuery("P", EXPR, Position("d.json", 1, 1), interval=interval, points=500)
    definition = {"time": {"from": "now-1h"}}
    changed = replace(dashboard, queries=(query,), definition=definition)
    well.change(stack=replace(well.context.stack, dashboards=(changed,)))
    found = well.only("panel.data")
    assert found.status == status
    if status == "fail":
        # Of several jobs the panel shows those that are scraped often enough.
        well.series.append({"__name__": "shop_orders_total", "job": "found", "result": "ok", "shop": "a"})
        assert well.only("panel.data").status == "pass"
        assert found.summary == "`$__rate_interval` is 1m here, too short for two scrapes of `api`, which are 1m apart"
        assert found.remedy.startswith("Write the window of `shop_orders_total` out, as `[4m]`; or set `Min step`")
