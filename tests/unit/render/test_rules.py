"""Rule files as they are rendered."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stackctl.manifest import load
from stackctl.render import render
from stackctl.render.rules import groups
from tests.unit.manifest.test_rules import RULES, loaded, overridden


@pytest.mark.parametrize("entry", ["file: rules.yml", "{file: rules.yml, override: {}}"])
def test_a_file_stays_byte_for_byte_when_nothing_is_overridden(tmp_path: Path, entry: str) -> None:
    (rules,) = loaded(tmp_path, f"  - {entry}")
    assert rules.content == RULES.encode()


def test_rules_of_the_model_are_those_rendered(tmp_path: Path) -> None:
    rules = overridden(tmp_path, "{High: {expr: up > 3}, Low: {labels: {severity: info}}}")
    assert [(rule.name, rule.expr) for rule in rules.rules] == [
        (rule.get("alert") or rule["record"], rule["expr"]) for group in groups(rules) for rule in group["rules"]
    ]
    assert rules.rules[3].labels == {"severity": "info"}


def test_an_overridden_file_says_where_its_comments_are(tmp_path: Path) -> None:
    overridden(tmp_path, "{Low: off}")
    text = render(load(tmp_path / "stack.yml", {}), "native").files["prometheus/rules/rules.yml"].content.decode()
    assert text.splitlines()[1] == "# rules.yml with the manifest's overrides; its comments stay there."
    assert yaml.safe_load(text)["groups"][0]["rules"][0]["for"] == "5m"
