"""Expressions that are right by construction, about which nothing is said, and each of them broken in one known way."""

from __future__ import annotations

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackctl.promql.review import review
from tests.unit.promql import right
from tests.unit.promql.shop import METRICS, SHOP

EXAMPLES = settings(max_examples=200)


@EXAMPLES
@given(right.expressions())
def test_says_nothing_of_what_is_right_by_construction(expr: str) -> None:
    promql_parser.parse(expr)
    assert review(expr, SHOP, is_alert=True) == []


def _codes(expr: str) -> set[str]:
    return {remark.code for remark in review(expr, SHOP, is_alert=True)}


@EXAMPLES
@given(right.expressions(), st.data())
def test_finds_a_name_that_was_mistyped(expr: str, data: st.DataObject) -> None:
    used = [name for name in METRICS if name in expr]
    name = data.draw(st.sampled_from(used))
    at = data.draw(st.integers(1, len(name) - 1))
    assert "promql.unknown-metric" in _codes(expr.replace(name, f"{name[:at]}q{name[at:]}"))


@EXAMPLES
@given(right.rates())
def test_finds_a_rate_that_became_a_delta(part: right.Right) -> None:
    broken = part.text.replace("rate(", "deriv(").replace("increase(", "delta(")
    assert _codes(broken) == {"promql.counter-function"}


@EXAMPLES
@given(right.selectors(right.GAUGES))
def test_finds_a_rate_of_a_gauge(part: right.Right) -> None:
    assert _codes(f"rate({part.text}[5m])") == {"promql.rate-of-gauge"}


@EXAMPLES
@given(right.selectors(right.COUNTERS), st.sampled_from(["sum({})", "max by (job) ({})", "{}", "topk(3, {})"]))
def test_finds_a_counter_that_is_compared(part: right.Right, form: str) -> None:
    assert _codes(f"{form.format(part.text)} > 100") == {"promql.raw-counter"}


@EXAMPLES
@given(right.quantiles())
def test_finds_buckets_that_have_lost_le(part: right.Right) -> None:
    assert "promql.le-lost" in _codes(part.text.replace("by (le, ", "by (").replace("by (le)", "by ()"))


@EXAMPLES
@given(right.quantiles(), st.sampled_from(["avg", "sum"]))
def test_finds_an_aggregated_quantile(part: right.Right, function: str) -> None:
    # A single quantile is its own average.
    assert _codes(f"{function}({part.text})") == ({"promql.quantile-average"} if part.labels else set())


@EXAMPLES
@given(right.sums())
def test_finds_an_aggregation_by_a_label_that_is_gone(part: right.Right) -> None:
    assert _codes(f"sum by (region) ({part.text})") == {"promql.lost-label"}


@EXAMPLES
@given(right.shares())
def test_finds_a_share_above_one(part: right.Right) -> None:
    assert _codes(f"{part.text} > 5") == {"promql.never-true"}


@pytest.mark.parametrize("window", ["1s", "10s", "14s"])
@EXAMPLES
@given(part=right.selectors(right.COUNTERS))
def test_finds_a_window_without_two_samples(part: right.Right, window: str) -> None:
    assert _codes(f"rate({part.text}[{window}])") == {"promql.short-window"}


@EXAMPLES
@given(right.values(), right.values())
def test_finds_sides_that_share_no_labels(one: right.Right, other: right.Right) -> None:
    left, right_side = f"sum by (job) ({one.text})", f"sum by (instance) ({other.text})"
    assert "promql.no-match" in _codes(f"{left} / {right_side}")
