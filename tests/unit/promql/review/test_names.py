"""Metrics that nothing serves, labels and values that they do not have, and records of nearly that name."""

from __future__ import annotations

import pytest

from stackctl.promql.catalogue import Catalogue, Known, Record, promised
from stackctl.promql.review import review
from tests.unit.promql.review.known import RECORDS, SERIES, only


def test_unserved_metric_is_an_error_only_when_certain() -> None:
    assert only("node_load1 > 4").certain
    assert only("node_load1 > 4").summary.startswith("nothing serves `node_load1`: no contract")
    partial = Catalogue(SERIES, complete=False)
    assert review("node_load1 > 4", partial) == []
    likely = only("rate(request_total[5m])", partial)
    assert (likely.certain, likely.remedy) == (False, "Did you mean `requests_total`?")


@pytest.mark.parametrize(
    ("expr", "summary", "remedy"),
    [
        (
            'requests_total{stauts="500"}',
            "`requests_total` has no label `stauts`, so this selects nothing",
            "Did you mean `status`?",
        ),
        (
            'depth{zone="a"}',
            "`depth` has no label `zone`, so this selects nothing",
            "It has: instance, job.",
        ),
        (
            'requests_total{status="501"}',
            "`status` of `requests_total` is never `501`",
            'Did you mean `status="500"`?',
        ),
        (
            'requests_total{status=~"success|ok"}',
            "`status` of `requests_total` is never `success|ok`",
            "It may be: 200, 404, 500.",
        ),
    ],
)
def test_a_matcher_that_selects_nothing_is_reported(expr: str, summary: str, remedy: str) -> None:
    assert (only(expr).summary, only(expr).remedy, only(expr).certain) == (summary, remedy, True)


@pytest.mark.parametrize(
    ("job", "remedy"),
    [
        ("prometheus", 'Did you mean `job="self"`?'),
        ("grafana", "Remove `scrape: false` of `grafana`, or write the job that scrapes it."),
    ],
)
def test_reports_the_name_of_a_component_that_its_job_does_not_have(job: str, remedy: str) -> None:
    known = Catalogue(jobs=frozenset({"api", "self"}), renamed={"prometheus": "self", "grafana": ""})
    found = only(f'up{{job="{job}"}} == 0', known)
    assert (found.summary, found.remedy, found.certain) == (f"there is no scrape job `{job}`", remedy, False)


def test_job_that_has_the_name_of_a_renamed_component_exists() -> None:
    known = Catalogue(jobs=frozenset({"prometheus", "self"}), renamed={"prometheus": "self"})
    assert review('up{job="prometheus"} == 0', known) == []


def test_does_not_judge_labels_where_others_may_be_added() -> None:
    assert review('open_total{zone="a"}', Catalogue({"open_total": Known("counter", None)}, complete=True)) == []


@pytest.mark.parametrize("complete", [True, False])
def test_never_suggests_a_record_that_reads_the_name(complete: bool) -> None:
    records = {
        ":disk_free:sum": (Record("disk_free"),),
        "middle:link": (Record(":disk_free:su"),),
        ":disk_free:suma": (Record("middle:link"),),
    }
    catalogue = Catalogue(records=records, complete=complete)
    assert all("Did you mean" not in each.remedy for each in review("sum(disk_free)", catalogue))
    assert all("suma" not in each.remedy for each in review(":disk_free:su", catalogue))


@pytest.mark.parametrize(
    "name", ["job:requests:rate1m", "job:replies:rate5m", "requests_seconds", "http_requests_total", "requests_total5"]
)
def test_says_nothing_of_names_that_the_stack_cannot_know(name: str) -> None:
    assert review(name, Catalogue(SERIES, RECORDS)) == []


def test_suggests_a_record_for_a_slip() -> None:
    remark = only("job:request:rate5m", Catalogue(records=RECORDS))
    assert (remark.remedy, remark.certain) == ("Did you mean `job:requests:rate5m`?", False)


def test_reports_a_bucket_selected_by_a_whole_number() -> None:
    remark = only('sum(rate(latency_seconds_bucket{le="1"}[5m]))')
    assert remark.summary == "`le` of `latency_seconds_bucket` is never `1`: Prometheus writes this bound as `1.0`"
    assert (remark.remedy, remark.certain) == ('Write `le="1.0"`.', True)
    assert not only('prometheus_http_request_duration_seconds_bucket{le="3"}').certain


BOUNDED = Catalogue(
    dict(
        [
            *promised("wait_seconds", "histogram", {}, (0.5, 1, 1e6, float("inf"))),
            *promised("size_bytes", "summary", {}, (0.5, 0.99)),
        ]
    )
)


@pytest.mark.parametrize(
    "selector",
    [
        'wait_seconds_bucket{le="0.5"}',
        'wait_seconds_bucket{le=~"1(.0)?"}',
        'wait_seconds_bucket{le="1e+06"}',
        'wait_seconds_bucket{le="1000000.0"}',
        'wait_seconds_bucket{le="+Inf"}',
        'wait_seconds_bucket{le=~"0.7|1.0"}',
        'size_bytes{quantile="0.99"}',
        'size_bytes{quantile=~"0.9.?"}',
    ],
)
def test_accepts_bounds_of_the_contract(selector: str) -> None:
    assert review(selector, BOUNDED) == []


@pytest.mark.parametrize(
    ("selector", "summary", "remedy"),
    [
        (
            'wait_seconds_bucket{le="0.7"}',
            "`le` of `wait_seconds_bucket` is never `0.7`",
            "It may be: 0.5, 1.0, 1e+06, +Inf.",
        ),
        (
            'wait_seconds_bucket{le="3"}',
            "`le` of `wait_seconds_bucket` is never `3`",
            "It may be: 0.5, 1.0, 1e+06, +Inf.",
        ),
        ('size_bytes{quantile="0.9"}', "`quantile` of `size_bytes` is never `0.9`", "It may be: 0.5, 0.99."),
    ],
)
def test_reports_a_bound_outside_of_the_contract(selector: str, summary: str, remedy: str) -> None:
    assert [(each.summary, each.remedy) for each in review(selector, BOUNDED)] == [(summary, remedy)]
