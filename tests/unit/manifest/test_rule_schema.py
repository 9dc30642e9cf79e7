"""Rule files are accepted and refused as promtool does."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.render.rules import groups
from tests.unit.manifest.test_rules import HEAD, WRITTEN


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN)
def test_renders_all_rules_that_it_reads(tmp_path: Path, text: str) -> None:
    file = stack_with(tmp_path, text).rules[0]
    assert len([rule for group in groups(file) for rule in group["rules"]]) == len(file.rules)


def stack_with(folder: Path, text: str) -> Stack:
    """A stack with a rule file, one alert of which is changed in the manifest where it has it."""
    override = ", override: {X: {for: 1m}}" if "alert: X" in text else ""
    (folder / "rules.yml").write_text(text)
    (folder / "stack.yml").write_text(f"{HEAD}rules:\n  - {{file: rules.yml{override}}}\n")
    return load(folder / "stack.yml", {})


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
