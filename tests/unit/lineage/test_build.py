"""The graph of a stack: what each part is computed from, and where it leads."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stackctl.lineage.build import lineage
from stackctl.lineage.graph import Graph
from stackctl.manifest import load
from stackctl.model import Stack

Load = Callable[[str], Stack]
Names = Callable[[Graph, str, str], dict[str, object]]
API = """\
services:
  api:
    targets: ["localhost:8000"]
    metrics:
      requests_total: {type: counter, labels: {status: ["200", "500"]}}
      wait_seconds: {type: histogram, buckets: [1, 5]}
"""


def rules(*texts: str) -> str:
    return "rules:\n  - name: g\n    rules:\n" + "".join(f"      - {text}\n" for text in texts)


def faults(graph: Graph) -> list[str]:
    return [each.fault for each in (*graph.nodes, *graph.edges) if each.fault and "Alertmanager" not in each.fault]


def test_alert_leads_back_over_records_to_the_service(stack_of: Load, names_of: Names) -> None:
    graph = lineage(
        stack_of(
            API
            + rules(
                '{record: "job:rate", expr: "sum by (job) (rate(requests_total[5m]))"}',
                '{alert: High, expr: "job:rate > 3"}',
            )
        )
    )
    assert names_of(graph, "High", "upstream") == {"job:rate": {"requests_total": {"api": {}}}}
    assert names_of(graph, "requests_total", "downstream") == {"job:rate": {"High": {"none": {}}}}
    assert faults(graph) == []


def test_series_of_a_histogram_belong_to_it(stack_of: Load, names_of: Names) -> None:
    expr = "histogram_quantile(0.9, sum by (le) (rate(wait_seconds_bucket[5m]))) > 3"
    graph = lineage(stack_of(API + rules(f"{{alert: Slow, expr: '{expr}'}}")))
    assert names_of(graph, "Slow", "upstream") == {"wait_seconds_bucket": {"wait_seconds": {"api": {}}}}


def test_metric_that_nothing_serves_is_a_broken_edge(stack_of: Load) -> None:
    graph = lineage(stack_of(API + rules("{alert: A, expr: request_total > 3}")))
    assert faults(graph) == ["nothing serves `request_total`. Did you mean `requests_total`?"]


def test_label_that_an_aggregation_removed_is_a_broken_edge(stack_of: Load) -> None:
    record = '{record: "job:rate", expr: "sum by (job) (rate(requests_total[5m]))"}'
    graph = lineage(stack_of(API + rules(record, """{alert: A, expr: 'job:rate{status="500"} > 3'}""")))
    (edge,) = (each for each in graph.edges if each.source.name == "job:rate" and each.target.name == "A")
    assert edge.fault == "`job:rate` has no label `status`, so this selects nothing. It has: job"


def test_job_that_does_not_serve_a_metric_is_a_broken_edge(stack_of: Load, names_of: Names) -> None:
    graph = lineage(
        stack_of(API + rules("{alert: A, expr: 'up{job=\"web\"} == 0'}", "{alert: B, expr: 'up{job=\"api\"} == 0'}"))
    )
    assert faults(graph) == ["no target of the selected job serves it"]
    assert names_of(graph, "B", "upstream") == {"up": {"api": {}}}


def test_metric_in_no_contract_may_be_of_a_service_without_one(stack_of: Load, names_of: Names) -> None:
    services = API + '  plain: {targets: ["localhost:8001"]}\n'
    graph = lineage(stack_of(services + rules("{alert: A, expr: depth > 3}", "{alert: B, expr: 'x{job=\"api\"} > 3'}")))
    assert names_of(graph, "A", "upstream") == {"depth": {"plain": {}}}
    assert names_of(graph, "B", "upstream") == {"x": {}}
    assert [each.note for each in graph.edges if each.target.name == "depth"] == ["perhaps, as it has no contract"]
    assert faults(graph) == []


def test_record_is_chosen_by_the_labels_that_rules_give(stack_of: Load, names_of: Names) -> None:
    records = [f'{{record: "r:x", expr: "sum({name})", labels: {{of: {name}}}}}' for name in ("a_total", "b_total")]
    services = (
        "services: {api: {targets: ['localhost:8000'], metrics: {a_total: counter, b_total: counter, c: gauge}}}\n"
    )
    graph = lineage(
        stack_of(
            services
            + rules(*records, """{alert: A, expr: 'r:x{of="a_total"} > 3'}""", """{alert: B, expr: 'r:x{of="c"}'}""")
        )
    )
    assert names_of(graph, "A", "upstream") == {"r:x": {"a_total": {"api": {}}}}
    (edge,) = (each for each in graph.edges if each.target.name == "B")
    assert edge.fault == "`of` of `r:x` is never `c`. It may be: a_total, b_total"


def test_rules_of_an_objective_are_one_node(stack_of: Load, names_of: Names) -> None:
    slo = (
        "    slo: {ok: {objective: 99.9, window: 7d, good: 'rate(requests_total{status=\"200\"}[$window])', "
        "total: 'rate(requests_total[$window])'}}\n"
    )
    graph = lineage(stack_of(API + slo))
    assert names_of(graph, "SloBurnsFast", "upstream") == {"ok": {"requests_total": {"api": {}}}}
    assert [each.kind for each in graph.nodes if each.name == "ok"] == ["slo"]


def test_rule_that_selects_alerts_depends_on_them(stack_of: Load, names_of: Names) -> None:
    graph = lineage(
        stack_of(API + rules("{alert: A, expr: up == 0}", "{alert: B, expr: 'ALERTS{alertname=\"A\"} == 1'}"))
    )
    assert names_of(graph, "B", "upstream") == {"A": {"up": {"prometheus": {}, "api": {}}}}


def test_alert_that_does_not_exist_is_a_broken_edge(stack_of: Load, names_of: Names) -> None:
    graph = lineage(
        stack_of(API + rules("{alert: A, expr: up == 0}", "{alert: B, expr: 'ALERTS{alertname=\"C\"} == 1'}"))
    )
    assert names_of(graph, "B", "upstream") == {"ALERTS": {}}
    assert faults(graph) == ["no rule gives its series the labels that are selected"]


def test_selector_of_a_whole_job_depends_on_the_service(stack_of: Load, names_of: Names) -> None:
    graph = lineage(stack_of(API + rules("{alert: A, expr: 'count({job=\"api\"}) > 3'}")))
    assert names_of(graph, "A", "upstream") == {"api": {}}


def test_rules_in_a_circle_are_followed_once(stack_of: Load, names_of: Names) -> None:
    graph = lineage(stack_of(API + rules('{record: "a:b", expr: "a:c"}', '{record: "a:c", expr: "a:b"}')))
    assert names_of(graph, "a:b", "upstream") == {"a:c": {"a:b": {}}}


def test_panels_and_variables_depend_on_their_metrics(tmp_path: Path, stack_of: Load, names_of: Names) -> None:
    panel = {"type": "timeseries", "title": "Errors", "targets": [{"expr": 'rate(requests_total{job=~"$job"}[5m])'}]}
    variable = {"type": "query", "name": "job", "query": "label_values(requests_total, job)"}
    board = {"title": "Shop", "uid": "shop", "panels": [panel], "templating": {"list": [variable]}}
    (tmp_path / "shop.json").write_text(json.dumps(board))
    graph = lineage(stack_of(f"grafana: {{}}\n{API}dashboards: [{{file: shop.json}}]\n"))
    assert names_of(graph, "requests_total", "downstream") == {"Errors": {}, "$job": {}}
    assert {each.full_name for each in graph.nodes if each.owner == "Shop"} == {"Shop/Errors", "Shop/$job"}


@pytest.mark.parametrize("folder", ["examples/quickstart", "examples/data-pipeline", "tests/manifests/render/packs"])
def test_stacks_that_are_right_have_nothing_broken(folder: str) -> None:
    manifest = Path(__file__).parents[3] / folder / "stack.yml"
    graph = lineage(load(manifest, {"GRAFANA_PASSWORD": "a-password"}))
    assert faults(graph) == []
    assert len(graph.edges) > 20
