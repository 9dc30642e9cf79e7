"""Alerts that mean something else than their rules seem to say."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import Files, load, read_files
from stackctl.manifest.alert_review import alert_warnings

HEAD = """\
version: 1
name: shop
alertmanager: {}
services:
  api:
    targets: ["localhost:8000"]
    metrics: {requests_total: counter, depth: gauge, build_info: info, mode: {type: stateset, states: [on, off]}}
rules: [{file: rules.yml}]
"""


def found(folder: Path, rules: str, group: str = "") -> list[tuple[str, str]]:
    """The code and the line of each warning about rules, of which each has a line, from the second on."""
    (folder / "stack.yml").write_text(HEAD)
    (folder / "rules.yml").write_text(f"groups: [{{name: g{group}, rules: [\n{rules}]}}]\n")
    return [
        (each.code, str(each.position).partition(":")[2].partition(":")[0])
        for each in alert_warnings(load(folder / "stack.yml"))
    ]


@pytest.mark.parametrize(
    "expr",
    [
        "rate(requests_total[5m])",
        "sum(depth)",
        "depth",
        'mode{mode="off"}',
        "depth > bool 3",
        "loaded",
    ],
)
def test_alert_without_a_condition_is_reported(tmp_path: Path, expr: str) -> None:
    rules = f"{{record: loaded, expr: sum(depth)}},\n{{alert: A, expr: '{expr}'}}"
    assert found(tmp_path, rules) == [("rule.no-condition", "3")]


@pytest.mark.parametrize(
    "expr",
    [
        "depth > 3",
        "absent(depth)",
        "depth unless build_info",
        "vector(1)",
        'build_info{version="bad"}',
        'something_is_wrong{disk="1"}',
        "team:of_another_server:sum",
        "job:busy",
        'ALERTS{severity="info"}',
    ],
)
def test_condition_may_have_any_form(tmp_path: Path, expr: str) -> None:
    rules = f"{{record: 'job:busy', expr: 'depth > 3'}},\n{{alert: A, expr: '{expr}'}}"
    assert found(tmp_path, rules) == []


def test_alert_that_shows_that_alerts_arrive_has_no_condition(tmp_path: Path) -> None:
    assert found(tmp_path, "{alert: Watchdog, expr: up}") == []


def test_for_that_is_shorter_than_the_interval_has_no_effect(tmp_path: Path) -> None:
    rule = "{alert: A, expr: depth > 3, for: 30s}"
    assert found(tmp_path, rule, ", interval: 1m") == [("rule.short-for", "2")]
    assert found(tmp_path, rule, ", interval: 30s") == []
    assert found(tmp_path, rule) == []
    # The default interval of all groups is 15 s.
    assert found(tmp_path, "{alert: A, expr: depth > 3, for: 10s}") == [("rule.short-for", "2")]


def test_interval_is_not_known_without_a_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "r.yml").write_text("groups: [{name: g, rules: [{alert: A, expr: x > 3, for: 5s}]}]\n")
    monkeypatch.chdir(tmp_path)
    stack = read_files(Files(rules=("r.yml",)), None).stack
    assert stack
    assert list(alert_warnings(stack)) == []


def test_alert_that_repeats_another_is_reported(tmp_path: Path) -> None:
    rule = "{alert: %s, expr: %s, labels: {severity: %s}}"
    first = rule % ("A", "depth > 3", "warning")
    assert found(tmp_path, f"{first},\n" + rule % ("B", "depth  >  3", "warning")) == [("rule.duplicate", "3")]
    assert found(tmp_path, f"{first},\n" + rule % ("B", "depth > 3", "critical")) == []
    assert found(tmp_path, f"{first},\n" + rule % ("B", "depth > 4", "warning")) == []
