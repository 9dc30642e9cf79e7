"""What Prometheus has of a service, compared with the contract of that service."""

from __future__ import annotations

import pytest

from stackctl.clients.http import NoAnswer
from stackctl.contract.differences import differences
from stackctl.contract.served import served
from stackctl.operations.contract_source import ask_prometheus
from tests.contract.world import World


def compared(well: World) -> list[str]:
    service = next(each for each in well.context.stack.services if each.name == "api")
    assert service.contract
    found = ask_prometheus(well.context.prometheus(), service, "api")
    return [str(each) for each in differences(service.contract.metrics, served([found], frozenset()))]


def test_a_contract_that_is_kept_has_no_difference(well: World) -> None:
    assert compared(well) == []


def test_labels_of_the_target_are_not_those_of_the_metric(well: World) -> None:
    well.target("api")["labels"]["zone"] = "b"
    well.label_series(zone="b")
    assert compared(well) == []


def test_names_what_is_new_gone_and_different(well: World) -> None:
    well.described["shop_fill_ratio"] = "counter"
    well.described["shop_depth"] = "gauge"
    fill = next(labels for labels in well.series if labels["__name__"] == "shop_fill_ratio")
    well.series.append({**fill, "__name__": "shop_depth", "queue": "mail"})
    well.series = [labels for labels in well.series if not labels["__name__"].startswith("shop_orders")]
    well.described = {name: kind for name, kind in well.described.items() if not name.startswith("shop_orders")}
    assert sorted(compared(well)) == [
        "+ shop_depth: gauge, labels queue",
        "- shop_orders_total",
        "~ shop_fill_ratio: type gauge -> counter",
    ]


def test_a_service_that_is_down_is_not_compared(well: World) -> None:
    well.target("api")["health"] = "down"
    with pytest.raises(NoAnswer, match="no target of `api` is up"):
        compared(well)
