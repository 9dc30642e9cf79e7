"""Errors of checkers become one error of the command."""

from __future__ import annotations

from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, Unavailable
from stackctl.operations.checker_errors import error_of


def test_error_says_whether_only_the_checkers_failed() -> None:
    assert isinstance(error_of([Diagnostic("checker.unusable", "x")]), Unavailable)
    assert isinstance(error_of([Diagnostic("checker.unusable", "x"), Diagnostic("usage.option", "y")]), CheckFailed)
