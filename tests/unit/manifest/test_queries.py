"""The rules and dashboards of a stack beside its contracts, and what `stackctl check` says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.queries import Review, review_queries

CONTRACT = """\
    metrics:
      requests_total: {type: counter, labels: {status: ["200", "500"], method: }}
      latency_seconds: {type: histogram, labels: [method]}
      depth: gauge
      phase: {type: stateset, states: [good, bad]}
"""
SERVICE = f'  api:\n    targets: ["localhost:8000"]\n    labels: {{team: core}}\n{CONTRACT}'
OPEN = '  other: {targets: ["localhost:8001"]}\n'


def write(folder: Path, expr: str, services: str = SERVICE, more: str = "") -> Path:
    (folder / "r.yml").write_text(f"groups: [{{name: g, rules: [{{alert: Odd, expr: {json.dumps(expr)}}}]}}]\n")
    manifest = folder / "stack.yml"
    manifest.write_text(f"version: 1\nname: shop\n{more}services:\n{services}rules: [{{file: r.yml}}]\n")
    return manifest


def reviewed(folder: Path, expr: str, services: str = SERVICE, more: str = "") -> Review:
    return review_queries(load(write(folder, expr, services, more), environ={}))


@pytest.mark.parametrize(
    "expr",
    [
        'sum by (team) (rate(requests_total{status="500", team="core", instance="localhost:8000"}[5m]))',
        "histogram_quantile(0.9, sum by (le) (rate(latency_seconds_bucket[5m])))",
        'phase{phase="bad"} == 1',
        "up == 0",
        "process_resident_memory_bytes > 1e9",
        "prometheus_tsdb_head_series > 1e6",
        'ALERTS{alertname="Odd"}',
    ],
)
def test_accepts_queries_of_what_the_stack_has(tmp_path: Path, expr: str) -> None:
    assert reviewed(tmp_path, expr) == Review((), ())


def test_a_metric_without_an_owner_is_an_error_when_every_service_has_a_contract(tmp_path: Path) -> None:
    (problem,) = reviewed(tmp_path, "node_load1 > 4").errors
    assert problem.summary == "Odd: nothing serves `node_load1`: no contract, no component and no recording rule"
    assert problem.position
    assert problem.position.file == "r.yml"
    assert reviewed(tmp_path, "node_load1 > 4", more="exporters: {node: {}}\n") == Review((), ())
    assert reviewed(tmp_path, "node_load1 > 4", SERVICE + OPEN) == Review((), ())


def test_a_likely_typing_error_is_a_warning_when_not_every_service_has_a_contract(tmp_path: Path) -> None:
    review = reviewed(tmp_path, "rate(request_total[5m])", SERVICE + OPEN)
    assert not review.errors
    assert [warning.remedy for warning in review.warnings] == ["Did you mean `requests_total`?"]


@pytest.mark.parametrize("more", ["pushgateway:\n", "prometheus: {extra: {scrape_configs: []}}\n"])
def test_reports_nothing_where_metrics_come_from_elsewhere(tmp_path: Path, more: str) -> None:
    assert reviewed(tmp_path, "batch_runs_total", more=more) == Review((), ())


def test_metrics_of_a_batch_job_have_an_owner(tmp_path: Path) -> None:
    services = SERVICE + "  nightly: {push: {grouping: {region: eu}}, metrics: {rows_total: counter}}\n"
    gateway = "pushgateway:\n"
    assert reviewed(tmp_path, 'rate(rows_total{region="eu"}[1h])', services, gateway) == Review((), ())
    assert reviewed(tmp_path, "time() - push_time_seconds > 3600", services, gateway) == Review((), ())
    assert len(reviewed(tmp_path, "batch_runs_total", services, gateway).errors) == 1


def test_counter_that_was_pushed_is_what_one_run_counted(tmp_path: Path) -> None:
    services = SERVICE + "  nightly: {push: {}, metrics: {rows_total: counter, failed_rows_total: counter}}\n"
    for expr in ("failed_rows_total > 100", "failed_rows_total / rows_total > 0.1"):
        assert reviewed(tmp_path, expr, services, "pushgateway:\n") == Review((), ())


def test_suggestion_is_no_warning(tmp_path: Path) -> None:
    review = reviewed(tmp_path, "other_requests_total > 100", SERVICE + OPEN)
    assert (review.errors, review.warnings) == ((), ())
    assert [(each.code, each.status) for each in review.suggestions] == [("promql.raw-counter", "info")]


def test_accepts_any_label_where_relabelling_adds_some(tmp_path: Path) -> None:
    relabelled = SERVICE + "    relabel: [{target_label: zone, replacement: a}]\n"
    assert reviewed(tmp_path, 'depth{zone="a"}', relabelled) == Review((), ())
    assert len(reviewed(tmp_path, 'depth{zone="a"}').errors) == 1


def test_reports_a_panel_with_the_title_of_its_dashboard(tmp_path: Path) -> None:
    manifest = write(tmp_path, "up")
    expr = 'rate(requests_total{status="$status"}[$__rate_interval]) / rate(requests_total[$__rate_interval])'
    panel = {"type": "stat", "title": "Ratio", "targets": [{"refId": "A", "expr": expr}]}
    variable = {"name": "status", "type": "query", "query": "label_values(requests_total, status)"}
    dashboard = {"title": "Shop", "uid": "shop", "panels": [panel], "templating": {"list": [variable]}}
    (tmp_path / "d.json").write_text(json.dumps(dashboard))
    manifest.write_text(manifest.read_text() + "dashboards: [{file: d.json}]\ngrafana:\n")
    (problem,) = review_queries(load(manifest, environ={})).errors
    assert problem.summary.startswith("Shop, Ratio: both sides are matched on all labels, including `status`")
    assert problem.remedy == (
        'Write `sum without (status) (rate(requests_total{status="$status"}[$__rate_interval]))'
        " / sum without (status) (rate(requests_total[$__rate_interval]))`."
    )


@pytest.mark.parametrize(
    "expr", ["$metric", 'rate($metric{team="$team"}[5m])', "${metric}_total", "shop_${metric}_total"]
)
def test_a_name_made_of_a_variable_may_be_any(tmp_path: Path, expr: str) -> None:
    manifest = write(tmp_path, "up")
    panel = {"type": "stat", "title": "Any", "targets": [{"refId": "A", "expr": expr}]}
    variables = [{"name": "metric", "type": "query", "query": "metrics(requests)"}, {"name": "team", "type": "textbox"}]
    dashboard = {"title": "Shop", "uid": "shop", "panels": [panel], "templating": {"list": variables}}
    (tmp_path / "d.json").write_text(json.dumps(dashboard))
    manifest.write_text(manifest.read_text() + "dashboards: [{file: d.json}]\ngrafana:\n")
    assert review_queries(load(manifest, environ={})) == Review((), ())


def test_warns_of_a_variable_of_several_values_compared_by_equality(tmp_path: Path) -> None:
    manifest = write(tmp_path, "up")
    variable = {"name": "job", "type": "query", "query": "label_values(up, job)", "includeAll": True}
    good, bad = (
        {"title": t, "targets": [{"expr": f'up{{job{op}"$job"}}'}]} for t, op in (("Good", "=~"), ("Bad", "="))
    )
    repeated = {**bad, "title": "Repeated", "repeat": "job"}
    dashboard = {"title": "Shop", "panels": [good, bad, repeated], "templating": {"list": [variable]}}
    (tmp_path / "d.json").write_text(json.dumps(dashboard))
    manifest.write_text(manifest.read_text() + "dashboards: [{file: d.json}]\ngrafana:\n")
    (problem,) = review_queries(load(manifest, environ={})).warnings
    assert problem.summary == "Shop, Bad: `$job` can hold several values, but `=` compares with one"
    assert problem.remedy == 'Write `=~"$job"`.'


@pytest.mark.parametrize(("image", "count"), [("prom/prometheus:v3.13.5", 1), ("prom/prometheus:v3.14.0", 0)])
def test_warns_of_promql_that_the_image_does_not_know(tmp_path: Path, image: str, count: int) -> None:
    manifest = write(tmp_path, "first_over_time(up[5m]) < 1")
    manifest.write_text(f"{manifest.read_text()}prometheus: {{image: '{image}'}}\n")
    found = [each for each in review_queries(load(manifest, environ={})).warnings if "first_over_time" in each.summary]
    assert len(found) == count
    assert not count or "since 3.14, and the image has 3.13.5" in found[0].summary


OTHER = '  other: {targets: ["localhost:8001"], metrics: {orders_total: counter, process_depth: gauge}}\n'


def test_warns_of_a_job_that_does_not_serve_the_metric(tmp_path: Path) -> None:
    found = reviewed(tmp_path, 'depth{job="other"} > 1', SERVICE + OTHER)
    assert found.errors == ()
    (warning,) = found.warnings
    assert (warning.code, warning.summary) == ("promql.unknown-value", "Odd: `job` of `depth` is never `other`")


@pytest.mark.parametrize(
    ("expr", "services"),
    [
        ('depth{job="api"} > 1', SERVICE + OTHER),
        ('orders_total{job=~"other|api"} > 0', SERVICE + OTHER),
        ('process_depth{job="node"} > 0', SERVICE + OTHER),
        # A service without a contract may serve it too.
        ('depth{job="other"} > 1', SERVICE + OPEN),
    ],
)
def test_accepts_a_job_that_may_serve_the_metric(tmp_path: Path, expr: str, services: str) -> None:
    assert reviewed(tmp_path, expr, services) == Review((), ())


def test_knows_the_labels_of_up_where_all_targets_are_known(tmp_path: Path) -> None:
    (warning,) = reviewed(tmp_path, 'up{region="eu"} == 0').warnings
    assert warning.summary == "Odd: `up` has no label `region`, so this selects nothing"
    assert reviewed(tmp_path, 'up{team="core"} == 0') == Review((), ())
    discovery = '  found: {discovery: {dns_sd_configs: [{names: ["a.example.com"]}]}, metrics: {x: gauge}}\n'
    assert reviewed(tmp_path, 'up{region="eu"} == 0', SERVICE + discovery) == Review((), ())


KEPT = "prometheus: {retention: {time: 2d}}\n"
READ = 'prometheus: {retention: {time: 2d}, extra: {remote_read: [{url: "http://store.test/"}]}}\n'


def test_warns_of_samples_that_are_not_kept(tmp_path: Path) -> None:
    expr = "depth > avg_over_time(depth[3d])"
    (warning,) = reviewed(tmp_path, expr, more=KEPT).warnings
    assert warning.code == "promql.retention"
    assert warning.position.file == "r.yml"
    assert "looks back 3d, and Prometheus keeps samples for 2d" in warning.summary
    assert reviewed(tmp_path, expr).warnings == ()
    assert reviewed(tmp_path, expr, more=READ).warnings == ()


@pytest.mark.parametrize(
    ("matcher", "query", "several", "warns"),
    [
        ('=~"$path"', "shop.*,admin.*", True, "shop.*"),
        ('=~"a-${path}"', "PATCH|PUT", True, "PATCH|PUT"),
        ("!~'[[path]]'", "^shop", True, "^shop"),
        ('=~"${path:pipe}"', "shop.*,admin.*", True, ""),
        ('=~"${path:raw}"', "shop.*", True, ""),
        ('=~"$path"', "shop.*,admin.*", False, ""),
        ('=~"$path"', "shop-1.example,Admin : admin-1", True, ""),
        ('=~".*$path.*"', "shop", True, ""),
    ],
)
def test_warns_of_patterns_that_grafana_escapes(
    tmp_path: Path, matcher: str, query: str, several: bool, warns: str
) -> None:
    manifest = write(tmp_path, "up")
    variable = {"name": "path", "type": "custom", "query": query, "multi": several}
    panel = {"title": "Good", "targets": [{"expr": f"up{{instance{matcher}}}"}]}
    dashboard = {"title": "Shop", "panels": [panel], "templating": {"list": [variable]}}
    (tmp_path / "d.json").write_text(json.dumps(dashboard))
    manifest.write_text(manifest.read_text() + "dashboards: [{file: d.json}]\ngrafana:\n")
    warnings = review_queries(load(manifest, environ={})).warnings
    assert [each.code for each in warnings] == ["promql.regex-as-text"] * bool(warns)
    assert all(f"`{warns}` finds that text only" in each.summary for each in warnings)
    assert all(each.remedy == 'Write `=~"${path:pipe}"`.' for each in warnings)
