"""A name is right only in the form in which its metric's type serves it; a matcher on `job` says whose it would be."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from tests.contract.backing.test_judgement import PANEL, asks
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
