"""Operators whose sides never match, and those whose sides may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.backing.matching import matches
from tests.contract.backing.asking import PANEL, RULE, asks, rules, told
from tests.contract.world import World

ORDERS, FILL = "shop_orders_total", "shop_fill_ratio"
REMEDY = "Match by labels that both sides have, as with `{}`, or aggregate both sides to the same labels."
SHARED = "on (instance, job, team)"


@pytest.mark.parametrize(
    ("expr", "operator", "owner", "label", "on"),
    [
        (f"{FILL} > 5 and {ORDERS} > 0", "and", "right", "result", SHARED),
        (f"{ORDERS} / {FILL}", "/", "left", "result", SHARED),
        (f"{ORDERS} > {FILL}", ">", "left", "result", SHARED),
        (f"{FILL} and on (job, shop) {ORDERS}", "and", "right", "shop", "on (job)"),
        (f"{FILL} / ignoring (result) {ORDERS}", "/", "right", "shop", SHARED),
        (f"sum by (shop) ({ORDERS}) / sum by (result) ({ORDERS})", "/", "right", "result", "on (...)"),
        (f"({FILL} / {ORDERS}) or vector(0)", "/", "right", "result", SHARED),
        (f"sum({FILL} > 5 and {ORDERS}) > 1", "and", "right", "result", SHARED),
        (f"{FILL} > 5 unless {ORDERS}", "unless", "right", "result", SHARED),
        (f"({FILL} unless on (shop, job) {ORDERS}) > 5", "unless", "right", "shop", "on (job)"),
        (f"max by (job) ({FILL} unless {FILL}) * ({ORDERS} != {ORDERS})", "*", "right", "instance", "on (job)"),
    ],
)
def test_label_of_one_side_is_reported(well: World, expr: str, operator: str, owner: str, label: str, on: str) -> None:
    rules(well, expr)
    other = {"left": "right", "right": "left"}[owner]
    summary = (
        f"the sides of `{operator}` never match: "
        f"all series on the {owner} have the label `{label}`, none on the {other} has it"
    )
    assert told(well.only(RULE)) == ("fail", summary, REMEDY.format(on))


NOTHING = "Match by labels that both sides have; write `on ()` where any series is meant."


@pytest.mark.parametrize(
    ("expr", "operator", "label"),
    [
        (f"{FILL} > 5 unless on (zone) {ORDERS}", "unless", "`zone`"),
        (f"{FILL} > 5 and on (zone) {ORDERS} > 0", "and", "`zone`"),
        (f"{FILL} * on (zone) group_right () {ORDERS}", "*", "`zone`"),
        (f"sum by (zone) ({FILL}) / on (cluster, zone) sum by (zone) ({ORDERS})", "/", "`zone`"),
        (f"{FILL} and on (zone, rack) {ORDERS}", "and", "`zone` or `rack`"),
    ],
)
def test_labels_that_no_series_has_compare_nothing(well: World, expr: str, operator: str, label: str) -> None:
    rules(well, expr)
    summary = f"no series on either side of `{operator}` has the label {label}, so all series match"
    assert told(well.only(RULE)) == ("fail", summary, NOTHING)


@pytest.mark.parametrize("query", [f"{FILL} and on (zone) {ORDERS}", f"{ORDERS} unless on (zone) {FILL} > 5"])
def test_panel_with_a_result_fails_where_nothing_is_compared(well: World, query: str) -> None:
    asks(well, query)
    assert well.only(PANEL).status == "fail"


def test_label_that_some_series_of_one_side_have_compares_nothing(well: World) -> None:
    well.series += [{"__name__": "disk_full", "zone": "a"}, {"__name__": "disk_full"}]
    rules(well, f"disk_full and on (zone) {FILL}")
    summary = "no series on the right of `and` has the label `zone`, so only series without it match"
    assert told(well.only(RULE)) == ("fail", summary, NOTHING)


@pytest.mark.parametrize(
    "expr",
    [
        f"{FILL} > 5 and on (job) {ORDERS} > 0",
        f"{FILL} and on (job, zone) {ORDERS}",
        f"{FILL} and on (k8s_cluster, environment) {ORDERS}",
        f"{FILL} and on (origin) {ORDERS}",
        f"{FILL} and on (zone) sum({ORDERS})",
        f"{FILL} unless on (node) ALERTS",
        f"{FILL} / ignoring (result, shop) group_left () {ORDERS}",
        f"{FILL} and on () {ORDERS}",
        f"{FILL} and on (cluster) {ORDERS}",
        f"{FILL} > 5 unless on (job) {ORDERS} > 0",
        f'{ORDERS}{{result="ok"}} unless on (shop) {ORDERS}{{result="failed"}}',
        f"{FILL} or {ORDERS}",
        f"absent({FILL} and {ORDERS})",
        f"{FILL} > 5 * 2",
        f'{ORDERS}{{result="ok"}} and on (shop) {ORDERS}{{result="failed"}}',
    ],
)
def test_sides_that_may_match_pass(well: World, expr: str) -> None:
    prometheus = replace(well.context.stack.prometheus, external_labels={"origin": "here"})
    well.change(stack=replace(well.context.stack, prometheus=prometheus))
    well.series.append({"__name__": "ALERTS", "alertname": "Always", "alertstate": "firing"})
    rules(well, expr)
    assert told(well.only(RULE)) == ("pass", "the query returns data", "")


@pytest.mark.parametrize(
    ("owner", "status"), [("elsewhere", "fail"), ("api", "pass"), ("", "pass")], ids=["other", "same", "unknown"]
)
def test_targets_of_other_jobs_never_match(well: World, owner: str, status: str) -> None:
    well.series.append({"__name__": "disk_full", "instance": "db:9100"})
    if owner:
        well.series.append({"__name__": "up", "job": owner, "instance": "db:9100"})
    rules(well, f"{FILL} > 5 and on (instance) disk_full")
    found = well.only(RULE)
    assert found.status == status
    assert ('`instance="localhost:8000"` on the left and `instance="db:9100"` on the right' in found.summary) == (
        status == "fail"
    )


def test_sides_are_read_without_their_filters() -> None:
    (found,) = matches("(a > 5 unless b) and on (x) 3 < c")[:1]
    assert (found.left, found.right, found.labels, found.is_on) == ("a", "c", ("x",), True)


@pytest.mark.parametrize(
    ("side", "read"),
    [
        ("max by (job) (a unless b)", "max by (job)(a)"),
        ("topk(3, a > 1)", "topk(3, a)"),
        ("sum(a > 5) / on (x) group_left (y) (b == 3)", "(sum(a)) / on (x) group_left (y) (b)"),
        ("sum without (z) ((a != b) > 5) * 2", "(sum without (z)(a)) * (2)"),
        ("(a == on (x) b)", "(a) == on (x) (b)"),
        ("a > bool b", "(a) > bool (b)"),
        ("rate(a[5m])", "rate(a[5m])"),
    ],
)
def test_filters_are_left_out_of_all_parts_of_a_side(side: str, read: str) -> None:
    assert matches(f"{side} and c")[0].left == read


@pytest.mark.parametrize(
    ("expr", "status"),
    [
        ("fill:short > 0.9 and fill:long > 0.9", "fail"),
        ("fill:short > 0.9 and ignoring (window) fill:long > 0.9", "pass"),
        (f'{ORDERS}{{shop="a"}} and on (shop) {FILL}{{shop="b"}}', "fail"),
        (f'{ORDERS}{{shop="a"}} and on (job) {ORDERS}{{shop="b"}}', "pass"),
        (f'{ORDERS}{{result="ok"}} unless {ORDERS}{{result="failed"}}', "fail"),
    ],
)
def test_labels_that_each_side_is_given_keep_them_apart(well: World, expr: str, status: str) -> None:
    (file,) = well.context.stack.rules
    recorded = [
        replace(
            file.rules[0],
            kind="record",
            name=f"fill:{window}",
            expr=f"avg by (job) ({FILL})",
            labels={"window": window},
        )
        for window in ("short", "long")
    ]
    well.series += [{"__name__": f"fill:{window}", "window": window} for window in ("short", "long")]
    asking = replace(file.rules[0], kind="alert", name="r", expr=expr, labels={})
    well.change(stack=replace(well.context.stack, rules=(replace(file, rules=(*recorded, asking)),)))
    well.series.append({"__name__": FILL, "shop": "b"})
    assert well.only(RULE, "/r").status == status
