"""Texts of receivers that show what no alert of the stack has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.notification_fields import ungrouped_labels, unknown_fields

HEAD = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\n'
RULE = "{alert: A, expr: up == 0, labels: {team: core}, annotations: {summary: a, runbook_url: b}}"


def warnings(folder: Path, text: str, rules: str = RULE) -> list[str]:
    receiver = f"{{slack: {{api_url: 'http://h/', channel: x, text: {json.dumps(text)}}}}}"
    rules = f"rules: [{{name: g, rules: [{rules}]}}]\n"
    (folder / "stack.yml").write_text(f"{HEAD}{rules}alertmanager: {{receivers: {{t: {receiver}}}}}\n")
    return [f"{each.summary} {each.remedy}" for each in unknown_fields(load(folder / "stack.yml", {}))]


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        ("{{ .CommonAnnotations.sumary }}", "annotation `sumary`", "summary"),
        ("{{ range .Alerts }}{{ .Annotations.summmary }}{{ end }}", "annotation `summmary`", "summary"),
        ("{{ .CommonLabels.teaam }}", "label `teaam`", "team"),
        ("{{ .GroupLabels.alertnam }}", "label `alertnam`", "alertname"),
    ],
)
def test_reports_a_slip(tmp_path: Path, text: str, name: str, meant: str) -> None:
    (warning,) = warnings(tmp_path, text)
    assert f"the receiver `t` uses the {name}, which no alert of the stack has" in warning
    assert f"Did you mean `{meant}`?" in warning


@pytest.mark.parametrize(
    "text",
    [
        "{{ .CommonAnnotations.summary }} {{ .CommonLabels.team }} {{ .CommonLabels.job }}",
        "{{ .CommonAnnotations.message }} {{ .CommonAnnotations.runbook }} {{ .CommonLabels.namespace }}",
        "no template: .CommonAnnotations.sumary",
    ],
)
def test_says_nothing_of_what_other_alerts_may_have(tmp_path: Path, text: str) -> None:
    assert warnings(tmp_path, text) == []


def test_says_nothing_without_alerts(tmp_path: Path) -> None:
    assert warnings(tmp_path, "{{ .CommonAnnotations.sumary }}", "{record: a, expr: up}") == []


SLACK = "slack: {{api_url: 'http://h/', channel: x, title: {}}}"


def ungrouped(folder: Path, title: str, routes: str) -> list[str]:
    receivers = ", ".join(f"{name}: {{{SLACK.format(json.dumps(title))}}}" for name in ("t", "u"))
    (folder / "stack.yml").write_text(f"{HEAD}alertmanager: {{receivers: {{{receivers}}}{routes}}}\n")
    return [each.summary for each in ungrouped_labels(load(folder / "stack.yml", {}))]


@pytest.mark.parametrize(
    ("routes", "label", "receivers"),
    [
        ("", "severity", "t"),
        (", route: {receiver: t, group_by: [job], routes: [{receiver: u}]}", "severity", "tu"),
        (", route: {receiver: t, routes: [{receiver: u, group_by: [severity]}]}", "severity", "t"),
        (", route: {receiver: t, group_by: [severity], routes: [{receiver: u}, {group_by: [job]}]}", "severity", ""),
        (", route: {receiver: t, group_by: ['...'], routes: [{receiver: u, group_by: [job]}]}", "severity", "u"),
        (", routing: {default: t, rules: [{when: {a: b}, to: u, group_by: [severity]}]}", "severity", "t"),
        (", routing: {default: t, group_by: [severity]}", "severity", ""),
        ("", "alertname", ""),
        ("", "SortedPairs.Values", ""),
    ],
)
def test_group_label_that_no_route_groups_by_is_reported(
    tmp_path: Path, routes: str, label: str, receivers: str
) -> None:
    assert ungrouped(tmp_path, f"{{{{ .GroupLabels.{label} }}}}", routes) == [
        f"the receiver `{each}` shows the group label `{label}`, and its routes do not group by it: "
        "it is empty in each message"
        for each in receivers
    ]


def test_group_label_that_a_text_looks_for_first_may_be_missing(tmp_path: Path) -> None:
    assert ungrouped(tmp_path, "{{ if .GroupLabels.severity }}{{ .GroupLabels.severity }}{{ end }}", "") == []
