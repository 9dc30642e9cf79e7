"""Errors as values: each one carries its problems, its exit code and what to do about it."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from typing import ClassVar, TypeVar

from stackctl.diagnostic import Diagnostic, in_order
from stackctl.source import Position

E = TypeVar("E", bound="StackctlError")


class StackctlError(Exception):
    """An expected failure. Never raised bare: the subclass gives the exit code."""

    exit_code: ClassVar[int] = 4

    def __init__(self, *problems: Diagnostic) -> None:
        if not problems:
            raise ValueError("an error needs at least one problem")
        self.problems = problems
        super().__init__("\n\n".join(str(problem) for problem in problems))

    @classmethod
    def of(
        cls: type[E], code: str, summary: str, *, cause: str = "", remedy: str = "", position: Position | None = None
    ) -> E:
        """The error with a single problem, which is the common case."""
        return cls(Diagnostic(code, summary, position, cause, remedy))


class CheckFailed(StackctlError):
    """Something the user declared does not hold, or a tree has drifted."""

    exit_code = 1


class InputError(StackctlError):
    """The manifest, a file it names or the command line is wrong. Nothing has been written."""

    exit_code = 2


class Unavailable(StackctlError):
    """A runtime, a binary, a port or a server that is needed cannot be had."""

    exit_code = 3


# The disk is full, or the user's part of it: choosing another path is not the user's mistake to correct.
_FULL = (errno.ENOSPC, errno.EDQUOT)


def cannot_write(error: OSError, summary: str, *, cause: str = "", remedy: str = "") -> StackctlError:
    """The error of a file that cannot be written: Unavailable on a full disk, else InputError."""
    if error.errno in _FULL:
        return Unavailable.of(
            "disk.full", summary, cause=cause, remedy="Free some space on that disk. Nothing was changed."
        )
    return InputError.of("file.cannot-write", summary, cause=cause, remedy=remedy)


def raise_if_any(problems: Iterable[Diagnostic]) -> None:
    """Raise one `InputError` with all `problems`, in the order of their places, if there are any."""
    found = in_order(problems)
    if found:
        raise InputError(*found)
