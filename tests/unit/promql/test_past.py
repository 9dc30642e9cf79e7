"""How far back expressions read samples."""

from __future__ import annotations

import pytest

from stackctl.promql.past import Past, ahead, beyond, finds_nothing, past_of

HOUR, DAY = 3600.0, 86400.0


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("a", [Past(0, 0)]),
        ("a offset 1d", [Past(DAY, DAY)]),
        ("a offset -1h", [Past(-HOUR, -HOUR)]),
        ("rate(a[1h])", [Past(0, HOUR)]),
        ("rate(a[1h] offset 1d) / b", [Past(DAY, DAY + HOUR), Past(0, 0)]),
        ("max_over_time(sum(rate(a[1h] offset 2h))[30d:1h] offset 1d)", [Past(DAY + 2 * HOUR, 31 * DAY + 3 * HOUR)]),
        ("a @ 1700000000 - b @ end()", []),
        ("max_over_time(a[30d:1h] @ 100)", []),
        ("vector(1)", []),
    ],
)
def test_past_of_each_selector_is_returned(expr: str, expected: list[Past]) -> None:
    assert list(past_of(expr)) == expected


def test_window_beyond_what_is_kept_misses_the_oldest() -> None:
    found = beyond("avg_over_time(a[30d]) + a", 15 * DAY)
    assert found
    assert found.summary == (
        "it looks back 30d, and Prometheus keeps samples for 15d: older ones are missing in the result"
    )
    assert found.remedy == "Set `prometheus: {retention: {time: 30d}}`, or look back less."
    assert not finds_nothing("avg_over_time(a[30d])", 15 * DAY)


def test_offset_beyond_what_is_kept_finds_nothing() -> None:
    expr = "avg_over_time(a[30d]) + a offset 20d"
    found = beyond(expr, 15 * DAY)
    assert found
    assert found.summary == "it queries samples of 20d ago, and Prometheus keeps samples for 15d: it finds nothing"
    assert finds_nothing(expr, 15 * DAY)


@pytest.mark.parametrize(
    ("expr", "after"),
    [
        ("a > a offset -1h", "1h"),
        ("rate(a[5m] offset -6m)", "6m"),
        ("max_over_time(a[10m:1m] offset -1d)", "1d"),
        ("a offset 1h / (sum(b offset -20m))", "20m"),
    ],
)
def test_query_of_what_comes_after_the_evaluation_is_remarked_on(expr: str, after: str) -> None:
    found = ahead(expr, 300)
    assert found
    assert found.summary == f"it queries samples from {after} after its evaluation: it finds nothing"


@pytest.mark.parametrize(
    "expr",
    [
        "a",
        "a offset 1h",
        "a offset -4m",
        "rate(a[2h] offset -1h)",
        "max_over_time(a[1h:1m] offset -30m)",
        "a @ end()",
        "a (",
    ],
)
def test_query_that_finds_samples_of_before_is_not_remarked_on(expr: str) -> None:
    assert ahead(expr, 300) is None


@pytest.mark.parametrize("expr", ["avg_over_time(a[15d])", "a offset 15d", "rate(a[5m])", "no promql ("])
def test_what_is_kept_is_not_remarked_on(expr: str) -> None:
    assert beyond(expr, 15 * DAY) is None
