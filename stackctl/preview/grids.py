"""Panels of cells: table, state timeline, heat map, text, and what is not drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stackctl.design.classic import PanelJson, mapping, mappings
from stackctl.preview import colors
from stackctl.preview.chart import time_marks
from stackctl.preview.fields import Field, fields
from stackctl.preview.frames import Data, Frame, Window
from stackctl.preview.shapes import Area, Label, Path, Rect, Shape, centred, fitting, line, width_of

_ROW = 28.0
_SIZE = 13.0


# -- table ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """A text in a table, and its colour ("" for that of all text)."""

    text: str
    color: str = ""
    is_number: bool = False


def table(panel: PanelJson, data: Data, box: Area) -> Iterator[Shape]:
    """The series as rows: their labels, and the values of each query."""
    if not data.frames:
        yield from centred(box, data.trouble or "No data")
        return
    heads, rows = _cells(panel, data)
    widths = _shares([max(len(head), *(len(row[n].text) for row in rows)) for n, head in enumerate(heads)], box.w)
    room = max(1, int((box.h - _ROW) // _ROW))
    yield from _row([Cell(head) for head in heads], widths, box.x, box.y, bold=True)
    for n, row in enumerate(rows[: room if len(rows) <= room else room - 1]):
        top = box.y + (n + 1) * _ROW
        yield Path(line([(box.x, top), (box.right, top)]), look="grid")
        yield from _row(row, widths, box.x, top, bold=False)
    if len(rows) > room:
        yield Label(box.x + 6, box.y + room * _ROW + 19, f"and {len(rows) - room + 1} more", 12, "muted")


def _row(cells: Sequence[Cell], widths: Sequence[float], left: float, top: float, *, bold: bool) -> Iterator[Shape]:
    for cell, width in zip(cells, widths, strict=True):
        text = fitting(cell.text, width - 12, _SIZE)
        look = "" if cell.color else "ink"
        yield Label(left + 6, top + 19, text, _SIZE, look, cell.color, "start", bold)
        left += width


def _shares(lengths: Sequence[int], width: float) -> list[float]:
    weights = [min(max(length, 5), 40) for length in lengths]
    return [width * weight / sum(weights) for weight in weights]


def _cells(panel: PanelJson, data: Data) -> tuple[list[str], list[list[Cell]]]:
    """The heads and the rows, with the names and the order that the panel's transformations give."""
    refs = list(dict.fromkeys(frame.ref for frame in data.frames))
    names, left_out = _organized(panel)
    labels = sorted({label for frame in data.frames for label in frame.labels if label not in left_out})
    value_names = {ref: "Value" if len(refs) == 1 else f"Value #{ref}" for ref in refs}
    shown_refs = [ref for ref in refs if value_names[ref] not in left_out]
    named = [(names.get(value_names[ref], value_names[ref]), ref) for ref in shown_refs]
    of = dict(zip(shown_refs, fields(panel, named), strict=True))
    rows: dict[tuple[str, ...], dict[str, Frame]] = {}
    for frame in data.frames:
        rows.setdefault(tuple(frame.labels.get(label, "") for label in labels), {})[frame.ref] = frame
    heads = [names.get(label, label) for label in labels] + [name for name, _ in named]
    made = [
        [*(Cell(text) for text in key), *(_value(of[ref], found.get(ref)) for ref in shown_refs)]
        for key, found in rows.items()
    ]
    return heads, made


def _organized(panel: PanelJson) -> tuple[dict[str, str], set[str]]:
    names: dict[str, str] = {}
    left_out = {"Time", "__name__"}
    for step in mappings(panel.json.get("transformations")):
        options = mapping(step.get("options"))
        names |= {str(key): str(value) for key, value in mapping(options.get("renameByName")).items() if value}
        left_out |= {str(key) for key, hidden in mapping(options.get("excludeByName")).items() if hidden}
    return names, left_out


def _value(field: Field, frame: Frame | None) -> Cell:
    if frame is None:
        return Cell("")
    kind = str(mapping(field.custom.get("cellOptions")).get("type") or "auto")
    colored = kind.startswith("color")
    return Cell(field.text(frame.last), field.color(frame.last) if colored else "", True)


# -- state timeline ---------------------------------------------------------------------------------------------


def states(panel: PanelJson, data: Data, window: Window, box: Area) -> Iterator[Shape]:
    """A row for each series, with a block for as long as it stays the same."""
    if not data.frames:
        yield from centred(box, data.trouble or "No data")
        return
    of = fields(panel, [(frame.name, frame.ref) for frame in data.frames])
    names = min(box.w * 0.3, max(width_of(field.name, 12) for field in of) + 12)
    plot = box.inset(left=names, bottom=22)
    shown = max(1, min(len(of), int(plot.h // 16)))
    height = plot.h / shown
    for n, (field, frame) in enumerate(list(zip(of, data.frames, strict=True))[:shown]):
        top = plot.y + n * height
        yield Label(plot.x - 8, top + height / 2 + 4, fitting(field.name, names - 10, 12), 12, anchor="end")
        yield from _blocks(panel, field, frame, window, Area(plot.x, top + height * 0.08, plot.w, height * 0.84))
    for at, text in time_marks(window, plot.w):
        x = plot.x + (at - window.start) / (window.end - window.start) * plot.w
        yield Label(x, box.bottom - 5, text, 12, "muted", anchor="middle")


def _blocks(panel: PanelJson, field: Field, frame: Frame, window: Window, row: Area) -> Iterator[Shape]:
    by_threshold = field.color_mode == "thresholds" and panel.options.get("mergeValues", True) is not False
    span = window.end - window.start
    for start, end, value in _runs(field, frame, window.step, by_threshold=by_threshold):
        x = row.x + max(0.0, start - window.start) / span * row.w
        w = max(1.0, min(end, window.end) - max(start, window.start)) / span * row.w
        color = field.step_color(value) if by_threshold else field.color(value)
        yield Rect(x, row.y, w, row.h, color, opacity=0.8)
        # Merged by thresholds, Grafana writes their ranges, whatever texts are mapped to the values.
        text = _step_text(field, value) if by_threshold else field.text(value)
        if width_of(text, 12) + 12 < w and row.h > 13:
            yield Label(x + 6, row.y + row.h / 2 + 4, text, 12, "", "#111217")


def _step_text(field: Field, value: float) -> str:
    starts = [start for start, _ in field.steps if value >= start]
    return f"{'-∞' if not starts or math.isinf(starts[-1]) else field.number(starts[-1])}+"


def _runs(field: Field, frame: Frame, step: float, *, by_threshold: bool) -> Iterator[tuple[float, float, float]]:
    begin, last, value = frame.points[0][0], frame.points[0][0], frame.points[0][1]
    for at, now in frame.points[1:]:
        same = field.step_color(now) == field.step_color(value) if by_threshold else now == value
        if not same or at - last > 1.5 * step:
            yield begin, at if at - last <= 1.5 * step else last + step, value
            begin, value = at, now
        last = at
    yield begin, last + step, value


# -- heat map ---------------------------------------------------------------------------------------------------


def heat(panel: PanelJson, data: Data, window: Window, box: Area) -> Iterator[Shape]:
    """A row for each bucket, the darker the more has been counted in it."""
    buckets = _buckets(data.frames)
    if not buckets:
        yield from centred(box, data.trouble or "No data")
        return
    unit = str(mapping(panel.options.get("yAxis")).get("unit") or panel.unit)
    field = Field("", 0, {**panel.defaults, "unit": unit})
    texts = [field.number(bound) if math.isfinite(bound) else "+Inf" for bound, _ in buckets]
    names = max(width_of(text, 12) for text in texts) + 12
    plot = box.inset(left=names, bottom=22)
    height, most = plot.h / len(buckets), max(max(counts.values(), default=0.0) for _, counts in buckets) or 1.0
    width = plot.w * window.step / (window.end - window.start)
    for n, ((_, counts), text) in enumerate(zip(buckets, texts, strict=True)):
        top = plot.bottom - (n + 1) * height
        if n % max(1, math.ceil(16 / height)) == 0:
            yield Label(plot.x - 8, top + height / 2 + 4, text, 12, "muted", anchor="end")
        for at, count in counts.items():
            if count > 0:
                x = plot.x + (at - window.start) / (window.end - window.start) * plot.w
                color = colors.mixed("#e6550d", "#fdd0a2", math.sqrt(count / most))
                yield Rect(x, top, width + 0.3, height - 0.5, color)
    for at, text in time_marks(window, plot.w):
        x = plot.x + (at - window.start) / (window.end - window.start) * plot.w
        yield Label(x, box.bottom - 5, text, 12, "muted", anchor="middle")


def _buckets(frames: Sequence[Frame]) -> list[tuple[float, Mapping[float, float]]]:
    """Upper bound -> what was counted between it and the one below, at each time."""
    by_bound: dict[float, dict[float, float]] = {}
    for frame in frames:
        try:
            bound = float(frame.labels.get("le", frame.name))
        except ValueError:
            continue
        counts = by_bound.setdefault(bound, {})
        for at, value in frame.points:
            counts[at] = counts.get(at, 0.0) + value
    below: Mapping[float, float] = {}
    made: list[tuple[float, Mapping[float, float]]] = []
    for bound in sorted(by_bound):
        made.append((bound, {at: value - below.get(at, 0.0) for at, value in by_bound[bound].items()}))
        below = by_bound[bound]
    return made


# -- text, and what is not drawn --------------------------------------------------------------------------------


def text(panel: PanelJson, box: Area) -> Iterator[Shape]:
    """The text of a panel, without its markup."""
    y = box.y + 16
    for written in str(panel.options.get("content") or "").splitlines():
        heading = re.match(r"#{1,6}\s+", written)
        plain = re.sub(r"<[^>]*>|[*_`]{1,3}|\[([^\]]*)\]\([^)]*\)", lambda match: match[1] or "", written)
        plain = plain[heading.end() :] if heading else re.sub(r"^\s*[-*]\s+", "• ", plain)
        size = 18.0 if heading else 14.0
        for part in _wrap(plain, box.w, size):
            if y > box.bottom:
                return
            yield Label(box.x, y, part, size, bold=bool(heading))
            y += size * 1.5


def _wrap(text: str, width: float, size: float) -> Iterator[str]:
    room, current = max(8, int(width / (size * 0.54))), ""
    for word in text.split():
        if current and len(current) + 1 + len(word) > room:
            yield current
            current = word
        else:
            current = f"{current} {word}".strip()
    yield current


def unknown(panel: PanelJson, box: Area) -> Iterator[Shape]:
    """Yield a replacement for a kind of panel that is not drawn."""
    yield Rect(box.x, box.y, box.w, box.h, look="missing", radius=4)
    yield from centred(box, f"A panel of type `{panel.kind or 'unknown'}` is not drawn in the preview")
