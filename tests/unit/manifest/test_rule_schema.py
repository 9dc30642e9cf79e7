"""Rule files are accepted and refused as promtool does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.render import render
from stackctl.render.rules import groups
from stackctl.tools import locate
from tests.unit.manifest.test_rules import HEAD, WRITTEN


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_accepts_rule_files_as_promtool_does(tmp_path: Path, text: str) -> None:
    override = ", override: {X: {for: 1m}}" if "alert: X" in text else ""
    (tmp_path / "rules.yml").write_text(text)
    (tmp_path / "stack.yml").write_text(f"{HEAD}rules:\n  - {{file: rules.yml{override}}}\n")
    stack = load(tmp_path / "stack.yml", {})
    (file,) = stack.rules
    assert len([rule for group in groups(file) for rule in group["rules"]]) == len(file.rules)
    tree = render(stack, "native")
    if promtool := locate("promtool"):
        path = tmp_path / "rendered.yml"
        path.write_bytes(tree.files["prometheus/rules/rules.yml"].content)
        done = subprocess.run([promtool.path, "check", "rules", path], capture_output=True, text=True, check=False)
        assert f"SUCCESS: {len(file.rules)} rules found" in done.stdout


def test_places_problems_behind_empty_entries(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("groups:\n  - name: a\n    rules:\n      -\n      - {alert: X, expr: up(}\n")
    (tmp_path / "stack.yml").write_text(f"{HEAD}rules: [{{file: rules.yml}}]\n")
    with pytest.raises(InputError) as refused:
        load(tmp_path / "stack.yml", {})
    assert "rules.yml:5:" in str(refused.value)


def test_refuses_what_follows_the_end_of_a_document(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text("groups: []\n]\n")
    (tmp_path / "stack.yml").write_text(f"{HEAD}rules: [{{file: rules.yml}}]\n")
    with pytest.raises(InputError):
        load(tmp_path / "stack.yml", {})
