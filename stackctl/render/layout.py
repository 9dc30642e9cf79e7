"""Layout of a compact dashboard's panels on Grafana's grid of 24 columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from stackctl.model import Panel, Row

COLUMNS = 24
HEADING_HEIGHT = 1

# The width below which a kind of panel cannot be read on a laptop (a column is about 50 pixels there), and its height
# (a grid unit is 38 pixels: a line of stats and two of time series fill such a screen).
_LEAST = {"stat": 4, "gauge": 4, "bargauge": 5, "text": 6}
_LEAST_ELSE = 8
_HEIGHTS = {"stat": 4, "text": 4}
_HEIGHT_ELSE = 8

# A screen of 1440 by 900 shows so much of a dashboard; a chart is made higher by so much at most to fill it.
_SCREEN = 20
_MOST_ADDED = 8

Least = Callable[[Panel], int]
Lines = Sequence[Sequence[Panel]]

# What it costs to put panels of different heights on one line, next to the squares of the columns left over: a
# stat is better alone with its like, but better next to a time series than on a line of its own.
_MIXED = 128


@dataclass(frozen=True)
class Box:
    """A place on the grid."""

    x: int
    y: int
    w: int
    h: int


def least_width(panel: Panel) -> int:
    """The width that a panel has, or below which it cannot be read."""
    return panel.width or _LEAST.get(panel.kind, _LEAST_ELSE)


def place(rows: Sequence[Row], least: Least = least_width) -> list[tuple[Box | None, list[Box]]]:
    """For each row the place of its heading (None without a title) and those of its panels.

    No two places overlap, none is wider than the grid, and the panels fill each line unless their widths are given.
    A collapsed row takes the height of its heading only; its panels are below it, where Grafana unfolds them.
    `least` is the width that a panel needs.
    """
    lines = [_lines(row.panels, least) for row in rows]
    result: list[tuple[Box | None, list[Box]]] = []
    y = 0
    for row, of, heights in zip(rows, lines, _line_heights(rows, lines), strict=True):
        heading = Box(0, y, COLUMNS, HEADING_HEIGHT) if row.title else None
        y += HEADING_HEIGHT if heading else 0
        boxes = list(_boxes(of, heights, y, least))
        result.append((heading, boxes))
        if not (heading and row.collapsed):
            y = max(box.y + box.h for box in boxes)
    return result


def _line_heights(rows: Sequence[Row], lines: Sequence[Lines]) -> list[list[int]]:
    """The height of each line. The charts of a dashboard that leaves some of the first screen empty are higher."""
    heights = [[max(map(_height, line)) for line in of] for of in lines]
    left = _SCREEN - sum(map(sum, heights)) - sum(HEADING_HEIGHT for row in rows if row.title)
    charts = [
        (r, n)
        for r, of in enumerate(lines)
        for n, line in enumerate(of)
        if heights[r][n] == _HEIGHT_ELSE and all(panel.height is None for panel in line) and any(map(_is_chart, line))
    ]
    if left > 0 and not any(row.collapsed for row in rows):
        for number, (r, n) in enumerate(charts):
            share = left * (number + 1) // len(charts) - left * number // len(charts)
            heights[r][n] += min(share, _MOST_ADDED)
    return heights


def _is_chart(panel: Panel) -> bool:
    """Return whether a panel shows more of its course when it is higher."""
    return panel.kind in ("timeseries", "heatmap", "state-timeline")


def _boxes(lines: Lines, heights: Sequence[int], y: int, least: Least) -> Iterator[Box]:
    for line, height in zip(lines, heights, strict=True):
        x = 0
        for panel, width in zip(line, _widths(line, least), strict=True):
            yield Box(x, y, width, panel.height or height)
            x += width
        y += height


def _lines(panels: Sequence[Panel], least: Least) -> list[Sequence[Panel]]:
    """The panels in lines, broken as a typesetter breaks a paragraph: with the least unevenness over all lines."""
    best: list[tuple[int, list[Sequence[Panel]]]] = [(0, [])]
    for end in range(1, len(panels) + 1):
        options = []
        for start in range(end - 1, -1, -1):
            line = panels[start:end]
            if sum(map(least, line)) > COLUMNS:
                break
            cost, lines = best[start]
            options.append((cost + _cost(line, least), [*lines, line]))
        best.append(min(options, key=lambda option: option[0]))
    return best[-1][1]


def _cost(line: Sequence[Panel], least: Least) -> int:
    left = COLUMNS - sum(map(least, line))
    return left * left + (_MIXED if len({_height(panel) for panel in line}) > 1 else 0)


def _widths(line: Sequence[Panel], least: Least) -> Iterator[int]:
    """Given widths as they are; the others share what is left, in proportion to the least they need."""
    free = COLUMNS - sum(panel.width or 0 for panel in line)
    shares = sum(least(panel) for panel in line if panel.width is None)
    taken = edge = 0
    for panel in line:
        if panel.width is not None:
            yield panel.width
            continue
        taken += least(panel)
        right = free * taken // shares
        yield right - edge
        edge = right


def _height(panel: Panel) -> int:
    return panel.height or _HEIGHTS.get(panel.kind, _HEIGHT_ELSE)
