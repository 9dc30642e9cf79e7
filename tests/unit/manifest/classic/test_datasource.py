"""Datasources: which queries are for Prometheus."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.manifest.classic.boards import exprs, of, problems, read


@pytest.mark.parametrize(
    "source",
    [
        "-- Mixed --",
        {"type": "mixed", "uid": "-- Mixed --"},
        {"type": "datasource", "uid": "-- Mixed --"},
    ],
)
def test_asks_each_query_of_a_mixed_panel(source: Any) -> None:
    definition = of(source)
    definition["panels"][0]["targets"] = [
        {"expr": "a", "datasource": {"type": "prometheus", "uid": "x"}},
        {"expr": "b"},
    ]
    found = read(definition)
    assert [expr for _, expr in exprs(found)] == ["a", "b"]
    assert found.definition["panels"][0]["datasource"] == source  # type: ignore[index]


@pytest.mark.parametrize(
    "source",
    [
        "-- Grafana --",
        "grafana",
        {"type": "datasource", "uid": "grafana"},
        {"type": "datasource", "uid": "-- Dashboard --"},
        {"type": "grafana", "uid": "-- Grafana --"},
        {"type": "__expr__", "uid": "__expr__"},
        "-- Dashboard --",
    ],
)
def test_does_not_ask_prometheus_what_grafana_answers_itself(source: Any) -> None:
    found = read(of(source, {"expr": "$A + 1", "query": "x"}))
    assert not found.queries
    assert found.definition["panels"][0]["datasource"] == source  # type: ignore[index]


SQL = {"rawSql": "SELECT 1", "format": "table"}
LOGQL = {"expr": '{app="shop"} |= "error"'}


@pytest.mark.parametrize(
    ("source", "target", "summary"),
    [
        ({"type": "loki", "uid": "x"}, LOGQL, "needs a datasource of type `loki`"),
        ("${DS_LOGS}", LOGQL, "needs a datasource of type `loki`"),
        ("$logs", LOGQL, "needs a datasource of type `loki`"),
        ({"uid": "$logs"}, {"expr": "up"}, "needs a datasource of type `loki`"),
        ("Orders DB", SQL, "`Orders DB` is queried in SQL"),
        ({"uid": "P123"}, SQL, "`P123` is queried in SQL"),
        ("Logs", LOGQL, "`Logs` is queried in LogQL"),
        ("Logs", {"expr": 'sum(rate({app="shop"}[5m]))'}, "`Logs` is queried in LogQL"),
        (None, SQL, "Prometheus is queried in SQL"),
        ("default", LOGQL, "Prometheus is queried in LogQL"),
        ("$ds", SQL, "Prometheus is queried in SQL"),
        ("graphite", {"target": "a.b.*"}, "`graphite` is queried in Graphite"),
        ("$nowhere", {"expr": "up"}, "`$nowhere` is not a variable of the dashboard"),
        ({"uid": "${nowhere}"}, SQL, "`$nowhere` is not a variable of the dashboard"),
    ],
)
def test_refuses_every_way_to_name_a_foreign_datasource(source: Any, target: dict[str, Any], summary: str) -> None:
    for definition in (of(source, target), of("-- Mixed --", {**target, "datasource": source})):
        (found,) = problems(definition)
        assert summary in found.summary
        assert found.position
        assert found.position.line > 1


@pytest.mark.parametrize(
    "definition",
    [
        {"annotations": {"list": [{"datasource": "influxdb", "query": "select * from up", "enable": True}]}},
        {"annotations": {"list": [{"datasource": "Logs", "expr": '{app="x"} |= "deployed"'}]}},
        {
            "templating": {
                "list": [{"name": "h", "type": "query", "datasource": "influxdb", "query": "SHOW TAG VALUES"}]
            }
        },
        {"templating": {"list": [{"name": "h", "type": "query", "datasource": None, "query": "SELECT a FROM b"}]}},
    ],
)
def test_refuses_annotations_and_variables_in_another_language(definition: dict[str, Any]) -> None:
    (found,) = problems({"title": "D", **definition})
    assert "the stack has Prometheus only" in found.summary


@pytest.mark.parametrize(
    "definition",
    [
        {"annotations": {"list": [{"datasource": "-- Grafana --", "type": "dashboard", "builtIn": 1}]}},
        {"annotations": {"list": [{"datasource": "prom", "expr": "changes(x[5m]) > 0", "titleFormat": "Restart"}]}},
        {"annotations": {"list": [{"datasource": "influxdb", "query": "select 1", "enable": False}]}},
        {"annotations": {"list": [{"target": {"limit": 100, "tags": [], "type": "dashboard"}}]}},
        {"templating": {"list": [{"name": "h", "type": "query", "datasource": "x", "query": "up{job='a'}"}]}},
        {"templating": {"list": [{"name": "h", "type": "query", "query": {"query": "label_names()", "refId": "A"}}]}},
    ],
)
def test_takes_annotations_and_variables_of_prometheus(definition: dict[str, Any]) -> None:
    read({"title": "D", **definition})


@pytest.mark.parametrize(
    ("source", "expr"),
    [
        ({"type": "prometheus", "uid": "x"}, 'count({job="api"})'),
        (None, '{job="api"}'),
        ("Prometheus-Main", 'count({job="api"})'),
        ("some name", '{__name__=~"a|b"}'),
        ("some name", 'x{a=~"b|=c", d!~`e`} != 1'),
        ("some name", '{"a.b", c="d"}'),
        ("some name", 'x{a=~"${v:pipe}"}'),
    ],
)
def test_takes_promql_that_looks_like_logql(source: Any, expr: str) -> None:
    assert exprs(read(of(source, {"expr": expr}))) == [("P", expr)]


def test_a_panel_that_asks_nothing_may_name_any_datasource() -> None:
    text = {"type": "text", "title": "Notes", "datasource": "Loki", "targets": [{"refId": "A"}]}
    assert not read({"title": "D", "panels": [text]}).queries


@pytest.mark.parametrize(
    ("annotation", "asked"),
    [
        ({"name": "Restarts", "expr": "changes(x[5m]) > 0"}, [("annotation Restarts", "changes(x[5m]) > 0")]),
        ({"name": "Deploys", "target": {"expr": "deploys", "refId": "A"}}, [("annotation Deploys", "deploys")]),
        ({"expr": "deploys"}, [("annotation", "deploys")]),
        ({"name": "Off", "expr": "deploys", "enable": False}, []),
        ({"name": "Tags", "target": {"tags": ["deploy"], "type": "tags"}}, []),
        ({"name": "By hand", "datasource": "-- Grafana --", "builtIn": 1, "expr": "deploys"}, []),
    ],
)
def test_annotation_is_a_query_of_its_dashboard(annotation: dict[str, Any], asked: list[tuple[str, str]]) -> None:
    assert exprs(read({"title": "D", "annotations": {"list": [annotation]}})) == asked


def test_annotation_with_wrong_promql_is_refused_at_its_place() -> None:
    (found,) = problems({"title": "D", "annotations": {"list": [{"name": "Deploys", "expr": "sum(deploys"}]}})
    assert found.summary.startswith("annotation Deploys: not PromQL: ")
