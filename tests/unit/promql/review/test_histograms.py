"""Buckets, quantiles and native histograms."""

from __future__ import annotations

import pytest

from stackctl.promql.catalogue import NATIVE, Catalogue, promised
from stackctl.promql.review import review
from tests.unit.promql.review.known import SCRAPE, assert_meant, only


@pytest.mark.parametrize(
    ("expr", "meant"),
    [
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
    ],
)
def test_suggests_the_expression_that_was_meant(expr: str, meant: str) -> None:
    assert_meant(expr, meant)


def test_buckets_without_a_rate_are_a_warning() -> None:
    remark = only("histogram_quantile(0.9, latency_seconds_bucket)")
    assert not remark.certain
    assert remark.remedy == "Write `histogram_quantile(0.9, rate(latency_seconds_bucket[5m]))`."


def test_reports_the_bare_name_of_a_histogram_anywhere() -> None:
    assert only("latency_seconds > 1").summary == "the histogram `latency_seconds` has no series of that name"


def test_accepts_native_histograms_of_contracts() -> None:
    native = Catalogue(dict(promised("rpc_seconds", NATIVE, {**SCRAPE})), complete=True)
    assert review("histogram_quantile(0.99, sum by (job) (rate(rpc_seconds[5m])))", native) == []
    assert review("histogram_count(rate(rpc_seconds[5m]))", native) == []
    assert "nothing serves `rpc_seconds_bucket`" in only("rate(rpc_seconds_bucket[5m])", native).summary
