"""Metrics and recording rules that nothing reads: each way of reading one, and none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.operations.unused import CODES, find_unused

METRICS = "{requests_total: counter, seconds: {type: histogram, buckets: [1]}, old_total: counter, depth: gauge}"
SERVICES = f"  api: {{targets: ['api:8000'], metrics: {METRICS}}}\n"


def stack(folder: Path, rules: str = "", dashboards: str = "", services: str = SERVICES) -> Stack:
    text = (
        f"version: 1\nname: shop\nservices:\n{services}rules:\n  - name: own\n    rules:\n{rules or BASE}{dashboards}"
    )
    (folder / "stack.yml").write_text(text)
    return load(folder / "stack.yml", {})


def rule(expr: str, kind: str = "alert", name: str = "A", more: str = "") -> str:
    return f"      - {{{kind}: {name}, expr: {json.dumps(expr)}{more}}}\n"


BASE = rule("up == 0")


def unused(found: Stack) -> list[str]:
    return sorted(each.summary.split("`")[1] for each in find_unused(found, CODES))


def test_reports_what_nothing_reads_at_its_place(tmp_path: Path) -> None:
    found = find_unused(stack(tmp_path, rule("requests_total", "record", "a:b")), CODES)
    metric, record = found[0], found[-1]
    assert (metric.code, metric.status) == ("contract.unused", "info")
    assert metric.summary == "no rule and no dashboard reads `seconds` of `api`"
    assert metric.position is not None
    assert metric.position.line == 4
    assert (record.code, record.status) == ("rule.unused", "info")
    assert record.summary == "no rule and no dashboard reads the recording rule `a:b`"


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        (BASE, ["depth", "old_total", "requests_total", "seconds"]),
        (rule("rate(requests_total[5m]) > 1"), ["depth", "old_total", "seconds"]),
        (rule("rate(seconds_sum[5m]) > 1"), ["depth", "old_total", "requests_total"]),
        (rule('{__name__=~"requests.*|depth"} > 1'), ["old_total", "seconds"]),
        (
            rule("up == 0", more=", annotations: {summary: '{{ query \"depth\" }}'}"),
            ["old_total", "requests_total", "seconds"],
        ),
        (
            rule("depth", "record", "a:b") + rule("a:b > 1"),
            ["old_total", "requests_total", "seconds"],
        ),
        (rule("depth", "record", "a:b"), ["a:b", "old_total", "requests_total", "seconds"]),
        (rule("a:b + depth", "record", "a:b"), ["a:b", "old_total", "requests_total", "seconds"]),
    ],
)
def test_what_a_rule_reads_is_used(rules: str, left: list[str], tmp_path: Path) -> None:
    assert unused(stack(tmp_path, rules)) == left


def test_what_a_dashboard_reads_is_used(tmp_path: Path) -> None:
    board = {
        "title": "Shop",
        "annotations": {"list": [{"name": "Deploys", "expr": "changes(old_total[5m]) > 0"}]},
        "templating": {"list": [{"name": "job", "type": "query", "query": "label_values(depth, job)"}]},
        "panels": [{"type": "timeseries", "title": "P", "targets": [{"expr": 'rate(requests_total{job="$job"}[5m])'}]}],
    }
    (tmp_path / "shop.json").write_text(json.dumps(board))
    assert unused(stack(tmp_path, dashboards="grafana: {}\ndashboards: [{file: shop.json}]\n")) == ["seconds"]


def test_services_with_one_contract_use_a_metric_together(tmp_path: Path) -> None:
    (tmp_path / "contract.yml").write_text("depth: gauge\n")
    services = "".join(f"  {name}: {{targets: ['{name}:80'], metrics: contract.yml}}\n" for name in ("a", "b"))
    assert unused(stack(tmp_path, rule("depth{job='a'} > 1"), services=services)) == []
    assert unused(stack(tmp_path, services=services)) == ["depth"]


def test_series_of_another_service_are_not_those_of_this_one(tmp_path: Path) -> None:
    services = "".join(f"  {name}: {{targets: ['{name}:80'], metrics: {{depth: gauge}}}}\n" for name in ("a", "b"))
    found = find_unused(stack(tmp_path, rule("depth{job='a'} > 1"), services=services), CODES)
    assert [each.summary for each in found] == ["no rule and no dashboard reads `depth` of `b`"]


def test_is_silent_unless_asked(tmp_path: Path) -> None:
    assert find_unused(stack(tmp_path), ()) == []
    assert find_unused(stack(tmp_path), ["promql.units"]) == []
    assert {each.code for each in find_unused(stack(tmp_path), ["rule.unused", "contract.unlisted"])} == set()
