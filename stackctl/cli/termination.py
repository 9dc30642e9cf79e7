"""SIGTERM and SIGHUP as an interruption, so that a command undoes what it has begun before it ends."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threading import Event

_NUMBERS = (signal.SIGTERM, signal.SIGHUP)
# How soon a signal that came amid an import is looked at again.
_AGAIN_SECONDS = 0.01


# What a shell adds to the number of the signal that has ended a program.
_ENDED_BY_SIGNAL = 128
_received: list[int] = []


class Terminated(KeyboardInterrupt):
    """Somebody wants this process to end."""


def interrupt_on_termination() -> None:
    """Have the first such signal raise Terminated, and ignore all that follow: undoing must not be cut short.

    A signal that is ignored already, as SIGHUP is under nohup, stays so.
    """
    for number in _NUMBERS:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _terminate)
    if signal.getsignal(signal.SIGINT) == signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def ignore_signals() -> None:
    """Ignore what would interrupt a command that has done its work: its exit code stays, without a traceback."""
    for number in (*_NUMBERS, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _ignore)


def exit_code() -> int | None:
    """The exit code of a process that a signal has ended; None when none was received."""
    return _ENDED_BY_SIGNAL + _received[0] if _received else None


@contextmanager
def deferred() -> Iterator[Event]:
    """Give what the first Ctrl-C or SIGTERM sets, so that what has begun can end first. A second one interrupts."""
    from threading import Event

    stop = Event()
    before: dict[int, Any] = {number: signal.getsignal(number) for number in (*_NUMBERS, signal.SIGINT)}

    def first(number: int, frame: FrameType | None) -> None:
        handler = before[number]
        if stop.is_set() and callable(handler):
            handler(number, frame)
        stop.set()

    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, first)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, handler)


def _terminate(number: int, frame: FrameType | None) -> None:
    if _waits_for_import(_terminate, number, frame):
        return
    for each in _NUMBERS:
        if signal.getsignal(each) == _terminate:
            signal.signal(each, _ignore)  # not SIG_IGN, which a server that is started by the undoing would inherit
    _received.append(number)
    raise Terminated(signal.Signals(number).name)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _waits_for_import(_interrupt, number, frame):
        raise KeyboardInterrupt


def _waits_for_import(handler: Callable[[int, FrameType | None], None], number: int, frame: FrameType | None) -> bool:
    """Return whether an import is under way, and have `handler` called again and again until none is.

    An exception amid an import can leave Python's import lock taken: other threads would wait for it for ever. One
    call is not enough: an alarm just before Python begins to wait for something is only seen after that wait.
    """
    while frame and not frame.f_code.co_filename.startswith("<frozen importlib"):
        frame = frame.f_back
    if frame:
        signal.signal(signal.SIGALRM, lambda _, at: handler(number, at))
    again = _AGAIN_SECONDS if frame else 0.0
    signal.setitimer(signal.ITIMER_REAL, again, again)
    return frame is not None


def _ignore(_: int, __: object) -> None:
    """Go on."""
