"""Panels that show one value of each series: stat, bar gauge, gauge."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stackctl.design.classic import PanelJson, mapping, number
from stackctl.preview.colors import code_of
from stackctl.preview.fields import Field, fields
from stackctl.preview.frames import Data, Frame
from stackctl.preview.shapes import Area, Label, Path, Rect, Shape, area, centred, fitting, line, width_of

_GAP = 8.0


@dataclass(frozen=True)
class Value:
    """A series reduced to the value that is shown."""

    field: Field
    frame: Frame
    value: float

    @property
    def text(self) -> str:
        return self.field.text(self.value)

    @property
    def color(self) -> str:
        return self.field.color(self.value)


def values_of(panel: PanelJson, data: Data) -> list[Value]:
    """Each series with the value that the panel reduces it to."""
    calcs = mapping(panel.options.get("reduceOptions")).get("calcs")
    calc = str(calcs[0]) if isinstance(calcs, list) and calcs else "lastNotNull"
    of = fields(panel, [(frame.name, frame.ref) for frame in data.frames])
    return [Value(field, frame, _reduced(frame, calc)) for field, frame in zip(of, data.frames, strict=True)]


def _reduced(frame: Frame, calc: str) -> float:
    values = [value for _, value in frame.points]
    known = {
        "max": max(values),
        "min": min(values),
        "sum": sum(values),
        "mean": sum(values) / len(values),
        "first": values[0],
    }
    return known.get(calc, values[-1])


# -- stat -------------------------------------------------------------------------------------------------------


def stat(panel: PanelJson, data: Data, box: Area) -> Iterator[Shape]:
    """One tile for each series, as large as fits."""
    values = values_of(panel, data)
    if not values:
        yield from centred(box, str(panel.defaults.get("noValue") or data.trouble or "No data"))
        return
    columns = _columns(len(values), box)
    rows = math.ceil(len(values) / columns)
    w, h = (box.w - _GAP * (columns - 1)) / columns, (box.h - _GAP * (rows - 1)) / rows
    tiles = [
        Area(box.x + (n % columns) * (w + _GAP), box.y + (n // columns) * (h + _GAP), w, h) for n in range(len(values))
    ]
    size = min(_size(value.text, tile, named=len(values) > 1) for value, tile in zip(values, tiles, strict=True))
    for value, tile in zip(values, tiles, strict=True):
        yield from _tile(panel, value, tile, size, named=len(values) > 1)


def _columns(count: int, box: Area) -> int:
    """The columns in which the tiles are nearest to their best form."""

    def form(columns: int) -> float:
        return min(box.w / columns / 2.2, box.h / math.ceil(count / columns))

    return max(range(1, count + 1), key=form)


def _size(text: str, tile: Area, *, named: bool) -> float:
    return max(12.0, min(tile.h * (0.45 if named else 0.62), 46.0, (tile.w - 12) / max(width_of(text, 1), 0.5)))


def _tile(panel: PanelJson, value: Value, tile: Area, size: float, *, named: bool) -> Iterator[Shape]:
    name = str(panel.options.get("textMode") or "auto")
    color, fill = value.color, ""
    if str(panel.options.get("colorMode") or "value").startswith("background"):
        yield Rect(tile.x, tile.y, tile.w, tile.h, color, radius=2)
        fill = "#ffffff"
    if panel.options.get("graphMode") == "area" and len(value.frame.points) > 1:
        yield from _spark(value, Area(tile.x, tile.y + tile.h * 0.55, tile.w, tile.h * 0.45))
    shows_name = name in ("name", "value_and_name") or (name == "auto" and named)
    middle = tile.y + tile.h / 2 + size * 0.36
    if shows_name:
        small = min(14.0, max(11.0, tile.h * 0.2))
        middle += small * 0.5
        yield Label(
            tile.x + tile.w / 2, middle - size * 0.74 - 6,
            fitting(value.field.name, tile.w - 8, small), small, "ink", fill, "middle",
        )  # fmt: skip
    yield Label(tile.x + tile.w / 2, middle, fitting(value.text, tile.w, size), size, "", fill or color, "middle", True)


def _spark(value: Value, box: Area) -> Iterator[Shape]:
    points = value.frame.points
    values = [each for _, each in points]
    low, high = min(0.0, *values), max(values)
    begin, end = points[0][0], points[-1][0]

    def place(at: float, each: float) -> tuple[float, float]:
        return box.x + (at - begin) / (end - begin or 1) * box.w, box.bottom - (each - low) / (high - low or 1) * box.h

    upper = [place(*point) for point in points]
    yield Path(area(upper, [(upper[0][0], box.bottom), (upper[-1][0], box.bottom)]), fill=value.color, opacity=0.18)
    yield Path(line(upper), stroke=value.color, width=1.5)


# -- bar gauge --------------------------------------------------------------------------------------------------


def bars(panel: PanelJson, data: Data, box: Area) -> Iterator[Shape]:
    """A bar for each series, from left to right."""
    values = values_of(panel, data)
    if not values:
        yield from centred(box, data.trouble or "No data")
        return
    manual = panel.options.get("sizing") == "manual"
    tallest = (number(panel.options.get("maxVizHeight")) or 300.0) if manual else 300.0
    shown = values[: max(1, int(box.h // 22))]
    height = min(tallest, (box.h - _GAP * (len(shown) - 1)) / len(shown))
    names = min(box.w * 0.4, max(width_of(value.field.name, 13) for value in shown) + 10)
    texts = max(width_of(value.text, 15) for value in shown) + 10
    low, high = _scale(values)
    for n, value in enumerate(shown):
        row = Area(box.x, box.y + n * (height + _GAP), box.w, height)
        bar = row.inset(left=names, right=texts)
        yield Label(row.x, row.y + height / 2 + 4.5, fitting(value.field.name, names - 6, 13), 13)
        yield Rect(bar.x, bar.y, bar.w, bar.h, look="unfilled", radius=2)
        yield from _bar(panel, value, bar, (low, high))
        yield Label(row.right, row.y + height / 2 + 5, value.text, 15, "", value.color, "end", True)


def _bar(panel: PanelJson, value: Value, bar: Area, ends: tuple[float, float]) -> Iterator[Shape]:
    low, high = ends
    length = bar.w * max(0.0, min((value.value - low) / (high - low or 1), 1.0))
    if panel.options.get("displayMode", "gradient") == "basic":
        yield Rect(bar.x, bar.y, length, bar.h, value.color, opacity=0.45, radius=2)
        yield Rect(bar.x + max(0.0, length - 2), bar.y, min(2.0, length), bar.h, value.color)
        return
    # Each part in the colour of the threshold that it has passed, whatever the value is.
    starts = [max(low, start) for start, _ in value.field.steps]
    for start, end, (_, color) in zip(starts, [*starts[1:], high], value.field.steps, strict=True):
        left = bar.w * (start - low) / (high - low or 1)
        right = min(length, bar.w * (end - low) / (high - low or 1))
        if right > left:
            yield Rect(bar.x + left, bar.y, right - left, bar.h, code_of(color), opacity=0.7)


def _scale(values: Sequence[Value]) -> tuple[float, float]:
    """The ends of the scale: those of the field, else those of the values."""
    first = values[0].field
    low = first.low if first.low is not None else min(0.0, *(value.value for value in values))
    high = first.high if first.high is not None else max(value.value for value in values)
    return low, high if high > low else low + 1


# -- gauge ------------------------------------------------------------------------------------------------------


def gauges(panel: PanelJson, data: Data, box: Area) -> Iterator[Shape]:
    """A dial for each series, side by side."""
    values = values_of(panel, data)[: max(1, int(box.w // 90))]
    if not values:
        yield from centred(box, data.trouble or "No data")
        return
    width = box.w / len(values)
    for n, value in enumerate(values):
        cell = Area(box.x + n * width, box.y, width, box.h)
        name = value.field.name if len(values) > 1 else ""
        yield from _dial(value, cell.inset(bottom=18 if name else 0), _scale([value]))
        if name:
            yield Label(cell.x + width / 2, cell.bottom - 3, fitting(name, width - 8, 12), 12, anchor="middle")


def _dial(value: Value, box: Area, ends: tuple[float, float]) -> Iterator[Shape]:
    low, high = ends
    high = value.field.high if value.field.high is not None else max(high, 100.0)
    radius = min(box.w / 2 - 6, box.h / 1.75 - 6)
    x, y = box.x + box.w / 2, box.y + box.h / 2 + radius * 0.22
    share = max(0.0, min((value.value - low) / (high - low or 1), 1.0))
    yield Path(_arc(x, y, radius, 0.0, 1.0), look="unfilled-line", width=radius * 0.26)
    if share:
        yield Path(_arc(x, y, radius, 0.0, share), stroke=value.color, width=radius * 0.26)
    starts = [max(0.0, min((start - low) / (high - low or 1), 1.0)) for start, _ in value.field.steps]
    for start, end, (_, color) in zip(starts, [*starts[1:], 1.0], value.field.steps, strict=True):
        if end > start:
            yield Path(_arc(x, y, radius * 1.2, start, end), stroke=code_of(color), width=3)
    size = min(30.0, radius * 1.3 / max(width_of(value.text, 1), 0.5))
    yield Label(x, y + size * 0.3, value.text, size, "", value.color, "middle", True)


def _arc(x: float, y: float, radius: float, start: float, end: float) -> str:
    """Three quarters of a circle, from `start` to `end` of them."""

    def at(share: float) -> str:
        angle = math.radians(135 + 270 * share)
        return f"{x + radius * math.cos(angle):.1f} {y + radius * math.sin(angle):.1f}"

    return f"M{at(start)}A{radius:.1f} {radius:.1f} 0 {int((end - start) * 270 > 180)} 1 {at(end)}"
