"""Durations in Prometheus' notation: `15s`, `1h30m`, `7d`. The units and their order are Prometheus' own."""

from __future__ import annotations

import re
from functools import lru_cache

_UNITS = {"y": 365 * 86400.0, "w": 7 * 86400.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}
# What fits into the nanoseconds that Prometheus counts in: 292 years.
LONGEST_SECONDS = 2**63 / 1e9
# For how long Prometheus finds the last sample of a series, unless a flag says another time.
DEFAULT_LOOKBACK = "5m"
_DURATION = re.compile("".join(rf"(?:(?P<{unit}>[0-9]+){unit})?" for unit in _UNITS))


@lru_cache(1_000)
def seconds(text: str) -> float:
    """`text` in seconds. Raises ValueError when it is not a duration as Prometheus reads them ("0" is one)."""
    if text == "0":
        return 0.0
    match = _DURATION.fullmatch(text)
    if not text or not match:
        raise ValueError(f"not a duration: {text!r}")
    total = sum(float(value) * _UNITS[unit] for unit, value in match.groupdict().items() if value is not None)
    if total > LONGEST_SECONDS:
        raise ValueError(f"the duration {text[:40]} is out of range")
    return total


def shown(number: float) -> str:
    """Return seconds in the largest unit of which they are a whole number, up to days: `90m`, `30d`."""
    if not number:
        return "0s"
    unit = next((unit for unit in ("d", "h", "m", "s") if number % _UNITS[unit] == 0), "ms")
    return f"{round(number / _UNITS[unit])}{unit}"


def is_shorter(text: str, least: str) -> bool:
    """Return whether a duration is shorter than another one; a text that is not a duration counts as shorter."""
    try:
        return seconds(text) < seconds(least)
    except ValueError:
        return True
