"""Counters that are shown as they are, and calculations with them that are not."""

from __future__ import annotations

import pytest

from stackctl.promql.types.infer import infer
from stackctl.promql.types.raw import raw_counter
from tests.unit.promql.shop import SHOP


@pytest.mark.parametrize(
    "expr",
    [
        "requests_total",
        'requests_total{status="500"}',
        "sum by (job) (requests_total)",
        "topk(3, requests_total)",
        "requests_total * 60",
        "100 * requests_total",
        "sent_bytes_total / 1024 / 1024",
        "sum(requests_total) + sum(errors_total)",
        "job:requests:sum",
        "requests_total > 0",
    ],
)
def test_finds_the_counter(expr: str) -> None:
    found = raw_counter(infer(expr, SHOP))
    assert found is not None
    assert found.value.is_sure


@pytest.mark.parametrize(
    "expr",
    [
        "rate(requests_total[5m])",
        "sum(increase(requests_total[1h]))",
        "requests_total - requests_total offset 1h",
        "sum(requests_total) + 1",
        "requests_total / depth",
        "1 / requests_total",
        "depth",
        "count(requests_total)",
        "5",
    ],
)
def test_finds_none_in_another_calculation(expr: str) -> None:
    assert raw_counter(infer(expr, SHOP)) is None
