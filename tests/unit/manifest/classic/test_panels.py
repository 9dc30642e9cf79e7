"""Queries of panels, wherever they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.manifest.classic.boards import OURS, exprs, panel, problems, read


def test_finds_queries_in_rows_of_both_forms_and_in_collapsed_ones() -> None:
    definition = {
        "title": "D",
        "rows": [
            {"title": "Old", "panels": [panel("One", "a"), panel("Two", "b")]},
            {"panels": [{"title": "Nested", "panels": [panel("Three", "c")]}]},
        ],
        "panels": [{"type": "row", "collapsed": True, "panels": [panel("Four", "d")]}, panel("Five", "e")],
    }
    assert sorted(expr for _, expr in exprs(read(definition))) == ["a", "b", "c", "d", "e"]


@pytest.mark.parametrize(
    ("of_panel", "of_query", "points"),
    [
        ({}, {}, 500),
        ({"gridPos": {"w": 6}}, {}, 250),
        ({"gridPos": {"w": 99}}, {}, 500),
        ({"maxDataPoints": 20, "gridPos": {"w": 6}}, {}, 20),
        ({"maxDataPoints": None}, {"intervalFactor": 1}, 500),
        ({}, {"intervalFactor": 2}, 0),
    ],
)
def test_panel_shows_a_point_for_each_pixel_of_a_narrow_window(
    of_panel: dict[str, Any], of_query: dict[str, Any], points: int
) -> None:
    targets = [{"refId": "A", "expr": "up", **of_query}]
    (query,) = read({"title": "D", "panels": [panel("P", targets=targets, **of_panel)]}).queries
    assert query.points == points


def empty(**changes: Any) -> list[tuple[str, str]]:
    """The panels without a result of a dashboard with one that has a query, and one with `changes`."""
    full = {"id": 1, **panel("Full", "up")}
    made = read({"title": "D", "panels": [full, {"id": 2, "type": "stat", "title": "Odd", **changes}]})
    return [(each.panel, each.reason) for each in made.empty]


OF_DASHBOARD = {"type": "datasource", "uid": "-- Dashboard --"}
NOTHING = {"refId": "A", "expr": " "}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"targets": []},
        {"targets": [NOTHING, {"refId": "B", "legendFormat": "x"}]},
        {"type": "graph", "datasource": OURS, "targets": [{**NOTHING, "datasource": OURS}]},
        {"datasource": "-- Mixed --", "targets": [{**NOTHING, "datasource": OURS}]},
    ],
)
def test_notes_a_panel_without_a_query(changes: dict[str, Any]) -> None:
    assert empty(**changes) == [("Odd", "it has no query")]


@pytest.mark.parametrize("number", [9, "9"])
@pytest.mark.parametrize("source", [OF_DASHBOARD, "-- Dashboard --"])
def test_notes_a_panel_of_a_panel_that_is_not_there(source: Any, number: Any) -> None:
    reason = "it shows the result of panel 9, which the dashboard does not have"
    assert empty(datasource=source, targets=[{"refId": "A", "panelId": number}]) == [("Odd", reason)]
    assert empty(targets=[{"refId": "A", "panelId": number, "datasource": source}]) == [("Odd", reason)]


@pytest.mark.parametrize(
    "changes",
    [
        {"targets": [NOTHING, {"refId": "B", "expr": "up"}]},
        {"targets": [{"refId": "B", "expr": "up", "hide": True}]},
        {"datasource": OF_DASHBOARD, "targets": [{"refId": "A", "panelId": 1}]},
        {"datasource": "-- Grafana --"},
        {"datasource": "-- Grafana --", "targets": [{"refId": "A"}]},
        {"type": "text"},
        {"type": "row"},
        {"type": "dashlist", "targets": []},
        {"type": "acme-button-panel"},
        {"type": "canvas", "targets": [NOTHING]},
        {"snapshotData": [{"fields": []}]},
    ],
)
def test_notes_no_panel_that_may_show_something(changes: dict[str, Any]) -> None:
    assert empty(**changes) == []


@pytest.mark.parametrize("wrapped", [True, False])
@pytest.mark.parametrize("elements", [dict, list])
def test_takes_a_library_panel_from_the_export(elements: type, wrapped: bool) -> None:
    model = {
        **panel("Kept in the library", "lib"),
        "options": {"kept": True},
        "datasource": {"type": "prometheus", "uid": "${DS_P}"},
        "id": 1,
    }
    entry = {"uid": "u1", "name": "N", "kind": 1, "model": model}
    definition = {
        "title": "D",
        "__elements": {"u1": entry} if elements is dict else [entry],
        "panels": [
            {
                "id": 7,
                "gridPos": {"x": 0, "y": 0, "w": 4, "h": 4},
                "options": {},
                "libraryPanel": {"uid": "u1", "name": "N"},
            }
        ],
    }
    found = read({"dashboard": definition, "meta": {}} if wrapped else definition)
    assert exprs(found) == [("Kept in the library", "lib")]
    assert found.queries[0].origin.line > 0
    [drawn] = found.definition["panels"]  # type: ignore[index]
    assert (drawn["id"], drawn["gridPos"]["w"], drawn["targets"][0]["expr"]) == (7, 4, "lib")
    assert (drawn["datasource"], drawn["options"]) == (OURS, {"kept": True})
    assert "libraryPanel" not in drawn
    assert "__elements" not in found.definition  # type: ignore[operator]


def test_takes_a_library_panel_that_the_reference_holds() -> None:
    found = read({"title": "D", "panels": [{"libraryPanel": {"uid": "x", "model": panel("Inside", "lib")}}]})
    assert exprs(found) == [("Inside", "lib")]


def test_refuses_a_library_panel_that_the_file_does_not_hold() -> None:
    (found,) = problems({"title": "D", "panels": [{"libraryPanel": {"uid": "x", "name": "CPU"}}]})
    assert "the library panel `CPU` is not in the file" in found.summary
    assert "Unlink" in found.remedy


def test_hidden_and_repeated_queries_say_so() -> None:
    hidden = {"title": "P", "repeat": "job", "targets": [{"expr": "a", "hide": True}, {"expr": "b"}]}
    definition = {
        "title": "D",
        "panels": [{"type": "row", "repeat": "node"}, hidden, {"type": "row"}, panel("Q", "c")],
        "rows": [{"repeat": "dc", "panels": [panel("R", "d")]}],
    }
    found = {query.expr: (query.hidden, query.repeats) for query in read(definition).queries}
    assert found == {
        "a": (True, ("node", "job")),
        "b": (False, ("node", "job")),
        "c": (False, ()),
        "d": (False, ("dc",)),
    }


HIDDEN = [
    {"expr": '{app="shop"} |= "error"', "hide": True},
    {"expr": "a", "datasource": {"type": "loki", "uid": "l"}, "hide": True},
    {"rawSql": "select 1", "hide": True},
    {"expr": "a", "datasource": "$nowhere", "hide": True},
]


@pytest.mark.parametrize("query", HIDDEN)
def test_ignores_a_hidden_query_that_cannot_run(query: dict[str, Any]) -> None:
    board = {"title": "D", "panels": [{"type": "timeseries", "title": "P", "targets": [query, {"expr": "b"}]}]}
    assert exprs(read(board)) == [("P", "b")]


@pytest.mark.parametrize("query", HIDDEN)
def test_refuses_a_hidden_query_that_an_expression_uses(query: dict[str, Any]) -> None:
    calculation = {"refId": "C", "datasource": {"type": "__expr__", "uid": "__expr__"}, "expression": "$A * 2"}
    assert problems({"title": "D", "panels": [{"title": "P", "targets": [query, calculation]}]})


def calculation(name: str, expression: str, **more: Any) -> dict[str, Any]:
    return {"refId": name, "datasource": {"type": "__expr__", "uid": "__expr__"}, "expression": expression, **more}


@pytest.mark.parametrize(
    ("calculations", "hidden"),
    [
        ([calculation("B", "$A * 2")], {"a": False, "c": True}),
        ([calculation("B", "A", type="reduce")], {"a": False, "c": True}),
        ([calculation("B", "$A", hide=True), calculation("D", "${B} > 3")], {"a": False, "c": True}),
        ([calculation("B", "$A", hide=True)], {"a": True, "c": True}),
        ([], {"a": True, "c": True}),
    ],
)
def test_hidden_query_that_a_calculation_shows_is_not_hidden(
    calculations: list[dict[str, Any]], hidden: dict[str, bool]
) -> None:
    queries = [{"refId": "A", "expr": "a", "hide": True}, *calculations, {"refId": "C", "expr": "c", "hide": True}]
    definition = {"title": "D", "panels": [{"type": "timeseries", "title": "P", "targets": queries}]}
    assert {query.expr: query.hidden for query in read(definition).queries} == hidden


def test_names_variables_that_the_dashboard_does_not_have() -> None:
    expr = 'up{job="$job",instance="$host"} + on () label_replace(a, "b", "$c", "d", "(?P<c>.*)") * $__range_s'
    variable = {"name": "job", "type": "custom", "query": "a,b"}
    found = read({"title": "D", "templating": {"list": [variable]}, "panels": [panel("P", expr)]})
    assert [query.undeclared for query in found.queries] == [("host",)]
