"""Dashboards that ask datasources which the manifest declares next to the stack's Prometheus."""

from __future__ import annotations

import json
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.design.classic import panels
from stackctl.manifest.classic import read_classic
from stackctl.manifest.problems import Problems
from stackctl.model import Dashboard, Datasource, Datasources
from tests.unit.manifest.classic.boards import ORIGIN

OURS = {"type": "prometheus", "uid": c.DATASOURCE_UID}
LOKI = Datasource("Logs", "logs", "loki", {}, {}, ORIGIN)
OLD = Datasource("Old", "old", "prometheus", {}, {}, ORIGIN)
DEFAULT = Datasource("Logs", "logs", "loki", {"isDefault": True}, {}, ORIGIN)
LOGQL = '{app="api"} |= "error"'


def read(definition: dict[str, Any], *datasources: Datasource) -> Dashboard:
    found, sources = Problems(), Datasources(others=datasources)
    dashboard = read_classic(json.dumps({"title": "D", **definition}), "d.json", "", ORIGIN, found, sources)
    assert not found
    assert dashboard
    return dashboard


def summaries(definition: dict[str, Any], *datasources: Datasource) -> list[str]:
    found, sources = Problems(), Datasources(others=datasources)
    assert read_classic(json.dumps({"title": "D", **definition}), "d.json", "", ORIGIN, found, sources) is None
    return [problem.summary for problem in found]


def panel(datasource: Any, expr: str = LOGQL, title: str = "Errors") -> dict[str, Any]:
    return {"title": title, "type": "logs", "datasource": datasource, "targets": [{"expr": expr, "refId": "A"}]}


@pytest.mark.parametrize(
    "named",
    [
        "Logs",
        "logs",
        {"type": "loki", "uid": "logs"},
        {"type": "loki", "uid": "of-another-grafana"},
        {"uid": "logs"},
        {"type": "loki", "uid": "${DS_LOKI}"},
    ],
)
def test_query_is_bound_to_the_declared_datasource(named: Any) -> None:
    dashboard = read({"panels": [panel(named)]}, OLD, LOKI)
    assert dashboard.queries == ()
    assert [(each.panel, each.datasource) for each in dashboard.others] == [("Errors", "Logs")]
    assert dashboard.others[0].origin.file == "d.json"
    assert isinstance(dashboard.definition, dict)
    assert dashboard.definition["panels"][0]["datasource"] == {"type": "loki", "uid": "logs"}
    assert [each.targets for each in panels(dashboard.definition)] == [[]]


def test_input_and_choice_of_its_type_become_the_declared_one() -> None:
    definition = {
        "__inputs": [{"name": "DS_LOGS", "type": "datasource", "pluginId": "loki"}],
        "templating": {"list": [{"name": "ds", "type": "datasource", "query": "loki", "regex": "/prod/"}]},
        "panels": [panel("${DS_LOGS}"), panel({"type": "loki", "uid": "$ds"}, title="Chosen")],
    }
    dashboard = read(definition, LOKI)
    assert [each.panel for each in dashboard.others] == ["Errors", "Chosen"]
    assert isinstance(dashboard.definition, dict)
    first, chosen = dashboard.definition["panels"]
    assert first["datasource"] in ("logs", {"type": "loki", "uid": "logs"})
    assert chosen["datasource"] == {"type": "loki", "uid": "$ds"}
    variable = dashboard.definition["templating"]["list"][0]
    assert (variable["current"]["value"], variable["regex"]) == ("logs", "")


def test_mixed_panel_keeps_the_query_to_the_own_prometheus() -> None:
    targets = [
        {"expr": "up", "refId": "A", "datasource": "Prometheus"},
        {"expr": LOGQL, "refId": "B", "datasource": {"type": "loki", "uid": "logs"}},
    ]
    mixed = {"title": "Both", "datasource": {"uid": "-- Mixed --"}, "targets": targets}
    dashboard = read({"panels": [mixed]}, LOKI)
    assert [(query.panel, query.expr) for query in dashboard.queries] == [("Both", "up")]
    assert isinstance(dashboard.definition, dict)
    assert [target["datasource"] for target in dashboard.definition["panels"][0]["targets"]] == [
        OURS, {"type": "loki", "uid": "logs"},
    ]  # fmt: skip
    assert [[target["expr"] for target in each.targets] for each in panels(dashboard.definition)] == [["up"]]


def test_syntax_of_queries_to_another_prometheus_is_checked() -> None:
    assert read({"panels": [panel({"type": "prometheus", "uid": "old"}, "sum(nowhere)")]}, OLD).queries == ()
    (summary,) = summaries({"panels": [panel("Old", "sum(nowhere")]}, OLD)
    assert summary.startswith("Errors: not PromQL: ")


def test_panel_without_a_datasource_asks_the_declared_default() -> None:
    assert [each.datasource for each in read({"panels": [panel(None)]}, DEFAULT).others] == ["Logs"]


def test_variable_of_the_declared_datasource_is_accepted() -> None:
    variable = {"name": "app", "type": "query", "datasource": "Logs", "query": "label_values(app)"}
    dashboard = read({"templating": {"list": [variable]}}, LOKI)
    assert [(each.panel, each.datasource) for each in dashboard.others] == [("$app", "Logs")]


def test_type_that_is_not_declared_is_refused() -> None:
    (summary,) = summaries({"panels": [panel({"type": "influxdb", "uid": "x"})]}, LOKI)
    assert summary == "needs a datasource of type `influxdb`; the stack has no such datasource"


@pytest.mark.parametrize(
    "named", ["Main", "main", {"uid": "main"}, {"type": "prometheus", "uid": "elsewhere"}, None, "${DS_PROMETHEUS}"]
)
def test_own_datasource_of_another_name_is_the_one_that_is_asked(named: Any) -> None:
    found = Problems()
    definition = {"title": "D", "panels": [panel(named, expr='{job="api"}')]}
    sources = Datasources("Main", "main")
    dashboard = read_classic(json.dumps(definition), "d.json", "", ORIGIN, found, sources)
    assert [*found] == []
    assert dashboard is not None
    assert [query.datasource for query in dashboard.queries] == [""]
    asked = dashboard.definition["panels"][0].get("datasource")  # type: ignore[index, call-overload]
    assert asked in (None, {"type": "prometheus", "uid": "main"})


def test_choice_of_prometheus_begins_with_the_own_datasource() -> None:
    choice = {"name": "ds", "type": "datasource", "query": "prometheus"}
    definition = {"title": "D", "templating": {"list": [choice]}, "panels": [panel("$ds", expr="up")]}
    sources = Datasources("Main", "main")
    dashboard = read_classic(json.dumps(definition), "d.json", "", ORIGIN, Problems(), sources)
    assert dashboard is not None
    (variable,) = dashboard.definition["templating"]["list"]  # type: ignore[index, call-overload]
    assert variable["current"] == {"selected": True, "text": "Main", "value": "main"}
