"""Units of values, as names of metrics and contracts give them."""

from __future__ import annotations

import re
from dataclasses import dataclass

# How a metric's name ends -> the unit, and how much of it one is.
_NAMED: dict[str, tuple[str, float]] = {
    "seconds": ("seconds", 1.0),
    "milliseconds": ("seconds", 1e-3),
    "millis": ("seconds", 1e-3),
    "ms": ("seconds", 1e-3),
    "microseconds": ("seconds", 1e-6),
    "nanoseconds": ("seconds", 1e-9),
    "minutes": ("seconds", 60.0),
    "hours": ("seconds", 3600.0),
    "days": ("seconds", 86400.0),
    "bytes": ("bytes", 1.0),
    "kilobytes": ("bytes", 1e3),
    "megabytes": ("bytes", 1e6),
    "gigabytes": ("bytes", 1e9),
    "ratio": ("ratio", 1.0),
    "percent": ("ratio", 0.01),
    "celsius": ("celsius", 1.0),
    "volts": ("volts", 1.0),
    "amperes": ("amperes", 1.0),
    "joules": ("joules", 1.0),
    "watts": ("watts", 1.0),
    "hertz": ("hertz", 1.0),
    "meters": ("meters", 1.0),
    "grams": ("grams", 1.0),
}
_PARTS = re.compile(r"_(total|sum|bucket|max|min|avg|created)$")
# Names of points in time, which are in seconds since 1970 and no durations.
_MOMENT = re.compile(
    r"timestamp|(?:start|boot|created|creation|modified|expiry|expiration|not_after|not_before)_?time?"
)
# Factors by which people convert: between steps of a thousand, to minutes, hours and days, and to percent.
_STEPS = (1e3, 1e6, 1e9, 60.0, 3600.0, 86400.0, 1024.0, 1024.0**2, 1024.0**3)
_STEPS_OF = {"ratio": (100.0,)}
_NAMES = {
    ("seconds", 1e-3): "milliseconds",
    ("seconds", 1e-6): "microseconds",
    ("seconds", 1e-9): "nanoseconds",
    ("seconds", 60.0): "minutes",
    ("seconds", 3600.0): "hours",
    ("seconds", 86400.0): "days",
    ("ratio", 0.01): "percent",
    ("moment", 1.0): "a time in seconds since 1970",
}


@dataclass(frozen=True)
class Unit:
    """`scale` of the unit `base`, or of it in each second. 0.001 of "seconds" are milliseconds.

    The base "moment" is a point in time, in seconds since 1970, and "count" is a number of events or things.
    """

    base: str
    scale: float = 1.0
    per_second: bool = False

    def times(self, factor: float) -> Unit:
        """Return the unit of a value that was multiplied by `factor`."""
        return Unit(self.base, self.scale / factor, self.per_second) if factor > 0 and factor != 1 else self

    def is_like(self, other: Unit) -> bool:
        """Return whether values of both may be compared and added. Two moments may, and a moment and a duration."""
        if {self.base, other.base} & {"moment", "count"}:
            return True
        return (self.base, self.per_second) == (other.base, other.per_second) and not self._is_step_of(other)

    def _is_step_of(self, other: Unit) -> bool:
        """Return whether one is a multiple of the other by which people convert: any other factor is a calculation."""
        factor = max(self.scale, other.scale) / min(self.scale, other.scale)
        steps = _STEPS_OF.get(self.base, _STEPS)
        return any(abs(factor / step - 1) < 1e-6 for step in steps)

    def __str__(self) -> str:
        near = next(
            (
                name
                for (base, scale), name in _NAMES.items()
                if base == self.base and abs(self.scale / scale - 1) < 1e-6
            ),
            "",
        )
        name = near or (self.base if self.scale == 1 else f"{self.scale:g} {self.base}")
        return f"{name} per second" if self.per_second else name


COUNT = Unit("count")
MOMENT = Unit("moment")
RATIO = Unit("ratio")
SECONDS = Unit("seconds")


def of_name(name: str, declared: str = "") -> Unit | None:
    """Return the unit that a series name ends with, or that its contract has `declared`; None where neither says."""
    if declared:
        base, scale = _NAMED.get(declared, (declared, 1.0))
        return MOMENT if base == "seconds" and _MOMENT.search(name) else Unit(base, scale)
    stem = _PARTS.sub("", name)
    last = stem.rpartition("_")[2]
    if last not in _NAMED or last == stem:
        return None
    if _NAMED[last][0] == "seconds" and (_MOMENT.search(stem) or stem.endswith("_time_seconds")):
        return MOMENT if _MOMENT.search(stem) else None
    return Unit(*_NAMED[last])


def quotient(left: Unit | None, right: Unit | None) -> Unit | None:
    """Return the unit of one value divided by another."""
    if left is None or right is None:
        return None
    if left.per_second == right.per_second:
        if left.base == right.base:
            return Unit("ratio", left.scale / right.scale) if left.base != "moment" else RATIO
        if right.base == "count":
            return Unit(left.base, left.scale)
    return None
