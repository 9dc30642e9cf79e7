"""Templates of alerts that show labels which their expressions cannot have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.alert_labels import missing_labels

HEAD = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\n'


def warnings(folder: Path, expr: str, text: str) -> list[str]:
    rule = {"alert": "High", "expr": expr, "annotations": {"summary": text}}
    (folder / "stack.yml").write_text(f"{HEAD}rules: [{{name: g, rules: [{json.dumps(rule)}]}}]\n")
    return [str(problem) for problem in missing_labels(load(folder / "stack.yml", {}))]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("{{ $labels.instance }}", "instance"),
        ("{{ .Labels.instance }}", "instance"),
        ('{{ index $labels "instance" }}', "instance"),
        ("{{ if gt $value 3.0 }}{{ $labels.instance | toUpper }}{{ end }}", "instance"),
        ("{{ $labels.jbo }}", "jbo"),
    ],
)
def test_reports_a_label_that_the_expression_drops(tmp_path: Path, text: str, label: str) -> None:
    (warning,) = warnings(tmp_path, "sum by (job) (up) < 1", text)
    assert f"High: the annotation `summary` shows the label `{label}`, which the expression does not have" in warning
    assert "`job`" in warning


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("sum by (job) (up) < 1", "{{ $labels.job }} {{ $value }} {{ $externalLabels.cluster }}"),
        ("sum by (job) (up) < 1", "{{ if $labels.instance }}{{ $labels.instance }}{{ end }}"),
        ("sum by (job) (up) < 1", "{{ with $labels.instance }}on {{ . }}{{ end }}"),
        ("sum by (job) (up) < 1", '{{ range query "up" }}{{ .Labels.instance }}{{ end }}'),
        ("sum by (job) (up) < 1", "no template: $labels.instance"),
        ("up == 0", "{{ $labels.instance }} {{ $labels.anything }}"),
        ("sum by (job) (up) < 1 or up == 7", "{{ $labels.instance }}"),
    ],
)
def test_says_nothing_where_a_label_may_be_there(tmp_path: Path, expr: str, text: str) -> None:
    assert warnings(tmp_path, expr, text) == []
