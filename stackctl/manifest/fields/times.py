"""Durations, times of day, days and dates."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator

from stackctl import conventions
from stackctl.manifest.fields.text import schema, text_of, wrong
from stackctl.promql import duration


def _duration(value: Any) -> str:
    text = text_of(value)
    try:
        seconds = duration.seconds(text)
    except ValueError:
        remedy = "Write a number and a unit, largest unit first: `15s`, `1m30s`, `15d` (ms, s, m, h, d, w, y)."
        raise wrong(f"not a duration: `{text}`", remedy) from None
    if not seconds > 0:
        raise wrong("a duration must be longer than zero", "Write one like `15s`.")
    return text


def _pause(value: Any) -> str:
    """A duration that may be zero, as `for` may."""
    if not isinstance(value, str):
        raise wrong("expected a duration")
    try:
        duration.seconds(value)
    except ValueError:
        raise wrong(f"not a duration: `{value}`", "Write a number and a unit: `30s`, `5m`.") from None
    return str(value)


def _slo_window(value: Any) -> str:
    text = _duration(value)
    if duration.seconds(text) < 86400:
        raise wrong(f"the window of an SLO must be at least one day: `{text}`", "Write `30d`, or `7d`.")
    return text


def _clock(value: Any) -> str:
    text = text_of(value)
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", text):
        padded = text.zfill(5)
        remedy = f"Write `{padded}`." if re.fullmatch(r"0[0-9]:[0-5][0-9]", padded) else "Write it like `09:00`."
        raise wrong(f"not a time of day: `{text}`", remedy)
    return text


def _weekdays(value: Any) -> tuple[str, ...]:
    """Days and ranges of days, as the days themselves; a range may go over the end of the week."""
    text = text_of(value)
    first, _, last = text.lower().partition(":")
    for day in (first, last or first):
        if day not in conventions.WEEKDAYS:
            raise wrong(f"not a day of the week: `{text}`", "Write a day or a range of days, like `monday:friday`.")
    start, end = conventions.WEEKDAYS.index(first), conventions.WEEKDAYS.index(last or first)
    return tuple(conventions.WEEKDAYS[(start + day) % 7] for day in range((end - start) % 7 + 1))


def _time_zone(value: Any) -> str:
    text = text_of(value)
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*", text):
        raise wrong(f"not a time zone: `{text}`", "Write its name, like `Europe/Berlin`, `UTC` or `Local`.")
    return text


def _date(value: Any) -> date:
    try:
        return date.fromisoformat(text_of(value))
    except ValueError:
        raise wrong("not a date", "Write it as year, month and day: `2027-01-31`.") from None


Date = Annotated[date, BeforeValidator(_date), schema("string", format="date")]
Duration = Annotated[str, BeforeValidator(_duration), schema("string", examples=["15s", "1m30s"])]
Pause = Annotated[str, BeforeValidator(_pause), schema("string", examples=["0s", "5m"])]
SloWindow = Annotated[str, BeforeValidator(_slo_window), schema("string", examples=["30d", "7d"])]
Clock = Annotated[str, BeforeValidator(_clock), schema("string", examples=["09:00"])]
Weekdays = Annotated[
    tuple[str, ...], BeforeValidator(_weekdays), schema("string", examples=["monday:friday", "sunday"])
]
TimeZone = Annotated[str, BeforeValidator(_time_zone), schema("string", examples=["Europe/Berlin"])]
