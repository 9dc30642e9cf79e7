"""Windows are held to the scrapes of their own job, and to the evaluations of their own rule."""

from __future__ import annotations

from dataclasses import replace

from tests.contract.backing.asking import PANEL, asks
from tests.contract.world import World


def test_a_window_on_a_record_is_held_to_its_evaluations(well: World) -> None:
    well.series.append({"__name__": "job:up:sum", "job": "api"})
    asks(well, "rate(job:up:sum[20s])")
    found = well.only(PANEL)
    assert found.summary == "20s of `job:up:sum` is shorter than two evaluations of its rule"
    assert found.remedy.startswith("That is evaluated every 15s: use at least 30s")


def test_a_window_is_judged_by_the_interval_of_its_own_job(well: World) -> None:
    (api,) = [job for job in well.context.jobs if job.name == "api"]
    assert api.service
    slow = replace(api, service=replace(api.service, scrape_interval="2m"))
    well.change(jobs=tuple(slow if job is api else job for job in well.context.jobs))
    asks(well, "rate(shop_orders_total[3m])")
    assert well.only(PANEL).summary == "3m of `shop_orders_total` is shorter than two scrapes of `api`"
    asks(well, "increase(shop_orders_total[4m])")
    assert well.only(PANEL).status == "pass"
