"""How far back expressions read samples."""

from __future__ import annotations

import pytest

from stackctl.promql.past import Past, beyond, finds_nothing, past_of

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


@pytest.mark.parametrize("expr", ["avg_over_time(a[15d])", "a offset 15d", "rate(a[5m])", "no promql ("])
def test_what_is_kept_is_not_remarked_on(expr: str) -> None:
    assert beyond(expr, 15 * DAY) is None
