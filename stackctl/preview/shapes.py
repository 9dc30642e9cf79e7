"""The few shapes that a preview is drawn of, and text that fits into them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# A character is so wide, as a share of the size of the letters.
_WIDTH = 0.57


@dataclass(frozen=True)
class Rect:
    """A rectangle. `look` is a class of the style sheet, `fill` a colour in its place."""

    x: float
    y: float
    w: float
    h: float
    fill: str = ""
    look: str = ""
    opacity: float = 1.0
    radius: float = 0.0
    kind: str = "rect"


@dataclass(frozen=True)
class Label:
    """A line of text at its baseline; `anchor` is "start", "middle" or "end"."""

    x: float
    y: float
    text: str
    size: float = 12.0
    look: str = "ink"
    fill: str = ""
    anchor: str = "start"
    bold: bool = False
    kind: str = "text"


@dataclass(frozen=True)
class Path:
    """A line or an area, by the commands of SVG."""

    d: str
    stroke: str = ""
    fill: str = ""
    look: str = ""
    width: float = 1.0
    opacity: float = 1.0
    dash: str = ""
    kind: str = "path"


Shape = Rect | Label | Path


@dataclass(frozen=True)
class Area:
    """A rectangle to draw in."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        return self.x + self.w

    @property
    def bottom(self) -> float:
        return self.y + self.h

    def inset(self, left: float = 0, top: float = 0, right: float = 0, bottom: float = 0) -> Area:
        return Area(self.x + left, self.y + top, max(1, self.w - left - right), max(1, self.h - top - bottom))


def width_of(text: str, size: float) -> float:
    """The width that a text takes, nearly."""
    return len(text) * size * _WIDTH


def fitting(text: str, width: float, size: float) -> str:
    """`text`, cut where it would be wider than `width`."""
    room = int(width / (size * _WIDTH))
    return text if len(text) <= room else f"{text[: max(room - 1, 0)]}…"


def line(points: list[tuple[float, float]]) -> str:
    """The commands of a line through `points`."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def area(upper: list[tuple[float, float]], lower: list[tuple[float, float]]) -> str:
    """The commands of the area between two lines."""
    return f"{line([*upper, *reversed(lower)])}Z"


def centred(box: Area, text: str, look: str = "muted", size: float = 14) -> Iterator[Shape]:
    """A text in the middle of a box."""
    yield Label(
        box.x + box.w / 2, box.y + box.h / 2 + size / 3, fitting(text, box.w, size), size, look, anchor="middle"
    )
