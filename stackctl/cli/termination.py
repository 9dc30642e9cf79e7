"""SIGTERM and SIGHUP as an interruption, so that a command undoes what it has begun before it ends."""

from __future__ import annotations

import signal

_NUMBERS = (signal.SIGTERM, signal.SIGHUP)


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


def ignore_signals() -> None:
    """Ignore what would interrupt a command that has done its work: its exit code stays, without a traceback."""
    for number in (*_NUMBERS, signal.SIGINT):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _ignore)


def exit_code() -> int | None:
    """The exit code of a process that a signal has ended; None when none was received."""
    return _ENDED_BY_SIGNAL + _received[0] if _received else None


def _terminate(number: int, _: object) -> None:
    for each in _NUMBERS:
        if signal.getsignal(each) == _terminate:
            signal.signal(each, _ignore)  # not SIG_IGN, which a server that is started by the undoing would inherit
    _received.append(number)
    raise Terminated(signal.Signals(number).name)


def _ignore(_: int, __: object) -> None:
    """Go on."""
