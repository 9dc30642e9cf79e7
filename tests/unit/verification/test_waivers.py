"""Exceptions under `ignore` turn what they fit into skips with a reason, until their last day."""

from __future__ import annotations

from datetime import date

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.model import Waiver
from stackctl.source import Position
from stackctl.verification.waivers import waive

PLACE = Position("stack.yml", 40, 5)
TODAY = date(2026, 11, 29)
FAILED = Diagnostic(
    "panel.data", "no data", subject="node.json/Systemd", status="fail", remedy="Correct the query.", stage="working"
)


def waiver(check: str = "panel.data", subject: str = "*", until: date | None = None) -> Waiver:
    return Waiver(check, subject, "no systemd here", until, PLACE)


@pytest.mark.parametrize(
    "fits",
    [waiver(), waiver("panel"), waiver(subject="node.json/*"), waiver(subject="*/System?"), waiver(until=TODAY)],
)
def test_fitting_exception_makes_a_failure_a_skip_with_its_reason(fits: Waiver) -> None:
    (found,) = waive([FAILED], [fits], TODAY)
    assert found.status == "skip"
    assert "no systemd here" in found.summary
    assert found.summary.endswith("no data")


@pytest.mark.parametrize(
    "misses", [waiver("rule"), waiver("rule.data"), waiver(subject="other.json/*"), waiver(subject="node.json")]
)
def test_other_findings_stay(misses: Waiver) -> None:
    assert waive([FAILED], [misses], TODAY) == [FAILED]


def test_exception_that_has_ended_fails_and_says_so() -> None:
    (found,) = waive([FAILED], [waiver(until=date(2026, 11, 28))], TODAY)
    assert found.status == "fail"
    assert found.remedy == "Correct the query. The exception at stack.yml:40:5 ended on 2026-11-28."


@pytest.mark.parametrize("status", ["pass", "skip"])
def test_what_does_not_fail_is_left_alone(status: str) -> None:
    finding = Diagnostic("panel.data", "s", subject="x", status=status, stage="working")  # type: ignore[arg-type]
    assert waive([finding], [waiver()], TODAY) == [finding]


def test_warning_can_be_accepted_too() -> None:
    (found,) = waive([Diagnostic("panel.data", "s", subject="x", status="warn", stage="working")], [waiver()], TODAY)
    assert found.status == "skip"


@pytest.mark.parametrize("manifest", ["stack.yml", "shop/stack.yml", "/srv/shop/stack.yml"])
@pytest.mark.parametrize(
    ("file", "subject", "is_accepted"),
    [
        ("", "stack.yml", True),
        ("rules/stack.yml", "stack.yml", False),
        ("rules/shop.yml", "rules/*", True),
        ("rules/shop.yml", "shop.yml", False),
    ],
)
def test_subject_names_a_file_however_the_manifest_is_named(
    manifest: str, file: str, subject: str, is_accepted: bool
) -> None:
    finding = Diagnostic("promql.units", "s", Position(file or manifest, 3), status="warn")
    exception = Waiver("promql.units", subject, "known", None, Position(manifest, 40))
    (found,) = waive([finding], [exception], TODAY)
    assert (found.status == "skip") is is_accepted
