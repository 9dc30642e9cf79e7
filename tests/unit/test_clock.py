"""Times as people read them."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from stackctl.clock import clock


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine in a place with summer time."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("zone")
@pytest.mark.parametrize(
    ("unix_time", "shown"),
    [
        (0.0, "1970-01-01 01:00:00 +0100"),
        (1_751_328_000.9, "2025-07-01 02:00:00 +0200"),
        (1_767_323_045.0, "2026-01-02 04:04:05 +0100"),
    ],
)
def test_time_is_of_this_place_and_names_its_zone(unix_time: float, shown: str) -> None:
    assert clock(unix_time) == shown
