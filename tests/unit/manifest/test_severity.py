from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.severity import unrouted

MANIFEST = """\
version: 1
name: shop
{more}
services: {{api: {{targets: ["localhost:8000"]}}}}
alertmanager:
  receivers: {{team: {{webhook: {{url: "http://localhost:1/"}}}}}}
  routing: {{default: team, rules: [{{when: {{{label}: critical}}, to: team}}]}}
rules:
  - name: shop
    rules:
      - {{alert: Plain, expr: up == 0}}
      - {{alert: Labelled, expr: up == 0, labels: {{severity: critical}}}}
      - {{alert: FromSeries, expr: "sum by (severity) (problems) > 0"}}
      - {{record: recorded, expr: up}}
"""


@pytest.mark.parametrize(
    ("more", "label", "told"),
    [
        ("", "severity", ["Plain"]),
        ("", "team", []),
        ("prometheus: {external_labels: {severity: warning}}", "severity", []),
    ],
)
def test_reports_only_alerts_that_surely_have_no_severity(
    tmp_path: Path, more: str, label: str, told: list[str]
) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST.format(more=more, label=label))
    found = list(unrouted(load(tmp_path / "stack.yml", {})))
    assert [problem.summary.split("`")[1] for problem in found] == told
    assert [problem.position and problem.position.line for problem in found] == [11] * len(told)
