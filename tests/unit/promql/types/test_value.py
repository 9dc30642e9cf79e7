"""Ranges of values and labels of series, as operations change them."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.promql.types.value import Labels, Range

NUMBERS = st.integers(-5, 5).map(float)
RANGES = st.tuples(NUMBERS, NUMBERS).map(lambda pair: Range(min(pair), max(pair)))
COMPARE = {
    ">": float.__gt__,
    ">=": float.__ge__,
    "<": float.__lt__,
    "<=": float.__le__,
    "==": float.__eq__,
    "!=": float.__ne__,
}


def _inside(span: Range) -> list[float]:
    return [value / 2 for value in range(int(2 * span.low), int(2 * span.high) + 1)]


@given(RANGES, RANGES, st.sampled_from(sorted(COMPARE)))
def test_comparison_is_never_true_only_if_no_two_values_make_it_true(one: Range, other: Range, operator: str) -> None:
    answers = [COMPARE[operator](left, right) for left in _inside(one) for right in _inside(other)]
    assert not (one.is_never(operator, other) and any(answers))
    assert not (one.is_always(operator, other) and not all(answers))


@given(RANGES, RANGES)
def test_results_of_a_calculation_are_in_its_range(one: Range, other: Range) -> None:
    for left in _inside(one):
        for right in _inside(other):
            assert (one + other).low <= left + right <= (one + other).high
            assert (one * other).low <= left * right <= (one * other).high
            if right:
                assert other.inverse().low <= 1 / right <= other.inverse().high


def test_product_with_an_infinite_range_is_one() -> None:
    assert Range(0, inf) * Range(0, inf) == Range(0, inf)
    assert Range(0, inf) * Range(-1, 1) == Range(-inf, inf)


@pytest.mark.parametrize(
    ("labels", "certain", "named", "possible"),
    [
        (Labels().only(["a"]), set(), {"a"}, {"a"}),
        (Labels.exactly(["a", "b"]).only(["a", "c"]), {"a"}, {"a"}, {"a"}),
        (Labels.exactly(["a", "b"]).without(["a"]), {"b"}, {"b"}, {"b"}),
        (Labels.at_least("a", "b").without(["a"]), {"b"}, {"b"}, None),
        (Labels.exactly(["a"]).adding(["b"]), {"a", "b"}, {"a", "b"}, {"a", "b"}),
        (Labels.exactly(["a"]).perhaps(["a", "b"]), set(), set(), {"a", "b"}),
        (Labels.exactly(["a", "b"]).joined(Labels.exactly(["a", "c"])), {"a"}, {"a"}, {"a", "b", "c"}),
        (Labels.exactly(["a"]).joined(Labels()), set(), set(), None),
    ],
)
def test_operations_keep_add_and_lose_labels(
    labels: Labels, certain: set[str], named: set[str], possible: set[str] | None
) -> None:
    assert (labels.certain, labels.named, labels.possible) == (certain, named, possible)
