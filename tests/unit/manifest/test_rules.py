"""Rules of the manifest: files as they are, files with overrides, and groups written in the manifest itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import RuleFile
from stackctl.render import render
from stackctl.render.rules import groups

HEAD = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\n'
RULES = """\
# a comment
groups:
  - name: first
    rules:
      - {alert: High, expr: up > 1, for: 5m, labels: {severity: warning, team: core}, annotations: {summary: high}}
      - {record: "a:b", expr: sum(up)}
      - {alert: High, expr: up > 2, labels: {severity: critical}}
  - name: second
    rules:
      - {alert: Low, expr: up < 1}
"""


def loaded(folder: Path, rules: str, variables: dict[str, str] | None = None) -> tuple[RuleFile, ...]:
    (folder / "rules.yml").write_text(RULES)
    (folder / "stack.yml").write_text(f"{HEAD}rules:\n{rules}\n")
    return load(folder / "stack.yml", variables or {}).rules


def overridden(folder: Path, override: str) -> RuleFile:
    return loaded(folder, f"  - {{file: rules.yml, override: {override}}}")[0]


@pytest.mark.parametrize("entry", ["file: rules.yml", "{file: rules.yml, override: {}}"])
def test_a_file_must_stay_byte_for_byte_when_nothing_is_overridden(tmp_path: Path, entry: str) -> None:
    (rules,) = loaded(tmp_path, f"  - {entry}")
    assert rules.content == RULES.encode()


def test_an_override_must_change_every_alert_of_its_name_and_nothing_else(tmp_path: Path) -> None:
    change = "{High: {for: 1m, expr: up > 3, labels: {severity: page}, annotations: {runbook_url: x}}}"
    first, second = groups(overridden(tmp_path, change))
    assert first["rules"] == [
        {
            "alert": "High",
            "expr": "up > 3",
            "for": "1m",
            "labels": {"severity": "page", "team": "core"},
            "annotations": {"summary": "high", "runbook_url": "x"},
        },
        {"record": "a:b", "expr": "sum(up)"},
        {
            "alert": "High",
            "expr": "up > 3",
            "for": "1m",
            "labels": {"severity": "page"},
            "annotations": {"runbook_url": "x"},
        },
    ]
    assert second["rules"] == [{"alert": "Low", "expr": "up < 1"}]


def test_a_group_whose_alerts_are_all_off_must_disappear(tmp_path: Path) -> None:
    rules = overridden(tmp_path, "{Low: off, High: off}")
    assert [(group["name"], len(group["rules"])) for group in groups(rules)] == [("first", 1)]
    assert [rule.name for rule in rules.rules] == ["a:b"]


def test_the_rules_of_the_model_must_be_those_that_are_rendered(tmp_path: Path) -> None:
    rules = overridden(tmp_path, "{High: {expr: up > 3}, Low: {labels: {severity: info}}}")
    assert [(rule.name, rule.expr) for rule in rules.rules] == [
        (rule.get("alert") or rule["record"], rule["expr"]) for group in groups(rules) for rule in group["rules"]
    ]
    assert rules.rules[3].labels == {"severity": "info"}


def test_an_overridden_expression_must_be_corrected_in_the_manifest(tmp_path: Path) -> None:
    rules = overridden(tmp_path, "{High: {expr: up > 3}, Low: {for: 1m}}")
    assert [Path(rule.origin.file).name for rule in rules.rules] == ["stack.yml", "rules.yml", "stack.yml", "rules.yml"]
    assert [rule.origin.line for rule in rules.rules] == [5, 6, 5, 10]


def test_an_overridden_file_must_say_where_its_comments_are(tmp_path: Path) -> None:
    overridden(tmp_path, "{Low: off}")
    text = render(load(tmp_path / "stack.yml", {}), "native").files["prometheus/rules/rules.yml"].content.decode()
    assert text.splitlines()[1] == "# rules.yml with the manifest's overrides; its comments stay there."
    assert yaml.safe_load(text)["groups"][0]["rules"][0]["for"] == "5m"


def test_an_inline_group_must_have_a_file_of_its_own_and_the_lines_of_the_manifest(tmp_path: Path) -> None:
    entry = "  - name: Shop / orders\n    interval: 30s\n    labels: {team: core}\n    rules:\n"
    rules = loaded(tmp_path, entry + "      - {alert: Down, expr: up == 0, labels: {severity: page}}")[0]
    assert (rules.path, rules.source) == ("Shop-orders.yml", "")
    assert rules.content == {
        "groups": [
            {
                "interval": "30s",
                "labels": {"team": "core"},
                "name": "Shop / orders",
                "rules": [{"alert": "Down", "expr": "up == 0", "labels": {"severity": "page"}}],
            }
        ]
    }
    (rule,) = rules.rules
    assert (rule.group, rule.origin.line, rule.labels) == ("Shop / orders", 9, {"team": "core", "severity": "page"})


def test_files_and_groups_of_one_name_must_not_share_a_file(tmp_path: Path) -> None:
    group = "  - {name: rules, rules: [{alert: A, expr: up}]}\n"
    assert [rules.path for rules in loaded(tmp_path, f"  - file: rules.yml\n{group}{group}")] == [
        "rules.yml",
        "rules-2.yml",
        "rules-3.yml",
    ]


def test_variables_must_be_filled_in_the_manifest_only(tmp_path: Path) -> None:
    entry = '  - {name: a, rules: [{alert: A, expr: "up < ${LEAST}", annotations: {x: "{{ $value | humanize }}"}}]}'
    (rules,) = loaded(tmp_path, entry, {"LEAST": "3"})
    (rule,) = groups(rules)[0]["rules"]
    assert (rule["expr"], rule["annotations"]) == ("up < 3", {"x": "{{ $value | humanize }}"})
    (tmp_path / "in-file.yml").write_text('groups: [{name: a, rules: [{alert: A, expr: "up < ${LEAST}"}]}]')
    with pytest.raises(InputError, match="not PromQL"):
        loaded(tmp_path, "  - file: in-file.yml", {"LEAST": "3"})
