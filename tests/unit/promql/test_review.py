"""Each mistake that can be read off an expression, with the expression that was meant."""

from __future__ import annotations

import promql_parser
import pytest

from stackctl.promql.catalogue import Catalogue, Known, merged, promised
from stackctl.promql.review import Remark, review

SCRAPE = {"job": (), "instance": ()}
METRICS = {
    "requests_total": ("counter", {"method": (), "status": ("200", "404", "500")}),
    "errors_total": ("counter", {"error_type": ()}),
    "latency_seconds": ("histogram", {"method": ()}),
    "size_bytes": ("summary", {}),
    "depth": ("gauge", {}),
    "limit": ("gauge", {}),
}
SERIES = dict(each for name, (kind, labels) in METRICS.items() for each in promised(name, kind, {**labels, **SCRAPE}))
PER_STATUS = "sum without (status)"
WHOLE = Catalogue(SERIES, frozenset({"up", "job:requests:rate5m"}), ("prometheus_",), complete=True)


def only(expr: str, catalogue: Catalogue = WHOLE) -> Remark:
    (remark,) = review(expr, catalogue)
    return remark


@pytest.mark.parametrize(
    "expr",
    [
        "sum by (status) (rate(requests_total[5m]))",
        'sum without (status) (rate(requests_total{status="500"}[5m])) > 0',
        'sum(rate(requests_total{status=~"5.."}[5m])) / sum(rate(requests_total[5m])) > 0.05',
        "histogram_quantile(0.95, sum by (le, method) (rate(latency_seconds_bucket[5m])))",
        "histogram_quantile(0.95, rate(latency_seconds_bucket[5m]))",
        "rate(latency_seconds_sum[5m]) / rate(latency_seconds_count[5m])",
        "rate(size_bytes_sum[5m]) / rate(size_bytes_count[5m])",
        "depth / limit * 100 > 80",
        "deriv(depth[5m])",
        "up == 0",
        "job:requests:rate5m / 60",
        "rate(prometheus_http_requests_total[5m])",
        'requests_total{status!="418"}',
        'requests_total{zone=""}',
        'requests_total{zone=~".*"}',
        "depth / on (instance) group_left sum by (instance) (limit)",
        "this does not parse",
        "vector(1) / 2",
        '{job="api"}',
    ],
)
def test_nothing_must_be_said_of_a_good_expression(expr: str) -> None:
    assert review(expr, WHOLE) == []


@pytest.mark.parametrize(
    ("expr", "meant"),
    [
        ("rate(depth[5m]) > 3", "deriv(depth[5m]) > 3"),
        ("increase(depth[1h])", "delta(depth[1h])"),
        (
            "histogram_quantile(0.95, latency_seconds) > 5",
            "histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[5m]))) > 5",
        ),
        (
            'histogram_quantile(0.9, rate(latency_seconds{method="GET"}[10m]))',
            'histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket{method="GET"}[10m])))',
        ),
        (
            "histogram_quantile(0.9, sum by (method) (rate(latency_seconds_bucket[5m])))",
            "histogram_quantile(0.9, sum by (method, le) (rate(latency_seconds_bucket[5m])))",
        ),
        (
            "histogram_quantile(0.9, sum(rate(latency_seconds_bucket[5m])))",
            "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))",
        ),
        (
            "histogram_quantile(0.9, sum without (le, job) (rate(latency_seconds_bucket[5m])))",
            "histogram_quantile(0.9, sum without (job) (rate(latency_seconds_bucket[5m])))",
        ),
        (
            'rate(requests_total{status="500"}[5m]) / rate(requests_total[5m])',
            f'{PER_STATUS} (rate(requests_total{{status="500"}}[5m])) / {PER_STATUS} (rate(requests_total[5m]))',
        ),
        (
            "rate(errors_total[5m]) / rate(requests_total[5m])",
            "sum by (instance, job) (rate(errors_total[5m])) / sum by (instance, job) (rate(requests_total[5m]))",
        ),
        (
            "sum by (job) (rate(errors_total[5m])) / sum(rate(requests_total[5m]))",
            "sum (rate(errors_total[5m])) / sum (rate(requests_total[5m]))",
        ),
    ],
)
def test_a_mistake_must_be_told_with_the_expression_that_was_meant(expr: str, meant: str) -> None:
    remark = only(expr)
    assert remark.remedy == f"Write `{meant}`."
    assert remark.certain
    promql_parser.parse(meant)
    assert review(meant, WHOLE) == []


def test_a_ratio_of_one_metric_must_say_whom_its_series_meet() -> None:
    itself = only('rate(requests_total{status="500"}[5m]) / rate(requests_total[5m])')
    nobody = only('rate(requests_total{status="500"}[5m]) / rate(requests_total{status="200"}[5m])')
    assert itself.summary.endswith("`status` too: each series meets only itself")
    assert nobody.summary.endswith("`status` too: no series has its like on the other side")


def test_a_ratio_of_one_metric_must_be_seen_without_any_contract() -> None:
    assert only('rate(x_total{a="1"}[5m]) / rate(x_total[5m])', Catalogue()).certain


def test_buckets_without_a_rate_must_be_worth_a_look_only() -> None:
    remark = only("histogram_quantile(0.9, latency_seconds_bucket)")
    assert not remark.certain
    assert remark.remedy == "Write `histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))`."


def test_the_bare_name_of_a_histogram_must_be_told_anywhere() -> None:
    assert only("latency_seconds > 1").summary == "the histogram `latency_seconds` has no series of that name"


def test_what_nobody_serves_must_be_an_error_only_when_that_is_certain() -> None:
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
def test_a_matcher_that_selects_nothing_must_be_told(expr: str, summary: str, remedy: str) -> None:
    assert only(expr) == Remark(summary, remedy)


def test_labels_must_not_be_judged_where_others_may_be_added() -> None:
    assert review('open_total{zone="a"}', Catalogue({"open_total": Known("counter", None)}, complete=True)) == []


def test_a_metric_of_two_services_must_have_what_either_promises() -> None:
    one, other = Known("counter", {"a": ("x",), "b": ()}), Known("counter", {"a": ("y",), "b": ("z",), "c": ("w",)})
    assert merged(one, other) == Known("counter", {"a": ("x", "y"), "b": (), "c": ("w",)})
    assert merged(one, Known("gauge", {})).labels is None
