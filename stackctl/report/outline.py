"""An outline: a text with others below it, as deep as it goes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Outline:
    """One entry of an outline, and what is below it."""

    text: str
    below: tuple[Outline, ...] = ()

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the lines of the outline, each entry indented below the one that it belongs to."""
        yield f"{'  ' * depth}{self.text}"
        for entry in self.below:
            yield from entry.lines(depth + 1)
