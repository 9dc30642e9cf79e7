"""Answers of the engine."""

from __future__ import annotations

import pytest

from stackctl.runtimes.docker import containers


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:10.5Z", 10.5),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:00:01.123456789Z", pytest.approx(1.123456789)),
        ("0001-01-01T00:00:00Z", 0.0),
        ("1970-01-01T02:00:03.25+02:00", 3.25),
    ],
)
def test_the_engines_time(text: str, seconds: float) -> None:
    assert containers.unix_time(text) == seconds
