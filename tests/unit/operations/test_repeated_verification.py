"""Verifications one after the other: when each begins, what ends them, and what is new in one."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest

from stackctl.diagnostic import Diagnostic, Status
from stackctl.errors import InputError, StackctlError, Unavailable
from stackctl.operations.repeated_verification import Round, changes, rounds
from stackctl.report.report import Report

STOPPED = Unavailable.of("unit.not-running", "the stack is not running")
WRONG = InputError.of("manifest.value", "not a number")


def report(**found: Status) -> Report:
    diagnostics = tuple(Diagnostic("target.up", status, status=status, subject=name) for name, status in found.items())
    return Report("shop", "native", "a", diagnostics)


class Waits(Event):
    """Notes how long it would wait, and is set after so many waits."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most, self.waited = most, list[float]()

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout or 0.0)
        if len(self.waited) >= self.most:
            self.set()
        return self.is_set()


def one_of(*outcomes: Report | StackctlError) -> Callable[[], Report]:
    left = list(outcomes)

    def verify() -> Report:
        outcome = left.pop(0)
        if isinstance(outcome, StackctlError):
            raise outcome
        return outcome

    return verify


def outcomes(found: list[Round]) -> list[object]:
    return [each.report or each.error for each in found]


def test_goes_on_until_it_is_stopped() -> None:
    stop = Waits(3)
    good = report(api="pass")
    assert outcomes(list(rounds(one_of(good, STOPPED, good), 30.0, stop))) == [good, STOPPED, good]
    assert all(29.0 < each <= 30.0 for each in stop.waited)


def test_next_follows_at_once_where_one_takes_longer_than_the_interval() -> None:
    stop = Waits(1)
    list(rounds(one_of(report(api="pass")), 0.0, stop))
    assert stop.waited == [0.0]


def test_mistake_at_the_beginning_is_raised() -> None:
    with pytest.raises(InputError, match="not a number"):
        list(rounds(one_of(WRONG), 30.0, Waits(1)))


def test_mistake_of_a_later_edit_is_a_round() -> None:
    good = report(api="pass")
    assert outcomes(list(rounds(one_of(good, WRONG, good), 30.0, Waits(3)))) == [good, WRONG, good]


def test_stack_that_does_not_run_yet_is_waited_for() -> None:
    good = report(api="pass")
    assert outcomes(list(rounds(one_of(STOPPED, good), 30.0, Waits(2)))) == [STOPPED, good]


def test_shows_what_is_new_and_what_works_again() -> None:
    before, now = report(api="fail", web="pass", db="fail"), report(api="pass", web="fail", db="fail")
    new, works = changes(before, now)
    assert [each.subject for each in new] == ["web"]
    assert works == ("target.up api",)


def test_what_is_skipped_now_does_not_work_again() -> None:
    assert changes(report(api="fail"), report(api="skip")) == ((), ())
