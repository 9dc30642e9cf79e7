"""Dashboards in Grafana's own form, in the shapes in which people have them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.classic import read_classic
from stackctl.manifest.json_file import read_json
from stackctl.manifest.problems import Problems
from stackctl.model import Dashboard
from stackctl.promql.choice import Choice
from stackctl.promql.grafana import runnable
from stackctl.source import Position

ORIGIN = Position("stack.yml", 1, 1)
OURS = {"type": "prometheus", "uid": "prometheus"}
V1 = "dashboard.grafana.app/v1beta1"


def read(definition: Any) -> Dashboard:
    found = Problems()
    dashboard = read_classic(json.dumps(definition, indent=1), "d.json", "", ORIGIN, found)
    assert dashboard, "\n".join(map(str, found))
    assert not found
    return dashboard


def problems(definition: Any) -> list[Diagnostic]:
    text = definition if isinstance(definition, str) else json.dumps(definition, indent=1)
    found = Problems()
    assert read_classic(text, "d.json", "", ORIGIN, found) is None
    return list(found)


def exprs(dashboard: Dashboard) -> list[tuple[str, str]]:
    return [(query.panel, query.expr) for query in dashboard.queries]


def panel(title: str, expr: str = "up", **more: Any) -> dict[str, Any]:
    return {"type": "timeseries", "title": title, "targets": [{"refId": "A", "expr": expr}], **more}


# -- anything -------------------------------------------------------------------------------------------------

KEY_NAMES = """
title uid panels rows targets expr datasource type templating list name query current value includeAll multi __inputs
__elements libraryPanel model repeat annotations dashboard spec apiVersion metadata regex allValue
"""
KEYS = st.sampled_from(KEY_NAMES.split())
WORDS = st.sampled_from(["", "up", "$x", "${DS_P}", "row", "query", "custom", "loki", "prometheus", "$__all", "sum("])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=40,
)


@given(JSON)
def test_any_json_is_a_dashboard_or_a_problem_with_its_place(value: Any) -> None:
    found = Problems()
    dashboard = read_classic(json.dumps(value), "d.json", "", ORIGIN, found)
    assert bool(found) == (dashboard is None)
    assert all(problem.position and problem.position.line for problem in found)


@given(st.text(max_size=80))
def test_any_text_gets_an_answer(text: str) -> None:
    found = Problems()
    assert read_classic(text, "d.json", "", ORIGIN, found) or found


@given(JSON)
def test_json_is_read_as_the_standard_library_reads_it(value: Any) -> None:
    text = json.dumps(value, indent=1)
    file = read_json(text, "d.json", Problems())
    assert file
    assert file.value == json.loads(text)
    for path in [("panels",), ("panels", 0), ("title",), ()]:
        found = file.position(path)
        assert text.splitlines()[found.line - 1][found.column - 1 :]


# -- the file -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "\n", '{"title": "x",\n', '{"title": "x"', "{\n\n\n"])
def test_a_dashboard_that_breaks_off_is_a_problem_with_its_place(text: str) -> None:
    (found,) = problems(text)
    assert found.summary.startswith("not JSON: ")
    assert found.position
    assert found.position.file == "d.json"


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_refuses_numbers_that_are_not_json(word: str) -> None:
    (found,) = problems(f'{{"title": "T",\n "panels": [\n  {{"max": {word}}}]}}')
    assert f"{word} is not a value of JSON" in found.summary
    assert (found.position.line, found.position.column) == (3, 11)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("part", "line", "summary"),
    [
        ('"panels": [{"title": "P",\n"datasource": ["a"]}]', 2, "`datasource` is a name, or a mapping"),
        ('"panels": [{"title": "P",\n"type": {"a": 1}}]', 2, "`type` is text, not a mapping"),
        ('"panels": [{"title": "P",\n"datasource": {"type": ["x"]}}]', 2, "`type` is text, not a list"),
        ('"panels": [{"title": "P",\n"targets": {"expr": "up"}}]', 2, "`targets` is a list, not a mapping"),
        ('"panels": [\n7]', 2, "an item of `panels` is a mapping, not a number"),
        ('"rows": \n{}', 2, "`rows` is a list, not a mapping"),
        ('"title": ["x"]', 1, "`title` is text, not a list"),
        ('"templating": {"list":\n "x"}', 2, "`list` is a list, not text"),
    ],
)
def test_reports_a_wrong_type_at_its_line(part: str, line: int, summary: str) -> None:
    (found,) = problems("{" + part + "}")
    assert summary in found.summary
    assert found.position
    assert found.position.line == line


# -- where queries are ----------------------------------------------------------------------------------------


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


# -- forms in which it comes ----------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v0alpha1", "v1alpha1", "v1beta1", "v1"])
def test_takes_the_classic_model_out_of_a_resource(version: str) -> None:
    spec = {"title": "D", "panels": [panel("P")]}
    found = read({"apiVersion": f"dashboard.grafana.app/{version}", "metadata": {"name": "abc"}, "spec": spec})
    assert (found.title, found.uid, exprs(found)) == ("D", "abc", [("P", "up")])


@pytest.mark.parametrize(
    "definition",
    [
        {"apiVersion": "dashboard.grafana.app/v2beta1", "kind": "Dashboard", "spec": {"elements": {}}},
        {"apiVersion": "dashboard.grafana.app/v2", "kind": "Dashboard", "spec": {"elements": {}, "layout": {}}},
        {"elements": {}, "layout": {}},
        {"dashboard": {"elements": {}, "layout": {}}},
    ],
)
def test_refuses_schema_version_2_with_a_way_to_the_classic_model(definition: dict[str, Any]) -> None:
    (found,) = problems(definition)
    assert "schema version 2" in found.summary
    assert "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/UID" in found.remedy
    assert found.position
    assert found.position.line > 0


# -- datasources ----------------------------------------------------------------------------------------------

INPUTS = [
    {"name": "DS_PROM", "type": "datasource", "pluginId": "prometheus"},
    {"name": "DS_LOGS", "type": "datasource", "pluginId": "loki"},
    {"name": "VAR_X", "type": "constant", "value": "v"},
]
CHOICES = [
    {"name": "ds", "type": "datasource", "query": "prometheus", "regex": "/Prod.*/"},
    {"name": "logs", "type": "datasource", "query": "loki"},
]


def of(source: Any, target: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    target = {"expr": "up"} if target is None else target
    one = {"title": "P", "datasource": source, "targets": [target]}
    return {"title": "D", "__inputs": INPUTS, "templating": {"list": CHOICES}, "panels": [one], **more}


@pytest.mark.parametrize(
    "source",
    [
        "Prometheus",
        "some name",
        "default",
        "${DS_PROM}",
        "${DS_UNDECLARED}",
        {"type": "prometheus", "uid": "PBFA97CFB590B2093"},
        {"type": "prometheus", "uid": "${DS_PROM}"},
        {"type": "prometheus", "uid": "${DS_PROMETHEUS}"},
        {"uid": "${DS_PROMETHEUS}"},
        {"type": "grafana-amazonprometheus-datasource", "uid": "x"},
    ],
)
def test_binds_every_prometheus_to_this_stacks(source: Any) -> None:
    found = read(of(source))
    assert found.definition["panels"][0]["datasource"] == OURS  # type: ignore[index]
    assert exprs(found) == [("P", "up")]


@pytest.mark.parametrize("source", [None, "$ds", "${ds}", "[[ds]]", {"type": "prometheus", "uid": "${ds}"}])
def test_keeps_the_default_and_variables(source: Any) -> None:
    found = read(of(source))
    assert found.definition["panels"][0]["datasource"] == source  # type: ignore[index]
    assert exprs(found) == [("P", "up")]
    [choice, _] = found.definition["templating"]["list"]  # type: ignore[index]
    assert (choice["current"]["value"], choice["regex"]) == ("prometheus", "")


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


def test_resolves_inputs_and_drops_them() -> None:
    found = read(of("${DS_PROM}", {"expr": "x{a='${VAR_X}'}"}, __requires=[], id=7))
    assert exprs(found) == [("P", "x{a='v'}")]
    assert {"__inputs", "__requires"}.isdisjoint(found.definition)  # type: ignore[arg-type]


# -- PromQL ---------------------------------------------------------------------------------------------------


def test_reports_a_syntax_error_at_its_place() -> None:
    text = '{"title": "D", "panels": [\n{"title": "P", "targets": [\n {"expr": "sum(rate(up[5m])"}]}]}'
    (found,) = problems(text)
    assert found.summary.startswith("P: not PromQL: ")
    assert (found.position.line, found.position.column) == (3, 11)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "expr",
    [
        "topk($n, sum by ($label) (rate($metric[$window])))",
        "${agg}(rate(x[$__rate_interval]))",
        "x $op 5",
        'sum(rate(x{a=~"$a", b="[[b]]"}[$__interval])) by ([[by]])',
        "x </ 5",
        "$query",
        "x{$filters}",
        "x offset $shift",
    ],
)
def test_does_not_refuse_what_variables_complete(expr: str) -> None:
    assert exprs(read({"title": "D", "panels": [panel("P", expr)]})) == [("P", expr)]


def test_refuses_an_open_bracket_whatever_the_variables_hold() -> None:
    (found,) = problems({"title": "D", "panels": [panel("P", "sum(rate(x[$window])")]})
    assert "not PromQL" in found.summary


# -- variables ------------------------------------------------------------------------------------------------


def custom(**fields: Any) -> dict[str, Any]:
    return {"name": "job", "type": "custom", "query": "a,b.c", **fields}


@pytest.mark.parametrize(
    ("variable", "expected"),
    [
        (custom(includeAll=True, current={"value": ["$__all"]}), Choice(("a", "b.c"), several=True)),
        (custom(includeAll=True, current={"value": "$__all"}), Choice(("a", "b.c"), several=True)),
        (custom(includeAll=True), Choice(("a", "b.c"), several=True)),
        (custom(includeAll=True, allValue=".*"), Choice((), several=True, literal=".*")),
        (custom(multi=True, current={"value": ["a"]}), Choice(("a",), several=True)),
        (custom(query="One : 1, Two : 2"), "1"),
        (custom(query=r"a\,b,c"), "a,b"),
        ({"name": "job", "type": "constant", "query": "k"}, "k"),
    ],
)
def test_reads_the_value_of_a_variable(variable: dict[str, Any], expected: object) -> None:
    assert read({"title": "D", "templating": {"list": [variable]}}).values == {"job": expected}


def test_says_which_variables_only_a_server_can_fill() -> None:
    listed = [
        {"name": "job", "type": "query", "query": "label_values(up{a='b'}, job)", "includeAll": True},
        {"name": "one", "type": "query", "query": "label_values(up, job)"},
    ]
    (variable,) = read({"title": "D", "templating": {"list": listed}}).variables
    assert (variable.name, variable.label, variable.selector, variable.everything) == ("job", "job", "up{a='b'}", True)


def test_all_values_go_into_a_query_as_grafana_writes_them() -> None:
    values = {"job": Choice(("a", "b.c"), several=True)}
    assert runnable('up{job="$job"}', values) == r'up{job="(a|b\\.c)"}'
    assert runnable('up{job=~"${job:pipe}"}', values) == 'up{job=~"a|b.c"}'
    assert runnable('up{job=~"${job:csv}"}', values) == 'up{job=~"a,b.c"}'
    assert runnable('up{job=~"${job:regex}"}', values) == r'up{job=~"(a|b\.c)"}'
    assert runnable('up{job=~"[[job:glob]]"}', values) == 'up{job=~"{a,b.c}"}'
    assert runnable('up{job=~"${job:join:;}"}', values) == 'up{job=~"a;b.c"}'


def test_variables_lose_their_ids() -> None:
    variables = [{"id": "0", "name": name, "type": "constant", "query": "1"} for name in "ab"]
    found = read({"title": "D", "panels": [], "templating": {"list": variables}})
    assert [sorted(each) for each in found.definition["templating"]["list"]] == [["name", "query", "type"]] * 2
