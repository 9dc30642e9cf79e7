"""Panels that show a result as it is not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.manifest import load
from stackctl.manifest.panel_review import panel_warnings

MANIFEST = """\
version: 1
name: shop
services:
  api:
    targets: ["localhost:8000"]
    metrics:
      requests_total: {type: counter, labels: [code]}
      wait_seconds: gauge
      hit_ratio: gauge
      used_bytes: gauge
grafana: {}
"""


def found(folder: Path, dashboard: str, name: str) -> list[Diagnostic]:
    (folder / name).write_text(dashboard)
    (folder / "stack.yml").write_text(f"{MANIFEST}dashboards: [{{file: {name}}}]\n")
    return list(panel_warnings(load(folder / "stack.yml", {})))


def compact(folder: Path, expr: str, **keys: str) -> list[Diagnostic]:
    panel = json.dumps({"title": "A", "query": expr, **keys})
    return found(folder, f"title: Shop\nrows:\n  - panels:\n      - {panel}\n", "d.yml")


def classic(folder: Path, expr: str, legend: str = "", unit: str = "", **more: object) -> list[Diagnostic]:
    panel = {
        "type": "timeseries",
        "title": "A",
        "gridPos": {"x": 0, "y": 0, "w": 24, "h": 8},
        "fieldConfig": {"defaults": {"unit": unit}},
        "targets": [{"refId": "A", "expr": expr, "legendFormat": legend}],
        **more,
    }
    variables = {"list": [{"name": "by", "type": "query", "query": "label_names()"}]}
    board = {"title": "Shop", "panels": [panel], "templating": variables}
    return found(folder, json.dumps(board, indent=1), "d.json")


def test_warns_of_a_panel_without_a_query(tmp_path: Path) -> None:
    (warning,) = classic(tmp_path, "")
    assert warning.code == "dashboard.empty-panel"
    assert warning.summary == "Shop, A: it shows nothing: it has no query"
    assert warning.position.file == "d.json"
    assert classic(tmp_path, "", type="text") == []


@pytest.mark.parametrize("dashboard", [compact, classic])
def test_warns_of_a_label_in_a_legend_that_the_query_has_lost(tmp_path: Path, dashboard: type) -> None:
    (warning,) = dashboard(tmp_path, "sum by (code) (rate(requests_total[5m]))", legend="{{ code }} {{instance}}")
    assert warning.code == "dashboard.legend"
    assert warning.summary == "Shop, A: the legend uses the label `instance`, which the query does not have"
    assert "code" in warning.remedy
    assert "{{instance}}" in warning.position.snippet()


@pytest.mark.parametrize(
    ("expr", "legend"),
    [
        ("sum by (code) (rate(requests_total[5m]))", "{{code}} {{__name__}}"),
        ("requests_total", "{{instance}} {{job}} {{code}}"),
        ("unknown_total", "{{anything}}"),
        ("sum by ($by) (requests_total)", "{{anything}}"),
        ("sum(requests_total)", "all of {{ $code }}"),
        ('label_replace(sum(requests_total), "to", "x", "", "")', "{{to}}"),
    ],
)
def test_accepts_labels_that_may_be_there(tmp_path: Path, expr: str, legend: str) -> None:
    assert classic(tmp_path, expr, legend) == []


@pytest.mark.parametrize(
    ("expr", "unit", "shown"),
    [
        ("wait_seconds", "ms", "shows seconds as milliseconds"),
        ("wait_seconds * 1000", "s", "shows milliseconds as seconds"),
        ("hit_ratio", "percent", "shows ratio as percent"),
        ("sum(requests_total{code='5'}) / sum(requests_total)", "percent", "shows ratio as percent"),
        ("100 * hit_ratio", "percentunit", "shows percent as ratio"),
        ("used_bytes / 1024", "bytes", "as bytes"),
    ],
)
def test_warns_of_another_unit(tmp_path: Path, expr: str, unit: str, shown: str) -> None:
    (warning,) = classic(tmp_path, expr, unit=unit)
    assert warning.code == "dashboard.unit"
    assert shown in warning.summary


@pytest.mark.parametrize(
    ("expr", "unit"),
    [
        ("wait_seconds", "s"),
        ("wait_seconds", "short"),
        ("wait_seconds", ""),
        ("wait_seconds * 1000", "ms"),
        ("100 * hit_ratio", "percent"),
        ("sum(rate(requests_total{code='5'}[5m])) * 100 / sum(rate(requests_total[5m]))", "percent"),
        ("sum(rate(requests_total[5m])) / sum(rate(other_total[5m])) * 100", "percent"),
        ("rate(busy_seconds_total[5m])", "percentunit"),
        ("used_bytes", "decbytes"),
        ("used_bytes / 1024", "kbytes"),
        ("unknown", "s"),
    ],
)
def test_accepts_the_unit_of_the_value(tmp_path: Path, expr: str, unit: str) -> None:
    assert classic(tmp_path, expr, unit=unit) == []


def test_does_not_know_the_unit_of_what_is_transformed_or_overridden(tmp_path: Path) -> None:
    assert classic(tmp_path, "wait_seconds", unit="ms", transformations=[{"id": "calculateField"}]) == []
    overridden = {"defaults": {"unit": "ms"}, "overrides": [{"matcher": {}, "properties": []}]}
    assert classic(tmp_path, "wait_seconds", fieldConfig=overridden) == []


@pytest.mark.parametrize(
    ("needs", "summary"),
    [
        (
            {"a": "$b", "b": "$a"},
            "Shop: the variable `$a`, which needs `$b`, which needs `$a`: Grafana can load none of",
        ),
        (
            {"a": "x", "b": "$c", "c": "${d}", "d": "$b"},
            "Shop: the variable `$b`, which needs `$c`, which needs `$d`, wh",
        ),
        ({"a": "$a"}, ""),
        ({f"v{number}": " ".join(f"$v{each}" for each in range(number)) for number in range(60)}, ""),
        ({f"v{number}": f"$v{max(number - 1, 0)}" for number in range(1500)}, ""),
        ({"a": "$b", "b": "$c", "c": "x", "d": "$a $b"}, ""),
    ],
)
def test_warns_of_variables_that_need_each_other(tmp_path: Path, needs: dict[str, str], summary: str) -> None:
    variables = [
        {"name": name, "type": "query", "query": f'label_values(wait_seconds{{job="{value}"}}, instance)'}
        for name, value in needs.items()
    ]
    panel = {"type": "timeseries", "title": "A", "targets": [{"refId": "A", "expr": "wait_seconds"}]}
    board = {"title": "Shop", "panels": [panel], "templating": {"list": variables}}
    warnings = found(tmp_path, json.dumps(board), "d.json")
    assert [each.code for each in warnings] == ["dashboard.variable-circle"] * bool(summary)
    assert all(each.summary.startswith(summary) for each in warnings)


@pytest.mark.parametrize(("label", "count"), [("code", 0), ("cod", 1), ("instance", 0)])
def test_warns_of_a_variable_of_a_label_that_is_not_there(tmp_path: Path, label: str, count: int) -> None:
    text = (
        f"title: Shop\nvariables: [{{name: v, query: 'label_values(requests_total, {label})'}}]\n"
        'rows:\n  - panels: [{title: A, query: "sum(requests_total)"}]\n'
    )
    assert [each.code for each in found(tmp_path, text, "d.yml")] == ["promql.unknown-label"] * count


def test_warns_of_a_variable_that_the_dashboard_does_not_have(tmp_path: Path) -> None:
    (warning,) = classic(tmp_path, 'wait_seconds{job="$job"}')
    assert warning.code == "dashboard.undeclared-variable"
    assert warning.summary == "Shop, A: the dashboard has no variable `$job`, so Grafana leaves that name in the query"
    assert classic(tmp_path, "rate(requests_total[$__rate_interval])") == []
