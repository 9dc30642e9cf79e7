"""What comes of two sides and the operator between them."""

from __future__ import annotations

from math import inf

import pytest

from stackctl.promql.types.infer import infer
from stackctl.promql.types.value import Range
from tests.unit.promql.shop import SHOP


@pytest.mark.parametrize(
    ("expr", "span"),
    [
        ('requests_total{status="500"} / requests_total', Range(0, 1)),
        ('sum(rate(requests_total{status="500"}[5m])) / sum(rate(requests_total[5m]))', Range(0, 1)),
        ('sum(rate(requests_total{status="500"}[5m])) / sum(rate(requests_total[1m]))', Range(0, inf)),
        ("depth > 3", Range(3, inf)),
        ("3 > wait_seconds", Range(-inf, 3)),
        ("requests_total + requests_total", Range(0, inf)),
    ],
)
def test_knows_the_range_of_two_sides(expr: str, span: Range) -> None:
    assert infer(expr, SHOP).value.range == span


@pytest.mark.parametrize(
    ("expr", "labels"),
    [
        ("depth / on (job) memory_bytes", {"job"}),
        ("depth / ignoring (queue) memory_bytes", {"job", "instance"}),
        ("depth * on (job) group_left (version) build_info", {"job", "instance", "queue", "version"}),
        ("memory_bytes / limit_bytes", {"job", "instance"}),
        ("depth unless memory_bytes", {"job", "instance", "queue"}),
        ("depth or memory_bytes", {"job", "instance", "queue"}),
        ("2 * depth", {"job", "instance", "queue"}),
    ],
)
def test_knows_the_labels_of_two_sides(expr: str, labels: set[str]) -> None:
    assert infer(expr, SHOP).value.labels.possible == labels
