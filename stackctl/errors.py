"""What can go wrong, as values: each error carries its problems, its exit code and what to do about it."""

from __future__ import annotations

import errno
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, TypeVar

from stackctl.source import Position


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: what, where, why that probably is, and what to do.

    `summary` is one line without a full stop. `cause` and `remedy` are sentences, or "".
    """

    summary: str
    position: Position | None = None
    cause: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = f"{self.position}: " if self.position else ""
        snippet = self.position.snippet() if self.position else ""
        parts = [place + self.summary, snippet, self.cause, f"help: {self.remedy}" if self.remedy else ""]
        return "\n".join(part for part in parts if part)


E = TypeVar("E", bound="StackctlError")


class StackctlError(Exception):
    """An expected failure. Never raised bare: the subclass gives the exit code."""

    exit_code: ClassVar[int] = 4

    def __init__(self, *problems: Problem) -> None:
        if not problems:
            raise ValueError("an error needs at least one problem")
        self.problems = problems
        super().__init__("\n\n".join(str(problem) for problem in problems))

    @classmethod
    def of(cls: type[E], summary: str, *, cause: str = "", remedy: str = "", position: Position | None = None) -> E:
        """The error with a single problem, which is the common case."""
        return cls(Problem(summary, position, cause, remedy))


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
        return Unavailable.of(summary, cause=cause, remedy="Make room on that disk. Nothing was changed.")
    return InputError.of(summary, cause=cause, remedy=remedy)


_FIRST = ("", 0, 0)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """The problems in the order of their places, those without one first."""
    return sorted(
        problems, key=lambda p: (p.position.file, p.position.line, p.position.column) if p.position else ("", 0, 0)
    )


def raise_if_any(problems: Iterable[Problem]) -> None:
    """Raise one `InputError` with all `problems`, in the order of their places, if there are any."""
    found = in_order(problems)
    if found:
        raise InputError(*found)
