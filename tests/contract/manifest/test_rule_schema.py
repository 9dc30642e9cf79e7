"""Rule files are accepted as promtool does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stackctl.render import render
from stackctl.tools import require
from tests.contract.checkers import needs
from tests.unit.manifest.test_rule_schema import stack_with
from tests.unit.manifest.test_rules import WRITTEN


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_accepts_rule_files_as_promtool_does(tmp_path: Path, text: str) -> None:
    needs("promtool")
    stack = stack_with(tmp_path, text)
    path = tmp_path / "rendered.yml"
    path.write_bytes(render(stack, "native").files["prometheus/rules/rules.yml"].content)
    command = [require("promtool").path, "check", "rules", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert f"SUCCESS: {len(stack.rules[0].rules)} rules found" in done.stdout
