"""Labels and values that no series has: which of them may still come, and where they are in truth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.backing.asking import PANEL, asks, told
from tests.contract.world import World


def test_an_external_label_is_not_one_of_series(well: World) -> None:
    prometheus = replace(well.context.stack.prometheus, external_labels={"site": "here"})
    well.change(stack=replace(well.context.stack, prometheus=prometheus))
    asks(well, 'shop_fill_ratio{site="here"}')
    remedy = "Leave it out: it is one of `external_labels`, which only samples and alerts that are sent have."
    assert told(well.only(PANEL)) == ("fail", "`shop_fill_ratio` has no label `site`", remedy)


def test_a_value_that_is_in_the_exported_label_is_reported_with_it(well: World) -> None:
    well.series.append({"__name__": "shop_shelf", "team": "core", "exported_team": "sales"})
    asks(well, 'shop_shelf{team="sales"}')
    remedy = "The target's own value is in `exported_team`: compare that, or set `honor_labels: true` for the job."
    assert told(well.only(PANEL)) == ("fail", 'no series of `shop_shelf` has team="sales"', remedy)


@pytest.mark.parametrize("value", ["failed", "b"])
def test_a_value_that_the_contract_allows_passes_before_it_is_counted(well: World, value: str) -> None:
    well.series = [labels for labels in well.series if value not in labels.values()]
    label = "result" if value == "failed" else "shop"
    asks(well, f'rate(shop_orders_total{{{label}="{value}"}}[5m])')
    assert told(well.only(PANEL)) == ("pass", f'no series of `shop_orders_total` has {label}="{value}" yet', "")


@pytest.mark.parametrize(
    ("there", "asked", "status"),
    [("london", "lodnon", "fail"), ("store-1", "store-2", "pass"), ("valid", "invalid", "pass")],
)
def test_an_open_value_is_able_to_come_unless_it_is_misspelt(well: World, there: str, asked: str, status: str) -> None:
    well.series.append({"__name__": "shop_orders_total", "result": "ok", "shop": there})
    asks(well, f'shop_orders_total{{shop="{asked}"}}')
    assert well.only(PANEL).status == status
