"""Series that several targets write, as they have no label of their target."""

from __future__ import annotations

import pytest

from stackctl.diagnostic import Diagnostic
from tests.contract.world import World

ID = "job.stored"
LAST_RUN = (("__name__", "last_run"), ("instance", "a"), ("job", "batch"))
OTHER = (("__name__", "other"), ("instance", "a"), ("job", "batch"))
ORDERS = (("__name__", "orders"), ("instance", "localhost:8000"), ("job", "api"))


def write(well: World, one: dict[tuple[tuple[str, str], ...], float], honors: str = "found", **other: object) -> None:
    """Let the Pushgateway write `one`, and the job `found` the series of `other`, honoring labels or not."""
    well.redeclare("found", scrape={"honor_labels": True} if honors else {})
    well.written = {"pushgateway": one, **other}  # type: ignore[dict-item]


def of(well: World, job: str) -> Diagnostic:
    return well.only(ID, job)


def test_two_that_honor_labels_fail_where_values_differ(well: World) -> None:
    write(well, {LAST_RUN: 1.0, OTHER: 3.0}, found={LAST_RUN: 2.0, OTHER: 3.0})
    found = of(well, "pushgateway")
    assert (found.status, found.summary) == (
        "fail",
        "1 of its series is written by `found` too, so the value alternates: this job honors labels",
    )
    assert found.evidence.startswith('last_run{instance="a", job="batch"} is written from http')
    assert of(well, "found").status == "fail"


def test_series_of_a_job_that_does_not_honor_labels_fail_for_the_other_one(well: World) -> None:
    write(well, {ORDERS: 1.0}, honors="", api={ORDERS: 2.0})
    assert of(well, "pushgateway").summary.startswith("1 of its series is written by `api` too")
    assert of(well, "api").status == "pass"


@pytest.mark.parametrize(
    "other", [{LAST_RUN: 1.0}, {ORDERS: 5.0}, {}], ids=["the same value", "other series", "nothing"]
)
def test_series_without_a_rival_pass(well: World, other: dict[tuple[tuple[str, str], ...], float]) -> None:
    write(well, {LAST_RUN: 1.0}, found=other)
    assert of(well, "pushgateway").status == of(well, "found").status == "pass"


def test_one_source_that_is_scraped_twice_passes(well: World) -> None:
    write(well, {LAST_RUN: 1.0}, found={LAST_RUN: 2.0})
    well.target("found")["scrapeUrl"] = well.target("pushgateway")["scrapeUrl"] + "?part=b"
    assert of(well, "pushgateway").status == "pass"


def test_server_that_refuses_the_queries_is_not_judged(well: World) -> None:
    write(well, {LAST_RUN: 1.0}, found={LAST_RUN: 2.0})
    well.refuses_written = True
    assert of(well, "pushgateway").status == "pass"


def test_targets_whose_labels_are_removed_fail(well: World) -> None:
    write(well, {LAST_RUN: 1.0}, found={LAST_RUN: 2.0})
    well.redeclare("found", scrape={"metric_relabel_configs": [{"action": "labeldrop", "regex": "instance"}]})
    assert of(well, "found").summary == (
        "1 of its series is written by `pushgateway` too, so the value alternates: "
        "`metric_relabel` removes the labels of the target"
    )


def test_targets_scraped_at_one_moment_pass(well: World) -> None:
    write(well, {LAST_RUN: 1.0}, found={LAST_RUN: 2.0})
    well.scrape_times = {"found": 7.0, "pushgateway": 7.0}
    assert of(well, "pushgateway").status == of(well, "found").status == "pass"


def test_rival_of_two_that_are_scraped_at_one_moment_is_either(well: World) -> None:
    write(well, {LAST_RUN: 1.0}, found={LAST_RUN: 2.0})
    well.redeclare("api", scrape={"honor_labels": True})
    well.scrape_times = {"found": 7.0, "api": 7.0}
    assert of(well, "pushgateway").summary.startswith("1 of its series is written by `api` or `found` too")
    assert of(well, "found").status == of(well, "api").status == "pass"
