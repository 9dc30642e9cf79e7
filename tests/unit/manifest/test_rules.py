"""Rules of the manifest: files as they are, files with overrides, and groups written in the manifest itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.manifest.rule_schema import GroupModel
from stackctl.model import RuleFile
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


def test_an_override_changes_every_alert_of_its_name_and_nothing_else(tmp_path: Path) -> None:
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


def test_group_disappears_if_all_its_alerts_are_off(tmp_path: Path) -> None:
    rules = overridden(tmp_path, "{Low: off, High: off}")
    assert [(group["name"], len(group["rules"])) for group in groups(rules)] == [("first", 1)]
    assert [rule.name for rule in rules.rules] == ["a:b"]


def test_an_overridden_expression_is_corrected_in_the_manifest(tmp_path: Path) -> None:
    rules = overridden(tmp_path, "{High: {expr: up > 3}, Low: {for: 1m}}")
    assert [Path(rule.origin.file).name for rule in rules.rules] == ["stack.yml", "rules.yml", "stack.yml", "rules.yml"]
    assert [rule.origin.line for rule in rules.rules] == [5, 6, 5, 10]


def test_an_inline_group_keeps_every_key(tmp_path: Path) -> None:
    keys = {"name": "g", "interval": "30s", "query_offset": "0s", "limit": 5, "labels": {"team": "core"}}
    written = ", ".join(f"{key}: {value}" for key, value in keys.items()).replace("'", "")
    (made,) = loaded(tmp_path, f"  - {{{written}, rules: [{{alert: A, expr: up == 0}}]}}")
    assert made.content == {"groups": [{**keys, "rules": [{"alert": "A", "expr": "up == 0"}]}]}
    assert keys.keys() == {field.alias or name for name, field in GroupModel.model_fields.items()} - {"rules"}


def test_an_inline_group_has_a_file_of_its_own_and_the_lines_of_the_manifest(tmp_path: Path) -> None:
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


def test_files_and_groups_of_one_name_have_separate_files(tmp_path: Path) -> None:
    group = "  - {name: rules, rules: [{alert: A, expr: up}]}\n"
    assert [rules.path for rules in loaded(tmp_path, f"  - file: rules.yml\n{group}{group}")] == [
        "rules.yml",
        "rules-2.yml",
        "rules-3.yml",
    ]


def test_fills_variables_in_the_manifest_only(tmp_path: Path) -> None:
    entry = '  - {name: a, rules: [{alert: A, expr: "up < ${LEAST}", annotations: {x: "{{ $value | humanize }}"}}]}'
    (rules,) = loaded(tmp_path, entry, {"LEAST": "3"})
    (rule,) = groups(rules)[0]["rules"]
    assert (rule["expr"], rule["annotations"]) == ("up < 3", {"x": "{{ $value | humanize }}"})
    (tmp_path / "in-file.yml").write_text('groups: [{name: a, rules: [{alert: A, expr: "up < ${LEAST}"}]}]')
    with pytest.raises(InputError, match="not PromQL"):
        loaded(tmp_path, "  - file: in-file.yml", {"LEAST": "3"})


WRITTEN = {
    "label without a value": "groups: [{name: a, rules: [{alert: X, expr: up, labels: {team: }, annotations: {a: }}]}]",
    "nothing": "",
    "a comment": "# nothing yet",
    "empty mapping": "{}",
    "no groups": "groups:",
    "null groups": "groups: ~",
    "no rules": "groups: [{name: a, rules: }]",
    "no rules at all": "groups: [{name: a}]",
    "empty entries": "groups:\n  -\n  - name: a\n    rules:\n      -\n      - {alert: X, expr: up}\n",
    "keys without values": "groups: [{name: a, interval: , rules: [{alert: X, expr: up, for: , labels: }]}]",
    "two documents": "groups: [{name: a, rules: [{alert: X, expr: up}]}]\n---\ngroups: [{name: b, rules: []}]\n",
    "a broken second document": "groups: [{name: a, rules: [{alert: X, expr: up}]}]\n---\ngroups: [\n",
    "marks around the document": "---\ngroups: [{name: a, rules: [{alert: X, expr: up}]}]\n...\n",
    "other types": "groups: [{name: 1, rules: [{alert: X, expr: 1, labels: {a: 1, b: true, c: 1.50}}]}]",
    "UTF-8 names": "groups: [{name: a, rules: [{record: a.b, expr: up, labels: {service.name: x}}]}]",
    "an empty alert": "groups: [{name: a, rules: [{alert: '', record: x, expr: up}]}]",
}


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (WRITTEN["two documents"], "rules.yml:3:1: Prometheus reads only the first YAML document of a rule file"),
        (WRITTEN["a broken second document"], "Prometheus reads only the first YAML document of a rule file"),
        (WRITTEN["no groups"], "rules.yml: there are no rules in this file"),
        ("groups: []\n---\n", "rules.yml: there are no rules in this file"),
    ],
)
def test_notes_what_is_hardly_meant(tmp_path: Path, text: str, note: str) -> None:
    (tmp_path / "rules.yml").write_text(text)
    (tmp_path / "stack.yml").write_text(f"{HEAD}rules: [{{file: rules.yml}}]\n")
    (found,) = load(tmp_path / "stack.yml", {}).rules[0].notes
    assert note in str(found)


@pytest.mark.parametrize(
    "labels", ["", '  LABELS { severity = "page" }\n  ANNOTATIONS { summary = "{{ $labels.x }}" }\n']
)
def test_rule_file_of_prometheus_1_is_named(tmp_path: Path, labels: str) -> None:
    (tmp_path / "old.rules").write_text(f"# old\nALERT Down\n  IF up == 0\n  FOR 1m\n{labels}")
    with pytest.raises(InputError, match="the format of Prometheus 1") as error:
        loaded(tmp_path, "  - file: old.rules")
    assert [(each.code, each.position.line) for each in error.value.problems if each.position] == [("file.format", 2)]


def test_words_of_prometheus_1_in_a_text_are_no_old_rule(tmp_path: Path) -> None:
    rule = "- alert: A\n    expr: up == 0\n    annotations:\n      x: |\n        ALERT A\n          IF up\n"
    text = f"groups:\n- name: a\n  rules:\n  {rule}"
    (tmp_path / "new.yml").write_text(text)
    assert loaded(tmp_path, "  - file: new.yml")
