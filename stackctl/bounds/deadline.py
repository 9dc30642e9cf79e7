"""The time that a command may wait in all, by its `--timeout`: every wait of the process ends with it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Whatever is asked when time is up still gets a moment to answer: it may be what says why.
_LEAST_SECONDS = 0.1
# Going back to what runs already takes no longer.
_BACK_SECONDS = 5.0
_until: float | None = None


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let nothing in the context wait for longer than `seconds` from now on, in all, nor for longer than before."""
    global _until
    before, until = _until, time.monotonic() + seconds
    _until = until if before is None else min(before, until)
    try:
        yield
    finally:
        _until = before


def bounded(seconds: float, least: float = _LEAST_SECONDS) -> float:
    """`seconds`, or what is left of the command's time if that is less, but `least` at any rate."""
    if _until is None:
        return seconds
    return max(min(seconds, _until - time.monotonic()), least)


def split(seconds: float) -> tuple[float, float]:
    """The parts of a change's time: for the change, and for going back when it fails."""
    back = min(seconds / 3, _BACK_SECONDS)
    return seconds - back, back
