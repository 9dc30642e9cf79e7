"""The end of an axis leaves room for thresholds."""

from __future__ import annotations

import pytest

from stackctl.design.axis import lies_on_zero, soft_max


@pytest.mark.parametrize(
    ("unit", "thresholds", "end"),
    [
        ("percentunit", [], 1.0),
        ("percent", [], 100.0),
        ("bytes", [], 1024.0),
        ("reqps", [], 1.0),
        ("reqps", [80], 100.0),
        ("percentunit", [0.9], 1.0),
        ("percentunit", [0.1], 0.125),
        ("s", [-1, 0.2], 0.25),
    ],
)
def test_axis_shows_a_whole_share_or_the_highest_threshold(unit: str, thresholds: list[float], end: float) -> None:
    assert soft_max(unit, thresholds) == end


def test_names_thresholds_that_are_drawn_on_zero() -> None:
    assert lies_on_zero([0, 0.01, 0.06, -1], 1.0) == [0, 0.01]
