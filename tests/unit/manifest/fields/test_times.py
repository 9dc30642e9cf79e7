"""Durations, times of day, days and dates."""

from __future__ import annotations

from datetime import date

import pytest

from stackctl.manifest.fields import Clock, Date, Duration, Pause, SloWindow, TimeZone, Weekdays
from tests.unit.manifest.fields.reading import read, refusal


@pytest.mark.parametrize(
    ("kind", "written", "value"),
    [
        (Duration, "1m30s", "1m30s"),
        (Pause, "0s", "0s"),
        (SloWindow, "24h", "24h"),
        (Clock, "24:00", "24:00"),
        (TimeZone, "Europe/Berlin", "Europe/Berlin"),
        (TimeZone, "Etc/GMT+1", "Etc/GMT+1"),
        (Date, "2027-01-31", date(2027, 1, 31)),
    ],
)
def test_time_is_read(kind: object, written: str, value: object) -> None:
    assert read(kind, written) == value


@pytest.mark.parametrize(
    ("kind", "written", "message"),
    [
        (Duration, "0s", "a duration must be longer than zero"),
        (Duration, "30", "not a duration: `30`"),
        (Duration, "30s1m", "not a duration: `30s1m`"),
        (Pause, "soon", "not a duration: `soon`"),
        (SloWindow, "23h", "the window of an SLO must be at least one day: `23h`"),
        (Clock, "24:01", "not a time of day: `24:01`"),
        (TimeZone, "+01:00", "not a time zone: `+01:00`"),
        (Date, "31.01.2027", "not a date"),
        (Date, "2027-02-30", "not a date"),
    ],
)
def test_what_is_not_such_a_time_is_refused(kind: object, written: str, message: str) -> None:
    assert refusal(kind, written)[0] == message


def test_hour_of_one_digit_is_padded() -> None:
    assert refusal(Clock, "9:30")[1] == "Write `09:30`."
    assert refusal(Clock, "25:00")[1] == "Write it like `09:00`."


@pytest.mark.parametrize(
    ("written", "days"),
    [
        ("Monday", ("monday",)),
        ("monday:wednesday", ("monday", "tuesday", "wednesday")),
        ("saturday:monday", ("saturday", "sunday", "monday")),
        ("sunday:sunday", ("sunday",)),
    ],
)
def test_range_of_days_is_the_days(written: str, days: tuple[str, ...]) -> None:
    assert read(Weekdays, written) == days


@pytest.mark.parametrize("written", ["mon", "monday-friday", "monday:fri", ""])
def test_other_days_are_refused(written: str) -> None:
    assert refusal(Weekdays, written)[0] == f"not a day of the week: `{written}`"
