"""Routes that never notify anybody: their `mute_time_intervals` cover all time, or their `active_time_intervals` none.

Alertmanager accepts both, shows such alerts, and sends nothing. What each word of an interval means is in its
documentation of `time_interval`.
"""

from __future__ import annotations

import re
from calendar import month_name, monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.manifest.routing import routes_of
from stackctl.model import Stack

_DAY_MINUTES = 24 * 60
# The calendar repeats after so many years: each day of the year has been each day of the week.
_YEARS = 28
_TIME = re.compile(r"(\d\d):(\d\d)")
# Alertmanager's week begins on Sunday.
_WEEKDAYS = {name: (index + 1) % 7 for index, name in enumerate(c.WEEKDAYS)}
_MONTHS = {name.lower(): index for index, name in enumerate(month_name) if name}

Range = tuple[int, int]


@dataclass(frozen=True)
class _Period:
    """A time interval's part: ranges, both ends included, in minutes and in days; None is no condition.

    A day of the month below zero counts from its end.
    """

    minutes: tuple[Range, ...] | None
    weekdays: tuple[Range, ...] | None
    days: tuple[Range, ...] | None
    months: tuple[Range, ...] | None
    years: tuple[Range, ...] | None

    def on(self, day: date) -> tuple[Range, ...]:
        """Return its minutes of a day."""
        is_in = (
            _within(self.weekdays, (day.weekday() + 1) % 7)
            and _within(self.months, day.month)
            and _within(self.years, day.year)
            and (self.days is None or any(_is_in_month(day, *each) for each in self.days))
        )
        if not is_in:
            return ()
        return self.minutes if self.minutes is not None else ((0, _DAY_MINUTES - 1),)


def time_warnings(stack: Stack, today: date) -> Iterator[Diagnostic]:
    """Yield a warning for each route of Alertmanager's own tree that notifies nobody from `today` on."""
    alertmanager = stack.alertmanager
    if alertmanager is None or alertmanager.route is None or "route" in alertmanager.extra:
        return
    periods = _declared(alertmanager.extra)
    for place, block in routes_of(alertmanager.route, ("alertmanager", "route")):
        for key, why, is_silent in (
            ("mute_time_intervals", "mute it all the time", _is_always),
            ("active_time_intervals", "do not occur again", _is_never),
        ):
            names = block.get(key)
            if isinstance(names, list) and names and is_silent(_all_of(names, periods), today):
                yield Diagnostic(
                    "alertmanager.never-notifies",
                    f"this route never notifies anybody: its `{key}` ({', '.join(map(str, names))}) {why}",
                    stack.places.position((*place, key)),
                    "Alertmanager holds such alerts back, and shows them.",
                    "Correct the time intervals, or remove them from the route.",
                )


# -- the intervals --------------------------------------------------------------------------------------------


def _declared(extra: Mapping[str, Any]) -> dict[str, list[_Period] | None]:
    """Name -> its periods; None where one is not understood."""
    blocks = [*(extra.get("time_intervals") or ()), *(extra.get("mute_time_intervals") or ())]
    return {str(each.get("name")): _periods(each.get("time_intervals")) for each in blocks if isinstance(each, Mapping)}


def _periods(blocks: Any) -> list[_Period] | None:
    try:
        return [_period(block) for block in blocks or ()]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # which amtool reports


def _period(block: Mapping[str, Any]) -> _Period:
    times = block.get("times")
    return _Period(
        None
        if times is None
        else tuple((_minute(each["start_time"]), _minute(each["end_time"]) - 1) for each in times),
        _ranges(block.get("weekdays"), _WEEKDAYS),
        _ranges(block.get("days_of_month"), {}),
        _ranges(block.get("months"), _MONTHS),
        _ranges(block.get("years"), {}),
    )


def _minute(text: Any) -> int:
    found = _TIME.fullmatch(str(text))
    if found is None:
        raise ValueError(f"not a time: {text}")
    return 60 * int(found[1]) + int(found[2])


def _ranges(texts: Any, names: Mapping[str, int]) -> tuple[Range, ...] | None:
    return None if texts is None else tuple(_range(str(text).lower(), names) for text in texts)


def _range(text: str, names: Mapping[str, int]) -> Range:
    first, _, last = text.partition(":")
    start, end = ((names[each] if each in names else int(each)) for each in (first, last or first))
    return start, end


def _within(ranges: Sequence[Range] | None, value: int) -> bool:
    return ranges is None or any(first <= value <= last for first, last in ranges)


def _is_in_month(day: date, first: int, last: int) -> bool:
    length = monthrange(day.year, day.month)[1]
    first, last = (each + length + 1 if each < 0 else each for each in (first, last))
    return first <= day.day <= last


def _all_of(names: Sequence[Any], periods: Mapping[str, list[_Period] | None]) -> list[_Period] | None:
    """The periods of several intervals; None where one is not known."""
    found = [periods.get(str(name)) for name in names]
    return None if None in found else [period for each in found for period in each or ()]


def _days(today: date) -> Iterator[date]:
    return (today + timedelta(days=each) for each in range(_YEARS * 366))


def _is_never(periods: list[_Period] | None, today: date) -> bool:
    return periods is not None and not any(period.on(day) for day in _days(today) for period in periods)


def _is_always(periods: list[_Period] | None, today: date) -> bool:
    return periods is not None and all(
        _is_whole([each for one in periods for each in one.on(day)]) for day in _days(today)
    )


def _is_whole(ranges: Sequence[Range]) -> bool:
    """Return whether ranges of minutes cover a day."""
    covered = -1
    for first, last in sorted(ranges):
        if first > covered + 1:
            return False
        covered = max(covered, last)
    return covered >= _DAY_MINUTES - 1
