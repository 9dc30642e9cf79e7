"""Comparisons that always have the same answer, and values of different units: the words, and where they end."""

from __future__ import annotations

import pytest

from stackctl.promql.review import review
from tests.unit.promql.shop import SHOP


def said(expr: str, *, is_alert: bool = True) -> list[tuple[str, str, str]]:
    return [(each.code, each.summary, each.remedy) for each in review(expr, SHOP, is_alert=is_alert)]


@pytest.mark.parametrize(
    ("expr", "summary"),
    [
        ("up > 1", "this comparison is never true: `up` is between 0 and 1"),
        ("memory_bytes < 0", "this comparison is never true: `memory_bytes` is never below 0"),
        ("build_info == 0", "this comparison is never true: `build_info` is always 1"),
        ("clamp_max(temperature_celsius, 10) > 20", "this comparison is never true: `clamp_max()` is never above 10"),
        ("(depth == 3) > 5", "this comparison is never true: the value is always 3"),
    ],
)
def test_never_true_names_the_values_that_are_possible(expr: str, summary: str) -> None:
    assert said(expr) == [
        ("promql.never-true", summary, "Correct the number, or the expression that it is compared with.")
    ]


@pytest.mark.parametrize(
    ("expr", "remedy"),
    [
        ("count(up == 0) == 0", "Write `absent(...)`, or `(count(...) or vector(0)) == 0`."),
        ("absent(requests_total) == 0", "Remove the comparison."),
        (
            "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m]))) > 10",
            "Compare with a value inside of the buckets, or add larger buckets to the histogram.",
        ),
        ("absent(sum(depth) or vector(0))", "Remove the `or vector(...)` inside of it."),
    ],
)
def test_never_true_has_the_remedy_of_its_function(expr: str, remedy: str) -> None:
    assert [each[2] for each in said(expr)] == [remedy]


def test_always_true_is_for_alerts_only() -> None:
    assert [each[0] for each in said("up <= 1")] == ["promql.always-true"]
    assert said("up <= 1", is_alert=False) == []


@pytest.mark.parametrize("expr", ["count(up) >= 1", "build_info == 1", "vector(1) >= 1"])
def test_presence_is_a_condition(expr: str) -> None:
    assert said(expr) == []


@pytest.mark.parametrize(
    ("expr", "finds"),
    [
        ("depth > 50 and depth < 50", True),
        ("depth >= 50 and depth < 50", True),
        ("depth >= 50 and depth <= 50", False),
        ("depth < 50 and depth > 20", False),
        ("depth == 1 and depth > 1", True),
        ("depth == 1 and depth != 2", False),
        ("50 < depth and depth < 50", True),
        ("limit_bytes > 50 and memory_bytes < 50", False),
        ("depth > 50 or depth < 20", False),
    ],
)
def test_two_limits_of_one_value_exclude_each_other(expr: str, finds: bool) -> None:
    assert [each[0] for each in said(expr)] == ["promql.never-true"] * finds


def test_a_moment_in_the_past_is_less_than_now() -> None:
    (found,) = said("last_success_timestamp_seconds - time() > 3600")
    assert found[2] == "Write `time() - last_success_timestamp_seconds > 3600`."
    assert said("certificate_expiry_timestamp_seconds - time() > 3600") == []
    assert said("last_success_timestamp_seconds - time() < 3600") == []


def test_units_are_named_on_both_sides() -> None:
    assert said("memory_bytes > hit_ratio")[0][1] == "different units are compared: bytes and ratio"
    assert said("wait_seconds + memory_bytes")[0][1] == "different units are added or subtracted: seconds and bytes"


def test_only_an_upper_limit_in_percent_is_reported_for_a_ratio() -> None:
    assert said("hit_ratio > 80")[0][1:] == (
        "`hit_ratio` is a ratio, which is 1 at most, compared with 80",
        "Write `0.8`.",
    )
    assert "promql.units" in {each[0] for each in said("80 < hit_ratio")}


@pytest.mark.parametrize(
    ("expr", "finds"),
    [
        ("sum(rate(requests_total[5m])) / sum(rate(errors_total[5m])) > 100", True),
        ("sum(rate(requests_total[5m])) / sum(rate(errors_total[5m])) < 100", False),
        ("sum(rate(errors_total[5m])) / sum(rate(requests_total[5m])) > 0.1", False),
    ],
)
def test_division_by_failures_is_infinite_while_there_are_none(expr: str, finds: bool) -> None:
    assert [each[0] for each in said(expr)] == ["promql.zero-division"] * finds
