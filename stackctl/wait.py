"""Waiting, once for the whole project: look until it is so, or say what was seen last when time is up."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from stackctl.bounds.deadline import bounded
from stackctl.errors import Unavailable

T = TypeVar("T")

FIRST_INTERVAL_SECONDS = 0.02
_GROWTH = 1.3
_LONGEST_INTERVAL_SECONDS = 0.25


class TimedOut(Unavailable):
    """A deadline has passed before what was waited for came true. The message ends with the last observation."""


@dataclass(frozen=True)
class Clock:
    """Time that only moves forward, in seconds, and a way to let some of it pass. Tests bring their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


SYSTEM_CLOCK = Clock()


class Watcher(Protocol):
    """Display of what is waited for. Waits of several threads may overlap."""

    def waits(self, wait: object, what: str, seen: str, left_seconds: float) -> None:
        """`wait`, which is the same each time, goes on. `seen` is the last observation, "" where it says nothing."""

    def ended(self, wait: object) -> None: ...


_watchers: list[Watcher] = []


def watched_by(*watchers: Watcher) -> None:
    """Have every wait of this process watched by `watchers`, and by nobody else."""
    _watchers[:] = watchers


def wait_until(
    observe: Callable[[], T],
    done: Callable[[T], bool],
    deadline_seconds: float,
    *,
    what: str = "the condition",
    describe: Callable[[T], str] = str,
    remedy: str = "",
    interval: float = FIRST_INTERVAL_SECONDS,
    clock: Clock = SYSTEM_CLOCK,
) -> T:
    """Look at `observe()` until `done` of it, and return that observation.

    The first look is at once and one more is taken at the deadline, so a deadline of 0 looks exactly once. Looks
    are `interval` seconds apart at first and get rarer. `what` names what is waited for, and `describe` words an
    observation. Raises TimedOut with the last one; whatever `observe` or `done` raise goes through.
    """
    deadline = clock.now() + bounded(deadline_seconds)
    wait = object()
    try:
        while True:
            seen = observe()
            if done(seen):
                return seen
            left = deadline - clock.now()
            if left <= 0:
                raise TimedOut.of(
                    "command.timeout",
                    f"waited {deadline_seconds:g} s for {what}, last seen: {describe(seen)}",
                    remedy=remedy,
                )
            for watcher in _watchers:
                watcher.waits(wait, what, describe(seen) if describe is not str else "", left)
            clock.sleep(min(interval, left))
            interval = max(interval, min(interval * _GROWTH, _LONGEST_INTERVAL_SECONDS))
    finally:
        for watcher in _watchers:
            watcher.ended(wait)
