"""Verifying again and again, at fixed times: what each verification found, for people and as metrics."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackctl.errors import InputError, StackctlError

if TYPE_CHECKING:
    from threading import Event

    from stackctl.diagnostic import Diagnostic
    from stackctl.report.report import Report

# A verification asks every server, and runs every query.
FEWEST_SECONDS = 5.0


@dataclass(frozen=True)
class Round:
    """One verification: its `report`, or the `error` because of which there is none. It `ended` then, in Unix time."""

    report: Report | None
    error: StackctlError | None
    ended: float


def rounds(verify: Callable[[], Report], every: float, stop: Event) -> Iterator[Round]:
    """Yield a verification at once, and one each `every` seconds, until `stop` is set.

    One that takes longer than that is followed by the next. What is wrong with the command line or the manifest at the
    beginning is raised; later it is the error of a round, as the manifest may be edited.
    """
    is_first = True
    while not stop.is_set():
        begun = time.monotonic()
        try:
            yield Round(verify(), None, time.time())
        except InputError as error:
            if is_first:
                raise
            yield Round(None, error, time.time())
        except StackctlError as error:
            yield Round(None, error, time.time())
        is_first = False
        stop.wait(max(0.0, every - (time.monotonic() - begun)))


def changes(before: Report, now: Report) -> tuple[tuple[Diagnostic, ...], tuple[str, ...]]:
    """Return the failures that were none `before`, and the names of what failed then and passes `now`."""
    failed = {(each.code, each.subject) for each in before.diagnostics if each.status == "fail"}
    new = tuple(each for each in now.diagnostics if each.status == "fail" and (each.code, each.subject) not in failed)
    works = tuple(
        f"{each.code} {each.subject}"
        for each in now.diagnostics
        if each.status == "pass" and (each.code, each.subject) in failed
    )
    return new, works
