"""The geometry of a chart: lines over time become the polylines, ticks and legend that the page draws. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from stackctl.report.panel_history import Line, Point
from stackctl.report.quantity import base, shown

WIDTH, HEIGHT = 320, 130
# Around the drawing, in the units of the view box; a character of a label is so wide.
_TOP, _RIGHT, _BOTTOM, _CHARACTER = 6, 4, 16, 6.0
_TIME_STEPS = (5, 10, 15, 30, 60, 120, 180, 300, 600)
_TICKS = 4
_ROUND = {
    10.0: (1, 2, 2.5, 5, 10),
    1024.0: (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024),
    60.0: (1, 2, 5, 10, 15, 30, 60),
}
# Differences of larger numbers are infinite.
GREATEST = 1e300


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: where, and what it says."""

    at: float
    text: str


@dataclass(frozen=True)
class Entry:
    """A line: its polylines ("x,y x,y", one for each stretch without a gap), and what the legend says of it."""

    name: str
    stretches: tuple[str, ...]
    least: str
    most: str
    last: str


@dataclass(frozen=True)
class Drawing:
    """A chart in a view box of WIDTH by HEIGHT: `left` and `bottom` are where the axes are. `alt` says it in words."""

    entries: tuple[Entry, ...]
    ticks: tuple[Tick, ...]
    times: tuple[Tick, ...]
    left: float
    bottom: float
    alt: str


def draw(lines: Sequence[Line], start: float, end: float, step: float, unit: str = "") -> Drawing:
    """The drawing of `lines` (one at least, each with a point) from `start` to `end`, a point every `step` seconds."""
    values = [value for line in lines for _, value in line.points]
    marks = ticks(min(values), max(values), unit)
    texts = [shown(mark, unit) for mark in marks]
    left = round(max(map(len, texts)) * _CHARACTER) + 6
    bottom = HEIGHT - _BOTTOM
    low, high = marks[0], marks[-1]

    def place(point: Point) -> tuple[int, int]:
        x = left + (point[0] - start) / (end - start) * (WIDTH - _RIGHT - left)
        value = min(max(point[1], low), high)
        return round(x), round(bottom - (value - low) / (high - low) * (bottom - _TOP))

    entries = tuple(
        _entry(line, [list(map(place, part)) for part in _parts(line.points, step)], unit) for line in lines
    )
    heights = tuple(Tick(place((start, mark))[1], text) for mark, text in zip(marks, texts, strict=True))
    times = tuple(Tick(place((time, low))[0], text) for time, text in _times(start, end))
    count = f"{len(lines)} series" if len(lines) != 1 else lines[0].name
    alt = f"{count}, between {shown(min(values), unit)} and {shown(max(values), unit)}"
    return Drawing(entries, heights, times, left, bottom, alt)


def ticks(least: float, most: float, unit: str = "") -> list[float]:
    """Round values around all from `least` to `most` within GREATEST, zero among them unless it is a date."""
    least, most = max(least, -GREATEST), min(most, GREATEST)
    if not unit.startswith("dateTime"):
        least, most = min(least, 0.0), max(most, 0.0)
    if most - least <= abs(most) * 1e-9:
        most = least + max(1.0, abs(least) / 100)
    if unit.startswith("bool") and (least, most) == (0, 1):
        return [0.0, 1.0]
    step = _round_up((most - least) / _TICKS, base(unit))
    first = math.floor(least / step + 1e-9)
    last = math.ceil(most / step - 1e-9)
    return [n * step for n in range(first, max(last, first + 1) + 1)]


def _round_up(step: float, power: float) -> float:
    """The next round number from `step` on: below 1 all numbers are decimal."""
    power = power if step > 1 else 10.0
    scale = power ** math.floor(math.log(step) / math.log(power) + 1e-9)
    return next(scale * each for each in _ROUND[power] if scale * each >= step * (1 - 1e-9))


def _times(start: float, end: float) -> Iterator[tuple[float, str]]:
    step = next((each for each in _TIME_STEPS if (end - start) / each <= _TICKS), _TIME_STEPS[-1])
    form = "%H:%M" if step % 60 == 0 else "%H:%M:%S"
    for n in range(math.ceil(start / step), math.floor(end / step) + 1):
        yield n * step, datetime.fromtimestamp(n * step, timezone.utc).strftime(form)


def _entry(line: Line, parts: Sequence[Sequence[tuple[int, int]]], unit: str) -> Entry:
    values = [value for _, value in line.points]
    stretches = tuple(" ".join(f"{x},{y}" for x, y in _simplified(part)) for part in parts)
    least, most, last = (shown(value, unit) for value in (min(values), max(values), values[-1]))
    return Entry(line.name, stretches, least, most, last)


def _parts(points: Sequence[Point], step: float) -> list[list[Point]]:
    """The points in stretches without a gap."""
    parts: list[list[Point]] = []
    for point in points:
        if parts and point[0] - parts[-1][-1][0] <= 1.5 * step:
            parts[-1].append(point)
        else:
            parts.append([point])
    return parts


def _simplified(points: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The points without those on the straight between their neighbours. A single one becomes a dash to be seen."""
    if len(points) == 1:
        x, y = points[0]
        return [(x - 1, y), (x + 1, y)]
    kept: list[tuple[int, int]] = []
    for point in points:
        if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept[-1] = point
        else:
            kept.append(point)
    return kept


def _straight(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[1] - a[1]) * (c[0] - b[0]) == (c[1] - b[1]) * (b[0] - a[0])
