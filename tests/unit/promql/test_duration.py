"""Durations are Prometheus' own."""

from __future__ import annotations

import pytest

from stackctl.promql import duration


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("5s", 5),
        ("1m30s", 90),
        ("2h", 7200),
        ("1d", 86400),
        ("1w", 604800),
        ("1y", 31536000),
        ("250ms", 0.25),
    ],
)
def test_a_duration_is_read_as_prometheus_reads_it(text: str, expected: float) -> None:
    assert duration.seconds(text) == expected


@pytest.mark.parametrize("text", ["", "5", "s", "5 s", "1s1m", "-5s", "1.5h", "5S", "1m1m", "5sec"])
def test_refuses_what_is_not_a_duration(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        duration.seconds(text)


@pytest.mark.parametrize(("text", "least", "shorter"), [("5s", "15s", True), ("1m", "60s", False), ("x", "1s", True)])
def test_duration_is_compared_with_the_least(text: str, least: str, shorter: bool) -> None:
    assert duration.is_shorter(text, least) is shorter


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0s"), (90, "90s"), (5400, "90m"), (7200, "2h"), (86400, "1d"), (2592000, "30d"), (1.5, "1500ms")],
)
def test_seconds_are_shown_in_the_largest_unit_that_fits(number: float, text: str) -> None:
    assert duration.shown(number) == text
    assert duration.seconds(text) == number
