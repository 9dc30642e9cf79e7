"""The rules and dashboards of a stack beside its contracts, and what `stackctl check` says of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.cli.main import main
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
    manifest = write(tmp_path, "first_over_time(up[5m]) > 1")
    manifest.write_text(f"{manifest.read_text()}prometheus: {{image: '{image}'}}\n")
    found = [each for each in review_queries(load(manifest, environ={})).warnings if "first_over_time" in each.summary]
    assert len(found) == count
    assert not count or "since 3.14, and the image has 3.13.5" in found[0].summary


def check(folder: Path, expr: str, *arguments: str, services: str = SERVICE) -> int:
    return main(["-f", str(write(folder, expr, services)), "check", *arguments])


def test_check_fails_with_the_expression_that_was_meant(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "rate(depth[5m])") == 1
    assert "help: Write `deriv(depth[5m])`." in capsys.readouterr().err


def test_check_shows_warnings_and_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check(tmp_path, "histogram_quantile(0.9, latency_seconds_bucket)") == 0
    out = capsys.readouterr().out
    assert "hardly moves" in out
    assert "shop: " in out


def test_check_writes_severities_for_machines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bare = "histogram_quantile(0.9, latency_seconds_bucket)"
    assert check(tmp_path, bare, "--output", "json") == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], [each["status"] for each in report["diagnostics"]]) == (True, ["warn"])
    assert check(tmp_path, bare, "--output", "github") == 0
    assert capsys.readouterr().out.startswith("::warning file=")
    assert check(tmp_path, "rate(depth[5m])", "--output", "json") == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], [each["status"] for each in report["diagnostics"]]) == (False, ["fail"])


def check_ignoring(folder: Path, exception: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    manifest = write(folder, "up == 0", more=f"ignore: [{exception}]\n")
    code = main(["-f", str(manifest), "check"])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_check_refuses_an_exception_from_an_unknown_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = check_ignoring(tmp_path, "{check: panel.dat, reason: r}", capsys)
    assert code == 1
    assert "stack.yml:3:10: ignore: there is no check `panel.dat`" in said
    assert "Did you mean `panel.data`?" in said


def test_check_warns_of_an_exception_that_has_ended(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = check_ignoring(tmp_path, "{check: panel, reason: r, until: 2026-01-31}", capsys)
    assert code == 0
    assert "the exception from `panel` ended on 2026-01-31" in said
    assert check_ignoring(tmp_path, "{check: panel, reason: r, until: 9999-12-31}", capsys)[1].count("exception") == 0


def test_check_accepts_what_the_manifest_ignores_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    exception = "ignore: [{check: promql.rate-of-gauge, subject: r.yml, reason: a counter in disguise}]\n"
    manifest = write(tmp_path, "rate(depth[5m])", more=exception)
    assert main(["-f", str(manifest), "check"]) == 0
    assert "ignored (a counter in disguise): " in capsys.readouterr().err
    assert main(["-f", str(manifest), "check", "--output", "json"]) == 0
    (accepted,) = json.loads(capsys.readouterr().out)["diagnostics"]
    assert (accepted["code"], accepted["status"]) == ("promql.rate-of-gauge", "skip")


@pytest.mark.parametrize(
    "exception", ["{check: promql.unknown-metric, reason: r}", "{check: promql, subject: x, reason: r}"]
)
def test_another_exception_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], exception: str) -> None:
    manifest = write(tmp_path, "rate(depth[5m])", more=f"ignore: [{exception}]\n")
    assert main(["-f", str(manifest), "check"]) == 1
    assert "treats every decrease as a restart" in capsys.readouterr().err


def test_check_refuses_an_exception_from_what_cannot_be_ignored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = check_ignoring(tmp_path, "{check: manifest.unknown-key, reason: r}", capsys)
    assert code == 1
    assert "ignore: `manifest.unknown-key` cannot be ignored" in said
