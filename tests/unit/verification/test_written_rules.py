"""All of a rule is compared: whatever Prometheus reports of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml

from stackctl.clients.prometheus import LoadedRule
from stackctl.tree import File, Tree
from stackctl.verification.written_rules import WrittenRule, differences, rules_difference, written_rules

WRITTEN = WrittenRule(
    "a.yml", "g", "alert", "Down", "sum( up ) == 0", 60, 0, 300, 60, {"severity": "page"}, {"summary": "{{ $value }}"}
)
LOADED = LoadedRule(
    kind="alert",
    name="Down",
    query="sum(up) == 0",
    group="g",
    file="/x/prometheus/rules/a.yml",
    health="ok",
    last_error="",
    last_evaluation=1.0,
    interval=60,
    position=0,
    hold=300,
    keep_firing=60,
    labels={"severity": "page"},
    annotations={"summary": "{{ $value }}"},
)


def test_rule_that_is_loaded_as_written_has_no_difference() -> None:
    assert differences(WRITTEN, LOADED) == []


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"query": "sum(up) == 1"}, "another expression"),
        ({"hold": 32400.0}, "`for` 32400 and not 300"),
        ({"keep_firing": 0.0}, "`keep_firing_for` 0 and not 60"),
        ({"interval": 15.0}, "the interval of its group 15 and not 60"),
        ({"position": 1}, "its place in the group 1 and not 0"),
        ({"labels": {"severity": "warning"}}, "another label `severity`"),
        ({"labels": {}}, "another label `severity`"),
        ({"labels": {"severity": "page", "team": "a"}}, "another label `team`"),
        ({"annotations": {"summary": "x"}}, "another annotation `summary`"),
        ({"annotations": {"summary": "{{ $value }}", "runbook_url": "x"}}, "another annotation `runbook_url`"),
    ],
)
def test_each_changed_field_is_named(changed: dict[str, Any], line: str) -> None:
    assert differences(WRITTEN, replace(LOADED, **changed)) == [line]


def test_empty_label_is_the_same_as_none() -> None:
    assert differences(replace(WRITTEN, labels={"severity": "page", "team": ""}), LOADED) == []


def rules(*names: str) -> list[WrittenRule]:
    return [replace(WRITTEN, name=name, position=at) for at, name in enumerate(names)]


def loaded(*names: str) -> list[LoadedRule]:
    return [replace(LOADED, name=name, position=at) for at, name in enumerate(names)]


@pytest.mark.parametrize(
    ("there", "lines"),
    [
        ("abc", []),
        ("bc", ["a.yml: g/a: 1 written, 0 loaded"]),
        ("xabc", ["a.yml: g/x: 0 written, 1 loaded"]),
        ("axbc", ["a.yml: g/x: 0 written, 1 loaded"]),
        (
            "acb",
            [
                f"a.yml: g/{name}: loaded with its place in the group {at}"
                for name, at in (("b", "2 and not 1"), ("c", "1 and not 2"))
            ],
        ),
    ],
)
def test_order_is_compared_among_the_rules_that_both_have(there: str, lines: list[str]) -> None:
    assert rules_difference({rule.key: [rule] for rule in rules(*"abc")}, loaded(*there)) == lines


@pytest.mark.parametrize(
    ("written", "loaded", "line"),
    [
        ([WRITTEN], [], "a.yml: g/Down: 1 written, 0 loaded"),
        ([], [LOADED], "a.yml: g/Down: 0 written, 1 loaded"),
        ([WRITTEN, WRITTEN], [LOADED], "a.yml: g/Down: 2 written, 1 loaded"),
        ([WRITTEN], [replace(LOADED, hold=1.0)], "a.yml: g/Down: loaded with `for` 1 and not 300"),
    ],
)
def test_missing_added_and_changed_rules_are_named(
    written: list[WrittenRule], loaded: list[LoadedRule], line: str
) -> None:
    assert rules_difference({WRITTEN.key: written} if written else {}, loaded) == [line]


def tree(rules: str, config: str = "global: {evaluation_interval: 30s}") -> Tree:
    files = {"prometheus/prometheus.yml": config, "prometheus/rules/a.yml": rules}
    return Tree("shop", "native", {path: File(text.encode()) for path, text in files.items()}, ())


def only(made: Tree) -> WrittenRule:
    ((rule,),) = written_rules(made).values()
    return rule


def test_rule_takes_labels_and_interval_from_its_group() -> None:
    group = "interval: 5m, labels: {team: core, severity: low}"
    rule = only(tree(f"groups: [{{name: g, {group}, rules: [{{alert: A, expr: up, labels: {{severity: page}}}}]}}]"))
    assert (rule.interval, rule.labels) == (300, {"team": "core", "severity": "page"})


def test_group_without_an_interval_takes_the_global_one() -> None:
    assert only(tree("groups: [{name: g, rules: [{record: r, expr: up}]}]")).interval == 30


@pytest.mark.parametrize("value", ["on", "1", "1e3", "3.10", "2026-01-01", "yes", "22:22"])
def test_label_values_stay_the_text_that_was_written(value: str) -> None:
    rule = only(tree(f"groups: [{{name: g, rules: [{{alert: A, expr: up, labels: {{v: {value}}}}}]}}]"))
    assert rule.labels == {"v": value}


@pytest.mark.parametrize("text", ["{v: }", "{v: ~}", "{v: null}", '{v: ""}'])
def test_label_without_a_value_is_empty(text: str) -> None:
    rule = only(tree(f"groups: [{{name: g, rules: [{{alert: A, expr: up, labels: {text}}}]}}]"))
    assert rule.labels == {"v": ""}


def test_anchors_and_merges_are_followed() -> None:
    rules = """
groups:
  - name: g
    rules:
      - {alert: A, expr: up, labels: &common {team: core}}
      - alert: B
        expr: up
        labels: {<<: *common, severity: page}
"""
    found = [rule for rules in written_rules(tree(rules)).values() for rule in rules]
    assert found[1].labels == {"team": "core", "severity": "page"}


def test_only_the_first_document_of_a_file_counts() -> None:
    rules = "groups: [{name: g, rules: [{record: r, expr: up}]}]\n---\ngroups: [{name: h, rules: []}]\n"
    assert only(tree(rules)).group == "g"


@pytest.mark.parametrize("rules", ["", "groups:", "groups: []", "groups: [{name: g, rules: }]", "groups: [{name: g}]"])
def test_file_without_rules_has_none(rules: str) -> None:
    assert written_rules(tree(rules)) == {}


def test_written_text_survives_yaml() -> None:
    annotation = "{{ $labels.job }} is down: 'x' \"y\"\nsecond line"
    content = yaml.safe_dump(
        {"groups": [{"name": "g", "rules": [{"alert": "A", "expr": "up", "annotations": {"a": annotation}}]}]}
    )
    assert only(tree(content)).annotations == {"a": annotation}
