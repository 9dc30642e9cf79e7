"""The comparison with a number that an alert consists of."""

from __future__ import annotations

import pytest

from stackctl.promql.comparison import Comparison, comparison


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("depth > 3", Comparison("depth", ">", "3")),
        ("(rate(a[5m]) / 2) != (-3)", Comparison("(rate(a[5m]) / 2)", "!=", "-3")),
        ("up == 0 unless on (job) maintenance", Comparison("up", "==", "0")),
        ("depth > bool 3", None),
        ("depth > limit", None),
        ("depth > 3 or depth < 1", None),
        ("3 > 2", None),
        ("absent(up)", None),
        ("not promql (", None),
    ],
)
def test_comparison_has_a_number_on_its_right(expr: str, expected: Comparison | None) -> None:
    assert comparison(expr) == expected
