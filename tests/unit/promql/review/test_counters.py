"""Functions for counters given to gauges, counters compared as they are, and windows that are too short."""

from __future__ import annotations

import pytest

from tests.unit.promql.review.known import assert_meant


@pytest.mark.parametrize(
    ("expr", "meant"),
    [
        ("rate(depth[5m]) > 3", "deriv(depth[5m]) > 3"),
        ("increase(depth[1h])", "delta(depth[1h])"),
    ],
)
def test_suggests_the_expression_that_was_meant(expr: str, meant: str) -> None:
    assert_meant(expr, meant)
