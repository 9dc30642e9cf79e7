"""What an expression asks for, read off it."""

from __future__ import annotations

import pytest

from stackctl.promql.selectors import Condition, may_be_nan, read


@pytest.mark.parametrize(
    ("expr", "selectors"),
    [
        ("up", ["up"]),
        ("vector(1)", []),
        ("rate(x{a='b', c!~\"d\"}[5m] offset 1m) / y", ['x{a="b", c!~"d"}', "y"]),
        ('{__name__="x", a="b"}', ['x{a="b"}']),
        ('{"a.b", c="d"}', ['{"a.b", c="d"}']),
        ('{__name__=~"x.*"}', ['{__name__=~"x.*"}']),
        ("max_over_time(rate(x[1m])[1h:1m])", ["x"]),
        ("topk(scalar(n), x)", ["x", "n"]),
        ('x{a="\\\\d \\""}', ['x{a="\\\\d \\""}']),
    ],
)
def test_every_selector_is_read_and_is_written_as_promql(expr: str, selectors: list[str]) -> None:
    assert [each.text for each in read(expr).selectors] == selectors
    assert all(read(text).selectors[0].text == text for text in selectors)


@pytest.mark.parametrize(
    ("expr", "window", "of_two"),
    [("rate(x[90s])", 90.0, True), ("sum_over_time(x[1h])", 3600.0, False), ("x", 0.0, False)],
)
def test_a_window_is_known_with_whether_it_takes_two_samples(expr: str, window: float, of_two: bool) -> None:
    (selector,) = read(expr).selectors
    assert (selector.window, selector.of_two) == (window, of_two)


@pytest.mark.parametrize(
    ("expr", "is_condition"),
    [
        ("depth > 5", True),
        ("sum(depth) unless up", True),
        ("depth and on (job) up", True),
        ("absent(depth)", True),
        ("sum(rate(requests_total[5m]) > 0)", True),
        ("depth", False),
        ("depth > bool 5", False),
        ("depth or up", False),
        ("1 - depth", False),
    ],
)
def test_condition_leaves_out_series(expr: str, is_condition: bool) -> None:
    assert read(expr).filters is is_condition


@pytest.mark.parametrize(
    ("expr", "said"),
    [
        ("x > 1", {"filters"}),
        ("x > bool 1", set()),
        ("absent(x)", {"filters"}),
        ("a unless b", {"filters", "joins"}),
        ("a / b", {"joins"}),
        ("a / 100", set()),
        ("sum(a) or vector(0)", {"joins", "fallback"}),
        ("a or b", {"joins"}),
        ("a offset 1d", {"past"}),
        ("rate(a[5m] offset 1d)", {"past"}),
        ("1 + 2", {"plain"}),
        ("x[5m]", {"plain"}),
        ("time()", {"plain"}),
    ],
)
def test_reads_what_the_rest_makes_of_an_empty_result(expr: str, said: set[str]) -> None:
    asked = read(expr)
    assert {name for name in ("plain", "filters", "joins", "fallback", "past") if getattr(asked, name)} == said


def test_marks_only_what_is_about_absence() -> None:
    assert [(each.name, each.absent) for each in read("absent(a) and b").selectors] == [("a", True), ("b", False)]


@pytest.mark.parametrize(
    ("operator", "value", "wants"),
    [
        ("=", "a", True),
        ("=", "", False),
        ("=~", "a|b", True),
        ("=~", ".*", False),
        ("=~", ".+", True),
        ("!=", "a", False),
    ],
)
def test_condition_requires_a_label_only_if_it_cannot_be_empty(operator: str, value: str, wants: bool) -> None:
    assert Condition("l", operator, value).wants is wants


def test_condition_accepts_what_prometheus_accepts() -> None:
    assert [Condition("l", op, "5..").accepts("500") for op in ("=", "!=", "=~", "!~")] == [False, True, True, False]


@pytest.mark.parametrize("expr", ["a / b", "sum(a % 2) > 1", "histogram_avg(a)", 'a{quantile="0.5"}'])
def test_divisions_and_quantiles_may_be_no_numbers(expr: str) -> None:
    assert may_be_nan(expr)


@pytest.mark.parametrize("expr", ["a * b", "rate(a[5m])", 'a{path="/"}', "sum(a) > 5"])
def test_other_expressions_are_numbers(expr: str) -> None:
    assert not may_be_nan(expr)


def test_what_unless_leaves_out_is_known() -> None:
    found = read("a unless (b > 1 or rate(c[1m])) and d").selectors
    assert {each.name: each.excluded for each in found} == {"a": False, "b": True, "c": True, "d": False}
