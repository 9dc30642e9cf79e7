"""Variables of a dashboard."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.model import DashboardVariable
from stackctl.promql.choice import Choice
from stackctl.promql.grafana import runnable
from tests.unit.manifest.classic.boards import panel, read


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


OURS = {"type": "prometheus", "uid": "prometheus"}
ONE = {"key": "queue", "operator": "=", "value": 'a"b'}


@pytest.mark.parametrize(
    ("filters", "datasource", "expected"),
    [
        ([ONE, {"key": "zone", "operator": "!=", "value": "b"}], OURS, ('queue="a\\"b"', 'zone!="b"')),
        ([ONE], None, ('queue="a\\"b"',)),
        ([ONE], {"type": "loki", "uid": "logs"}, ()),
        (
            [{**ONE, "operator": "=~"}, {**ONE, "value": "$zone"}, {**ONE, "key": "a b"}, {**ONE, "value": ""}, 3],
            OURS,
            (),
        ),
        (None, OURS, ()),
    ],
)
def test_saved_filters_are_in_the_queries_of_their_datasource(
    filters: object, datasource: object, expected: tuple[str, ...]
) -> None:
    variable = {"name": "Filters", "type": "adhoc", "filters": filters, "datasource": datasource}
    (query,) = read({"title": "D", "panels": [panel("P")], "templating": {"list": [variable]}}).queries
    assert [(each.variable, each.matcher) for each in query.filters] == [("Filters", each) for each in expected]


def test_says_which_variables_only_a_server_can_fill() -> None:
    listed = [
        {"name": "job", "type": "query", "query": "label_values(up{a='b'}, job)", "includeAll": True},
        {"name": "one", "type": "query", "query": "label_values(up, job)"},
        {"name": "log", "type": "query", "query": "label_values(app)", "datasource": {"type": "grafana", "uid": "l"}},
    ]
    variable, one = read({"title": "D", "templating": {"list": listed}}).variables
    assert variable == DashboardVariable("job", "job", "up{a='b'}", several=True, everything=True)
    assert one == DashboardVariable("one", "job", "up")


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


def test_says_which_variables_ask_for_names() -> None:
    listed = [
        {"name": "zone", "type": "query", "query": "label_values(zone)", "regex": "/^a/"},
        {"name": "metric", "type": "query", "query": {"query": "metrics(shop_)", "refId": "A"}},
        {"name": "one", "type": "query", "query": "label_values(up, job)"},
        {"name": "any", "type": "query", "query": "label_names()"},
    ]
    found = read({"title": "D", "templating": {"list": listed}}).names
    assert [(each.panel, each.label, each.pattern, each.regex) for each in found] == [
        ("$zone", "zone", "", "/^a/"),
        ("$metric", "__name__", "shop_", ""),
    ]
