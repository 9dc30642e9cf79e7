"""`stackctl outdated` exits with what it has found."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from typer.testing import CliRunner

from stackctl.cli.main import program
from stackctl.support import AS_OF
from tests.unit.test_support import stack


def test_outdated_exits_with_1_for_a_component_past_its_support(tmp_path: Path) -> None:
    stack(tmp_path, "grafana/grafana:11.6.1")
    ran = CliRunner().invoke(program(["outdated"]), ["-f", str(tmp_path / "stack.yml"), "outdated"])
    assert ran.exit_code == 1
    assert "ended on 2026-06-25" in ran.stdout
    assert f"As of {AS_OF.isoformat()}" in ran.stdout


def test_outdated_exits_with_0_for_the_defaults(tmp_path: Path) -> None:
    stack(tmp_path)
    ran = CliRunner().invoke(program(["outdated"]), ["-f", str(tmp_path / "stack.yml"), "outdated", "-o", "json"])
    rows = json.loads(ran.stdout)["components"]
    assert {row["component"]: row["version"] for row in rows}["grafana"] == "13.2.3"
    if date.today() <= date(2027, 7, 31):  # the last day of the default Prometheus
        assert ran.exit_code == 0
