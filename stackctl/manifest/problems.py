"""Problems of a manifest and of the files that it names, collected while these are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stackctl.diagnostic import Diagnostic


class Problems:
    """Problems in the order in which they were found.

    A reader is given one: it adds everything that is wrong, and returns None if nothing is left to return.
    """

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []

    def add(self, problem: Diagnostic) -> None:
        """Add one problem."""
        self._found.append(problem)

    def extend(self, problems: Iterable[Diagnostic]) -> bool:
        """Add all of `problems`, and return whether there were any."""
        before = len(self._found)
        self._found += problems
        return len(self._found) > before

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
