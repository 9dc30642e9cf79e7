"""Series that are gone: of a process that still runs they may come again."""

from __future__ import annotations

import pytest

from tests.contract.backing.asking import PANEL, RULE, asks, rules, told
from tests.contract.world import World

BATCH = {"__name__": "batch_rows", "job": "api", "instance": "localhost:8000", "kind": "a"}
THERE = ("pass", "`{}` was there lately, from a process that still runs", "")


@pytest.mark.parametrize("query", ["batch_rows", 'batch_rows{kind="a"}', "sum(batch_rows)"])
def test_series_of_a_process_that_still_runs_may_come_again(well: World, query: str) -> None:
    well.gone.append((BATCH, 9_900.0))
    well.starts["api"] = 5_000.0
    named = query.removeprefix("sum(").removesuffix(")")
    rules(well, f"{query} > 1")
    assert told(well.only(RULE)) == tuple(each.format(named) for each in THERE)
    asks(well, query)
    assert well.only(PANEL).status == "pass"


@pytest.mark.parametrize(
    ("last", "starts"),
    [(9_900.0, 9_950.0), (9_900.0, None), (900.0, 100.0)],
    ids=["started since", "no start known", "before the last reload"],
)
def test_series_that_will_not_come_again_fail(well: World, last: float, starts: float | None) -> None:
    well.gone.append((BATCH, last))
    well.starts |= {"api": starts} if starts else {}
    rules(well, "batch_rows > 1")
    assert well.only(RULE).status == "fail"


def test_label_that_no_gone_series_had_fails(well: World) -> None:
    well.gone.append((BATCH, 9_900.0))
    well.starts["api"] = 5_000.0
    rules(well, 'batch_rows{kind="b"} > 1')
    assert well.only(RULE).status == "fail"


@pytest.mark.parametrize(("starts", "status"), [(5_000.0, "pass"), (9_950.0, "fail")])
def test_pushed_series_go_with_their_gateway(well: World, starts: float, status: str) -> None:
    well.gone.append(({**BATCH, "job": "nightly", "instance": ""}, 9_900.0))
    well.starts["pushgateway"] = starts
    rules(well, "batch_rows > 1")
    assert well.only(RULE).status == status


def test_target_that_is_down_has_no_process(well: World) -> None:
    well.gone.append((BATCH, 9_900.0))
    well.starts["api"] = 5_000.0
    well.target("api")["health"] = "down"
    rules(well, "batch_rows > 1")
    assert well.only(RULE).status != "pass"
