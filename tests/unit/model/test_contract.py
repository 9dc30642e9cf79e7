"""Metrics of a contract."""

from __future__ import annotations

import pytest

from stackctl.model import Metric
from stackctl.source import Position

HERE = Position("stack.yml", 1, 1)


@pytest.mark.parametrize(
    ("kind", "more", "samples"),
    [
        ("counter", {}, ("x",)),
        ("histogram", {}, ("x_bucket", "x_sum", "x_count")),
        ("histogram", {"native": True}, ("x",)),
        ("histogram", {"native": True, "buckets": (1.0,)}, ("x_bucket", "x_sum", "x_count")),
        ("summary", {}, ("x", "x_sum", "x_count")),
    ],
)
def test_metric_knows_the_names_of_its_series(kind: str, more: dict[str, object], samples: tuple[str, ...]) -> None:
    assert Metric("x", kind, HERE, **more).samples == samples  # type: ignore[arg-type]
