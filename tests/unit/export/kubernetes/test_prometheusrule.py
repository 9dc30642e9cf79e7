"""PrometheusRules say what the rule files say, in the types that Kubernetes takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stackctl.export.kubernetes.objects import Cluster, Objects
from stackctl.export.kubernetes.prometheusrule import prometheus_rule
from tests.unit.export.manifests import stack_in


def groups(folder: Path, content: str) -> Any:
    made = prometheus_rule(Objects(stack_in(folder), Cluster()), content.encode(), "shop-rules")
    assert made["metadata"]["name"] == "shop-rules"
    return made["spec"]["groups"]


def test_values_are_text_as_prometheus_reads_them(tmp_path: Path) -> None:
    rule = "{alert: A, expr: 1, for: 0, labels: {severity: 1, page: on, day: 2026-01-01}, annotations: {a: 007, b: }}"
    (group,) = groups(tmp_path, f"groups: [{{name: g, limit: 5, rules: [{rule}]}}]")
    assert group["limit"] == 5
    assert group["rules"] == [
        {
            "alert": "A",
            "expr": "1",
            "for": "0",
            "labels": {"severity": "1", "page": "on", "day": "2026-01-01"},
            "annotations": {"a": "007", "b": ""},
        }
    ]


def test_empty_entries_are_left_out(tmp_path: Path) -> None:
    written = "groups:\n-\n- {name: g, interval: , rules: [~, {record: a, expr: b, labels: }]}\n"
    assert groups(tmp_path, written) == [{"name": "g", "rules": [{"record": "a", "expr": "b"}]}]
    assert groups(tmp_path, "") == groups(tmp_path, "groups:") == []
