"""Progress of an operation: what it reports while it works."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Recipient of progress. On the command line that is `report/console.py`."""

    def note(self, text: str, /) -> None:
        """Take a step that is done, or about to be."""

    def detail(self, text: str, /) -> None:
        """Take a line for those who ask for more detail."""

    def warn(self, text: str, /) -> None:
        """Take something that has gone wrong, although the operation goes on."""
