"""When a report is good."""

from __future__ import annotations

import pytest

from stackctl.diagnostic import Diagnostic
from tests.unit.report.reports import PASS, REPORT, SKIP, report


def test_ok_if_nothing_failed_and_something_passed() -> None:
    assert report(PASS, SKIP).ok
    assert not REPORT.ok


@pytest.mark.parametrize("findings", [(), (SKIP,)])
def test_a_verification_that_looked_at_nothing_is_not_ok(findings: tuple[Diagnostic, ...]) -> None:
    assert not report(*findings).ok
