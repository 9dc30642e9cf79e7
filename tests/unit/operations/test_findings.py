"""Findings of `check` about a manifest without mistakes."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from stackctl.operations.checked import Checked
from stackctl.operations.checking import check_manifest
from stackctl.operations.findings import findings

HEAD = "version: 1\nname: shop\nservices: {api: {targets: ['127.0.0.1:8000']}}\n"


def found(folder: Path, more: str = "", **changes: object) -> list[tuple[str, str]]:
    (folder / "stack.yml").write_text(HEAD + more)
    checked = check_manifest(folder / "stack.yml")
    checked = Checked(**{**checked.__dict__, **changes})
    return [(each.status, each.summary) for each in findings(checked) if each.status != "info"]


def test_missing_program_is_skipped_with_how_to_install_it(tmp_path: Path) -> None:
    rows = found(tmp_path, missing=("promtool", "docker compose"), discoveries=("`xds_sd_configs`",))
    assert ("skip", "promtool is not installed, so its check was skipped: stackctl tools install") in rows
    # That one is not a program that stackctl installs.
    assert ("skip", "docker compose is not installed, so its check was skipped") in rows
    assert ("skip", "`xds_sd_configs` was not checked: the promtool of this machine is built without it") in rows


@pytest.mark.parametrize(("days", "has_ended"), [(-1, True), (0, False), (1, False)])
def test_exception_holds_until_the_end_of_its_day(days: int, has_ended: bool, tmp_path: Path) -> None:
    until = date.today() + timedelta(days=days)
    waiver = f"ignore: [{{check: target.up, subject: api/*, reason: later, until: {until.isoformat()}}}]\n"
    rows = [summary for _, summary in found(tmp_path, waiver)]
    assert (f"ignore: the exception from `target.up` ended on {until}" in rows) is has_ended


def test_accepted_warning_is_skipped_with_its_reason(tmp_path: Path) -> None:
    rules = "rules: [{name: g, rules: [{alert: A, expr: up > 1}]}]\n"
    assert [status for status, summary in found(tmp_path, rules) if "never true" in summary] == ["warn"]
    rows = found(tmp_path, f"{rules}ignore: [{{check: promql.never-true, subject: stack.yml, reason: known}}]\n")
    assert [status for status, summary in rows if "never true" in summary] == ["skip"]
    assert "known" in str(rows)
