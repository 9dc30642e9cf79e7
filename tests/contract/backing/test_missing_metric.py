"""Metrics without series: a name is right only in the form in which its type serves it, and `job` says whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from tests.contract.backing.asking import PANEL, RULE, asks, rules, told
from tests.contract.world import World, target


def serve(well: World, kind: str, name: str, *series: str) -> None:
    """Let a target announce a metric, and serve these series of it."""
    well.described[name] = kind
    well.series += [{"__name__": each} for each in series]


CLASSIC = ("rpc_seconds_bucket", "rpc_seconds_sum", "rpc_seconds_count")


@pytest.mark.parametrize(
    ("kind", "name", "series", "asked", "status"),
    [
        ("histogram", "rpc_seconds", CLASSIC, "rpc_seconds", "fail"),
        ("histogram", "rpc_seconds", ("rpc_seconds",), "rpc_seconds_bucket", "fail"),
        ("histogram", "rpc_seconds", (), "rpc_seconds_bucket", "pass"),
        ("histogram", "rpc_seconds", (), "rpc_seconds", "pass"),
        ("summary", "rpc_size", ("rpc_size_sum", "rpc_size_count"), "rpc_size", "fail"),
        ("summary", "rpc_size", (), "rpc_size", "pass"),
        ("summary", "rpc_size", (), "rpc_size_bucket", "fail"),
        ("counter", "rpc", ("rpc_total",), "rpc", "fail"),
        ("counter", "rpc", (), "rpc_total", "pass"),
        ("counter", "rpc_total", (), "rpc_total", "pass"),
        ("gauge", "rpc_open", (), "rpc_open", "pass"),
        ("gauge", "rpc_open", (), "rpc_open_total", "fail"),
        ("unknown", "rpc_open", (), "rpc_open_total", "pass"),
    ],
)
def test_type_decides_which_names_can_have_series(
    well: World, kind: str, name: str, series: tuple[str, ...], asked: str, status: str
) -> None:
    serve(well, kind, name, *series)
    asks(well, f"sum({asked})")
    finding = well.only(PANEL)
    assert finding.status == status, finding
    assert ("use" in finding.remedy.lower()) == (status == "fail")


def test_classic_histogram_without_its_buckets_names_them(well: World) -> None:
    serve(well, "histogram", "rpc_seconds", *CLASSIC)
    asks(well, "histogram_quantile(0.9, sum(rate(rpc_seconds[1m])))")
    finding = well.only(PANEL)
    assert finding.summary == "the histogram `rpc_seconds` has no series of that name"
    assert "`rpc_seconds_bucket`" in finding.remedy


def another_is_down(well: World, **state: Any) -> Diagnostic:
    """The finding about a panel that asks the service that is up, while another is down."""
    well.target("found").update(health="down", lastError="connect: connection refused", **state)
    return well.only(PANEL)


def test_job_that_is_up_and_does_not_serve_the_name_fails(well: World) -> None:
    asks(well, 'nobody_serves{job="api"}')
    assert another_is_down(well).status == "fail"


def test_name_without_a_job_may_be_for_the_one_that_is_down(well: World) -> None:
    asks(well, "nobody_serves")
    assert another_is_down(well).status == "skip"


@pytest.mark.parametrize("matcher", ['job="found"', 'job=~"api|found"', 'job=~"f.+"', 'job!="api"'])
def test_job_that_is_down_may_be_the_one_to_serve_it(well: World, matcher: str) -> None:
    asks(well, f"nobody_serves{{{matcher}}}")
    assert another_is_down(well).status == "skip"


def test_relabelled_job_that_is_up_fails_too(well: World) -> None:
    well.target("api")["labels"] = {"job": "shop", "instance": "x"}
    asks(well, 'nobody_serves{job="shop"}')
    assert another_is_down(well).status == "fail"


def test_second_target_of_a_job_that_is_up_is_enough(well: World) -> None:
    well.targets.append({**target("found", "b:1"), "health": "down", "lastError": "connect: connection refused"})
    asks(well, "nobody_serves")
    assert well.only(PANEL).status == "fail"


EMPTY = {
    "shop_orders_total": "`shop_orders_total` has not been incremented yet",
    'ALERTS{alertname="Down"}': "no alert fires",
}


@pytest.mark.parametrize("expr", EMPTY)
def test_a_metric_that_may_yet_come_passes_and_says_so(well: World, expr: str) -> None:
    well.series = [labels for labels in well.series if labels["__name__"] != "shop_orders_total"]
    asks(well, expr)
    assert told(well.only(PANEL)) == ("pass", EMPTY[expr], "")


def test_an_alert_of_another_server_may_come(well: World) -> None:
    well.redeclare("found", scrape={"honor_labels": True})
    asks(well, 'ALERTS{alertname="OfAnother"}')
    assert told(well.only(PANEL)) == ("pass", "no alert fires", "")


def test_a_metric_is_not_corrected_while_a_service_that_may_serve_it_is_down(well: World) -> None:
    services = {each.name: replace(each, contract=None) for each in well.context.stack.services}
    jobs = tuple(replace(job, service=services[job.service.name]) if job.service else job for job in well.context.jobs)
    well.change(jobs=jobs, stack=replace(well.context.stack, services=tuple(services.values())))
    well.target("api").update(health="down", lastError="connection refused")
    asks(well, "rate(shop_orderz_total[5m])")
    summary = "`shop_orderz_total` is served by `api`, which has no target that is up"
    assert told(well.only(PANEL))[:2] == ("skip", summary)


def test_suggests_a_rule_that_has_recorded_nothing_yet(well: World) -> None:
    rules(well, "absent(up)", "r00 > 1", kind="record")
    summary, remedy = "nothing serves `r00`", "Did you mean `r0`? Correct the name."
    assert told(well.findings(RULE)[1]) == ("fail", summary, remedy)


def test_never_suggests_a_record_that_reads_the_name(well: World) -> None:
    rules(well, "sum(r00)", "r0 + 1", "r00 > 1", kind="record")
    assert [finding.remedy for finding in well.findings(RULE) if "Did you mean" in finding.remedy] == []


@pytest.mark.parametrize(
    ("expr", "status", "words"),
    [
        (
            "shop_fill_ratio unless maintained",
            "pass",
            "nothing serves `maintained` right now, so `unless` leaves nothing",
        ),
        ('shop_fill_ratio unless shop_fill_ratio{shop="paused"}', "fail", "`shop_fill_ratio` has no label `shop`"),
        (
            'shop_fill_ratio unless shop_mode{shop_mode="paused"}',
            "fail",
            'no series of `shop_mode` has shop_mode="paused"',
        ),
        ("shop_fill_ratio unless shop_fill_rato", "fail", "nothing serves `shop_fill_rato`"),
        ("maintained unless shop_fill_ratio", "fail", "nothing serves `maintained`"),
        ("shop_fill_ratio unless redis_maintained", "fail", "`redis` does not serve `redis_maintained`"),
    ],
)
def test_what_is_left_out_may_be_there_at_times(well: World, expr: str, status: str, words: str) -> None:
    rules(well, expr)
    found = well.only(RULE)
    assert (found.status, words in found.summary) == (status, True), found.summary
