"""One line on a terminal that says what is waited for. It is gone before anything else is printed."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from stackctl import redaction
from stackctl.bounds.terminal import cleaned

if TYPE_CHECKING:
    from rich.live import Live

# A wait that is over sooner is not worth a line.
_SHOWN_AFTER_SECONDS = 0.5


class LiveLine:
    """The line about the wait that has lasted longest, with the number of the others."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._since: dict[object, float] = {}
        self._live: Live | None = None

    def waits(self, wait: object, what: str, seen: str, left_seconds: float) -> None:
        with self._lock:
            since = self._since.setdefault(wait, time.monotonic())
            is_longest = next(iter(self._since)) is wait
            if is_longest and time.monotonic() - since >= _SHOWN_AFTER_SECONDS:
                self._draw(line(what, seen, left_seconds, len(self._since) - 1))

    def ended(self, wait: object) -> None:
        with self._lock:
            self._since.pop(wait, None)
            if not self._since:
                self.clear()

    def clear(self) -> None:
        """Remove the line; the next look of a wait draws it again."""
        with self._lock:
            live, self._live = self._live, None
            if live:
                live.stop()

    def _draw(self, text: str) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.text import Text

        if self._live is None:
            self._live = Live(
                console=Console(file=sys.stderr, highlight=False),
                auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False,
            )  # fmt: skip
            self._live.start()
        self._live.update(Text(text, style="bright_black", no_wrap=True, overflow="ellipsis"), refresh=True)


def line(what: str, seen: str, left_seconds: float, others: int) -> str:
    """Return the text about a wait for `what`, `seen` last, that may take `left_seconds` more."""
    more = f", and {others} more" if others else ""
    now = f": {seen}" if seen else ""
    return cleaned(redaction.shown(f"waiting for {what}{now}{more}, at most {max(left_seconds, 1):.0f} s more"))
