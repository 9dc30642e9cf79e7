"""The time that a command may wait in all, by its `--timeout`: every wait of the process ends with it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

# Whatever is asked when time is up still gets a moment to answer: it may be what says why.
_LEAST_SECONDS = 0.1
_until: float | None = None


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Let nothing in the context wait for longer than `seconds` from now on, in all."""
    global _until
    before, _until = _until, time.monotonic() + seconds
    try:
        yield
    finally:
        _until = before


def bounded(seconds: float) -> float:
    """`seconds`, or what is left of the command's time if that is less."""
    if _until is None:
        return seconds
    return max(min(seconds, _until - time.monotonic()), _LEAST_SECONDS)
