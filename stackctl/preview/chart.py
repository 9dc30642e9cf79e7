"""A time series as shapes: lines, stacks, fills, thresholds, axes and the legend."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from stackctl.design.classic import PanelJson, mapping, number
from stackctl.preview.colors import code_of
from stackctl.preview.fields import Field, fields
from stackctl.preview.frames import Data, Frame, Window
from stackctl.preview.shapes import Area, Label, Path, Rect, Shape, area, centred, fitting, line, width_of
from stackctl.report.chart import ticks

_LEGEND_LINE = 20.0
_SMALL = 12.0
_TIME_STEPS = (60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800, 2592000)
Points = list[tuple[float, float]]
Scale = Callable[[float], float]


@dataclass(frozen=True)
class Course:
    """A series in its panel: its points as drawn, and those below it in a stack."""

    field: Field
    frame: Frame
    points: Points
    base: Points

    @property
    def color(self) -> str:
        return self.field.series_color(self.frame.last)


def draw(panel: PanelJson, data: Data, window: Window, box: Area) -> Iterator[Shape]:
    """The shapes of a time series in `box`."""
    if not data.frames:
        yield from centred(box, data.trouble or "No data")
        return
    of = fields(panel, [(frame.name, frame.ref) for frame in data.frames])
    courses = _courses(list(zip(of, data.frames, strict=True)))
    chart, legend = _legend(panel, courses, box)
    yield from _plot(panel, courses, window, chart)
    yield from legend


def _courses(series: Sequence[tuple[Field, Frame]]) -> list[Course]:
    below: dict[float, float] = {}
    made = []
    for field, frame in series:
        if mapping(field.custom.get("hideFrom")).get("viz"):
            continue
        if mapping(field.custom.get("stacking")).get("mode") in ("normal", "percent"):
            base = [(at, below.get(at, 0.0)) for at, _ in frame.points]
            points = [(at, value + below.get(at, 0.0)) for at, value in frame.points]
            below |= dict(points)
        else:
            points, base = list(frame.points), [(at, 0.0) for at, _ in frame.points]
        made.append(Course(field, frame, points, base))
    return made


# -- the plot ---------------------------------------------------------------------------------------------------


def _plot(panel: PanelJson, courses: Sequence[Course], window: Window, box: Area) -> Iterator[Shape]:
    first = courses[0].field
    marks = _marks(courses, first)
    texts = [first.number(mark) for mark in marks]
    left = max(width_of(text, _SMALL) for text in texts) + 14
    plot = box.inset(left=left, top=6, right=10, bottom=22)
    low, high = marks[0], marks[-1]
    low = first.low if first.low is not None else low
    high = first.high if first.high is not None and first.high > low else high

    def x(at: float) -> float:
        return plot.x + (at - window.start) / (window.end - window.start) * plot.w

    def y(value: float) -> float:
        return plot.bottom - (min(max(value, low), high) - low) / (high - low or 1) * plot.h

    for mark, text in zip(marks, texts, strict=True):
        if low <= mark <= high:
            yield Path(line([(plot.x, y(mark)), (plot.right, y(mark))]), look="grid")
            yield Label(plot.x - 8, y(mark) + 4, text, _SMALL, "muted", anchor="end")
    for at, text in time_marks(window, plot.w):
        yield Path(line([(x(at), plot.y), (x(at), plot.bottom)]), look="grid")
        yield Label(x(at), plot.bottom + 17, text, _SMALL, "muted", anchor="middle")
    for course in courses:
        yield from _course(course, window, x, y)
    yield from _thresholds(panel, first, plot, y, (low, high))


def _marks(courses: Sequence[Course], first: Field) -> list[float]:
    """The marks of the value axis: around all values and the soft ends, or where the field says that it ends."""
    values = [value for course in courses for _, value in course.points]
    low, high = min(values), max(values)
    for key, choose in (("axisSoftMin", min), ("axisSoftMax", max)):
        soft = number(first.custom.get(key))
        if soft is not None:
            low, high = (choose(low, soft), high) if choose is min else (low, choose(high, soft))
    low = first.low if first.low is not None else low
    high = first.high if first.high is not None else high
    if low == high == 0:
        high = 100.0  # As Grafana draws it, where nothing says more.
    if first.decimals == 0 and high - low < 1:
        high = low + 1
    found = ticks(low, high, first.unit)
    return found if first.decimals != 0 else [mark for mark in found if mark == round(mark)] or [low, high]


def _course(course: Course, window: Window, x: Scale, y: Scale) -> Iterator[Shape]:
    custom, color = course.field.custom, course.color
    fill = (number(custom.get("fillOpacity")) or 0) / 100
    width = number(custom.get("lineWidth"))
    gap = _bridged(custom.get("spanNulls"), window.step)
    for upper, lower in _stretches(course, gap):
        points = [(x(at), y(value)) for at, value in upper]
        if custom.get("drawStyle") == "bars":
            bar = max(1.0, (points[-1][0] - points[0][0]) / max(len(points), 1) * 0.8)
            for place, height in points:
                yield Rect(place - bar / 2, height, bar, max(0.0, y(0.0) - height), color, opacity=max(fill, 0.5))
            continue
        if fill and len(points) > 1:
            yield Path(area(points, [(x(at), y(value)) for at, value in lower]), fill=color, opacity=fill)
        if len(points) == 1:
            points = [(points[0][0] - 1, points[0][1]), (points[0][0] + 1, points[0][1])]
        if course.field.color_mode == "thresholds" and custom.get("gradientMode") == "scheme":
            yield from _by_value(course.field, upper, points, width or 1)
        else:
            yield Path(line(points), stroke=color, width=1 if width is None else width)


def _by_value(field: Field, values: Points, points: Points, width: float) -> Iterator[Shape]:
    """A line whose pieces have the colours of their values."""
    for n in range(1, len(points)):
        color = (
            field.step_color((values[n - 1][1] + values[n][1]) / 2)
            if n < len(values)
            else field.step_color(values[-1][1])
        )
        yield Path(line(points[n - 1 : n + 1]), stroke=color, width=width)


def _bridged(span: object, step: float) -> float:
    """The longest gap between points that a line goes across, in seconds."""
    if span is True:
        return math.inf
    milliseconds = number(span) or 0.0
    return max(1.5 * step, milliseconds / 1000)


def _stretches(course: Course, gap: float) -> Iterator[tuple[Points, Points]]:
    start = 0
    for n in range(1, len(course.points) + 1):
        if n == len(course.points) or course.points[n][0] - course.points[n - 1][0] > gap:
            yield course.points[start:n], course.base[start:n]
            start = n


def _thresholds(panel: PanelJson, field: Field, plot: Area, y: Scale, ends: tuple[float, float]) -> Iterator[Shape]:
    style = str(mapping(panel.custom.get("thresholdsStyle")).get("mode") or "off")
    if style == "off":
        return
    for start, color in field.steps:
        if ends[0] <= start <= ends[1]:
            height = y(start)
            dash = "8 6" if "dashed" in style else ""
            if "line" in style or "dashed" in style:
                yield Path(line([(plot.x, height), (plot.right, height)]), stroke=code_of(color), width=1.5, dash=dash)
            if "area" in style:
                yield Rect(plot.x, plot.y, plot.w, max(0.0, height - plot.y), code_of(color), opacity=0.1)


def time_marks(window: Window, width: float) -> Iterator[tuple[float, str]]:
    """The marks of a time axis that is so wide: when, and what they say."""
    span, most = window.end - window.start, max(2, int(width / 70))
    step = next((each for each in _TIME_STEPS if span / each <= most), _TIME_STEPS[-1])
    form = "%m/%d" if step >= 86400 else "%m/%d %H:%M" if span > 86400 else "%H:%M"
    for n in range(math.ceil(window.start / step), math.floor(window.end / step) + 1):
        yield n * step, datetime.fromtimestamp(n * step, timezone.utc).strftime(form)


# -- the legend -------------------------------------------------------------------------------------------------


def _legend(panel: PanelJson, courses: Sequence[Course], box: Area) -> tuple[Area, list[Shape]]:
    """Return the area that is left for the chart, and the shapes of the legend."""
    options = mapping(panel.options.get("legend"))
    if options.get("showLegend") is False or options.get("displayMode") == "hidden":
        return box, []
    calcs = [str(calc) for calc in options.get("calcs") or [] if isinstance(calc, str)]
    table = options.get("displayMode") == "table"
    ordered = _in_order(courses, options) if table else list(courses)
    if options.get("placement") == "right":
        width = min(box.w * 0.45, _table_width(courses, calcs))
        return box.inset(right=width + 12), list(
            _table(ordered, calcs if table else [], Area(box.right - width, box.y, width, box.h))
        )
    if table:
        height = min(box.h * 0.4, (len(courses) + 1) * _LEGEND_LINE)
        return box.inset(bottom=height), list(_table(ordered, calcs, Area(box.x, box.bottom - height, box.w, height)))
    lines = _wrapped(courses, box.w)
    height = min(box.h * 0.35, len(lines) * _LEGEND_LINE)
    return box.inset(bottom=height), list(_list(lines, Area(box.x, box.bottom - height, box.w, height)))


def _in_order(courses: Sequence[Course], options: object) -> list[Course]:
    by = str(mapping(options).get("sortBy") or "")
    calc = {"Last *": "lastNotNull", "Last": "last", "Max": "max", "Min": "min", "Mean": "mean", "Total": "sum"}.get(by)
    if calc is None:
        return list(courses)
    descending = bool(mapping(options).get("sortDesc"))
    return sorted(courses, key=lambda course: _calculated(course.frame, calc), reverse=descending)


def _calculated(frame: Frame, calc: str) -> float:
    values = [value for _, value in frame.points]
    match calc:
        case "max":
            return max(values)
        case "min":
            return min(values)
        case "mean":
            return sum(values) / len(values)
        case "sum":
            return sum(values)
    return values[-1]


_HEADS = {"lastNotNull": "Last *", "last": "Last", "max": "Max", "min": "Min", "mean": "Mean", "sum": "Total"}


def _columns(courses: Sequence[Course], calcs: Sequence[str]) -> list[float]:
    """The width of each column of values."""
    texts = [[course.field.number(_calculated(course.frame, calc)) for course in courses] for calc in calcs]
    return [
        max(width_of(text, _SMALL) for text in [_HEADS.get(calc, calc), *column]) + 16
        for calc, column in zip(calcs, texts, strict=True)
    ]


def _table_width(courses: Sequence[Course], calcs: Sequence[str]) -> float:
    names = max(width_of(course.field.name, _SMALL) for course in courses)
    return max(110.0, 28 + names + sum(_columns(courses, calcs)))


def _table(courses: Sequence[Course], calcs: Sequence[str], box: Area) -> Iterator[Shape]:
    widths = _columns(courses, calcs)
    ends = [box.right - sum(widths[n + 1 :]) for n in range(len(widths))]
    y = box.y + 14
    if calcs:
        yield Label(box.x + 22, y, "Name", _SMALL, "muted", bold=True)
        for calc, end in zip(calcs, ends, strict=True):
            yield Label(end, y, _HEADS.get(calc, calc), _SMALL, "muted", anchor="end", bold=True)
        y += _LEGEND_LINE
    room = box.w - 26 - sum(widths)
    for place, course in enumerate(courses):
        if y + _LEGEND_LINE > box.bottom and place < len(courses) - 1:
            yield Label(box.x + 22, y, f"and {len(courses) - place} more", _SMALL, "muted")
            return
        yield Rect(box.x, y - 6, 14, 4, course.color, radius=2)
        yield Label(box.x + 22, y, fitting(course.field.name, room, _SMALL), _SMALL)
        for calc, end in zip(calcs, ends, strict=True):
            yield Label(end, y, course.field.number(_calculated(course.frame, calc)), _SMALL, anchor="end")
        y += _LEGEND_LINE


def _wrapped(courses: Sequence[Course], width: float) -> list[list[Course]]:
    lines: list[list[Course]] = [[]]
    used = 0.0
    for course in courses:
        needed = 32 + width_of(course.field.name, _SMALL)
        if lines[-1] and used + needed > width:
            lines.append([])
            used = 0.0
        lines[-1].append(course)
        used += needed
    return lines


def _list(lines: Sequence[Sequence[Course]], box: Area) -> Iterator[Shape]:
    y = box.y + 15
    for courses in lines:
        if y > box.bottom + 2:
            return
        x = box.x
        for course in courses:
            yield Rect(x, y - 6, 14, 4, course.color, radius=2)
            name = fitting(course.field.name, box.w - 24, _SMALL)
            yield Label(x + 20, y, name, _SMALL)
            x += 32 + width_of(name, _SMALL)
        y += _LEGEND_LINE
