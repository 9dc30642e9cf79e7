"""Labels by which an expression groups or matches, and slips of them."""

from __future__ import annotations

import pytest

from stackctl.backing.grouping import misspelt
from tests.contract.backing.asking import PANEL, RULE, asks, rules, told
from tests.contract.world import World

LABELS = {"hits": ("__name__", "instance", "job", "route", "code"), "info": ("__name__", "job", "version")}
KNOWN = frozenset(label for labels in LABELS.values() for label in labels)


def found(expr: str) -> str:
    """The label that is meant, of the one that is misspelt, or nothing."""
    verdict = misspelt(expr, KNOWN, lambda name: LABELS.get(name, ()))
    return verdict.remedy.partition("`")[2].partition("`")[0] if verdict else ""


@pytest.mark.parametrize(
    ("expr", "meant"),
    [
        ("sum by (rout) (rate(hits[5m]))", "route"),
        ("max without (verzion) (info)", "version"),
        ("hits * on (job) group_left (verson) info", "version"),
        ("hits / on (job, instnace) hits", "instance"),
        ("sum by (job) (sum by (routes, job) (hits)) > 1", "route"),
    ],
)
def test_slip_of_a_label_of_the_metric_is_found(expr: str, meant: str) -> None:
    assert found(expr) == meant


@pytest.mark.parametrize(
    "expr",
    [
        "sum by (route) (hits)",
        "sum by (cluster, namespace, pod) (hits)",
        "sum by (node) (hits)",
        "sum by (rout, route) (hits)",
        "sum by (versions) (hits)",
        'sum by (rout) (label_replace(hits, "rout", "$1", "route", "(.*)"))',
        'sum by (rout) ({job="a"})',
        "sum by (rout) (vector(1))",
        "hits * on (job) group_left (team) info",
    ],
)
def test_other_labels_may_be_there_elsewhere(expr: str) -> None:
    assert found(expr) == ""


def test_rules_and_panels_with_a_slip_fail(well: World) -> None:
    told_of = ("fail", "no series has the label `reslt`", "Did you mean `result`, which `shop_orders_total` has?")
    rules(well, "sum by (reslt) (shop_orders_total)", kind="record")
    asks(well, "sum by (reslt) (shop_orders_total)")
    assert told(well.only(RULE)) == told_of
    assert told(well.only(PANEL)) == told_of
