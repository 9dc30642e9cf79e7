"""Compact dashboards that are right part by part and contradict themselves."""

from __future__ import annotations

import pytest

from stackctl.manifest.dashboard_check import check, known_values, panels, queries
from stackctl.manifest.dashboard_schema import DashboardFile
from stackctl.manifest.document import Document
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.validate import validate

HEAD = "title: Shop\n"
PANEL = "rows: [{panels: [{title: P, query: up}]}]\n"


def read(text: str) -> tuple[Document, DashboardFile]:
    document, problems = parse(HEAD + text, "d.yml"), Problems()
    file = validate(document, DashboardFile, problems)
    assert file is not None, list(problems)
    return document, file


def found(text: str, uids: dict[str, str] | None = None) -> list[tuple[str, str]]:
    return [(each.summary, each.remedy) for each in check(*read(text), uids)]


def of_panel(keys: str) -> list[str]:
    return [summary.removeprefix("rows[0].panels[0]") for summary, _ in found(f"rows: [{{panels: [{{{keys}}}]}}]\n")]


@pytest.mark.parametrize(
    ("keys", "summaries"),
    [
        ("title: P, query: up", []),
        ("title: P, queries: [{query: up, legend: x}]", []),
        ("title: P, type: text, markdown: hello", []),
        ("title: P", [": the panel has no query"]),
        ("title: P, queries: []", [": the panel has no query"]),
        ("title: P, query: up, queries: [{query: up}]", [".queries: the panel has both `query` and `queries`"]),
        ("title: P, legend: x, queries: [{query: up}]", [".legend: `legend` belongs to `query`"]),
        ("title: P, query: up, markdown: hello", [".markdown: `markdown` is for text panels"]),
        ("title: P, type: text", [": a text panel needs `markdown`"]),
        (
            "title: P, type: text, markdown: x, query: up, unit: s",
            [".query: a text panel has no `query`", ".unit: a text panel has no `unit`"],
        ),
        ("title: P, type: stat, query: up, stack: true", [".stack: only a time series is stacked, not `stat`"]),
        ("title: P, query: up, min: 5, max: 5", [".max: `max` (5) must be above `min` (5)"]),
        ("title: P, query: up, min: 0, max: 5", []),
        ("title: P, query: up, thresholds: {}", [".thresholds: there is no threshold"]),
        ("title: P, query: up, thresholds: {warning: 1, critical: 1}", [
            ".thresholds: `warning` and `critical` are the same"]),
        ("title: P, query: up, thresholds: {warning: 5, critical: 1}", []),
        ("title: P, query: up, thresholds: []", [".thresholds: the list is empty"]),
        ("title: P, query: up, thresholds: [{color: red}, {color: green}]", [
            ".thresholds: two colours without a value"]),
        ("title: P, query: up, thresholds: [{value: 1, color: red}, {value: 1.0, color: green}]", [
            ".thresholds: two colours at 1"]),
        ("title: P, query: up, thresholds: {warning: 1, steps: [{value: 1, color: red}]}", [
            ".thresholds: thresholds are either `warning` and `critical`, or `steps`"]),
    ],
)  # fmt: skip
def test_panel_has_what_its_type_shows(keys: str, summaries: list[str]) -> None:
    assert of_panel(keys) == summaries


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ('up{job="$job"}', None),
        ('up{job=~"$many"}', None),
        ("rate(x[$__rate_interval])", None),
        (
            'up{job="$jbo"}',
            ("there is no variable `$jbo`", "Did you mean `$job`?"),
        ),
        ("up + $zzzzzz", ("there is no variable `$zzzzzz`", "Declared: `$job`, `$many`.")),
        (
            'up{job="$many"}',
            ("`$many` can hold several values, but `=` and `!=` compare with one", 'Write `=~"$many"`.'),
        ),
        ("sum(up", None),
    ],
)
def test_query_uses_variables_as_they_are_declared(query: str, problem: tuple[str, str] | None) -> None:
    variables = "variables: [{name: job, values: [a, b]}, {name: many, values: [a], multi: true}]\n"
    rows = found(f"{variables}rows: [{{panels: [{{title: P, query: '{query}'}}]}}]\n")
    if query == "sum(up":
        ((summary, _),) = rows
        assert summary.startswith("rows[0].panels[0].query: not PromQL: ")
        return
    expected = [] if problem is None else [(f"rows[0].panels[0].query: {problem[0]}", problem[1])]
    assert rows == expected


@pytest.mark.parametrize(
    ("variable", "summary"),
    [
        ("{name: a, query: 'label_values(up, job)'}", None),
        ("{name: a, values: [x], default: x}", None),
        ("{name: a}", ": a variable has either `query` or `values`"),
        ("{name: a, query: 'label_names()', values: [x]}", ": a variable has either `query` or `values`"),
        ("{name: a, values: []}", ".values: the list of values is empty"),
        ("{name: a, values: [x, y], default: z}", ".default: the default `z` is not one of the values"),
        ("{name: a, query: up}", ".query: not a query for the values of a variable"),
        ("{name: a, query: 'label_values(up{, job)'}", ".query: not PromQL: "),
    ],
)
def test_variable_has_one_source_of_values(variable: str, summary: str | None) -> None:
    rows = [text for text, _ in found(f"variables: [{variable}]\n{PANEL}")]
    assert len(rows) == (summary is not None)
    assert summary is None or rows[0].startswith(f"variables[0]{summary}")


def test_two_variables_of_one_name_are_named_once() -> None:
    rows = found(f"variables: [{{name: a, values: [x]}}, {{name: a, values: [y]}}]\n{PANEL}")
    assert rows == [("variables[1].name: two variables are named `a`", "Rename one of them.")]


@pytest.mark.parametrize(
    ("link", "uids", "summaries"),
    [
        ("{title: L, dashboard: d}", {"d": "1"}, []),
        ("{title: L, dashboard: d}", None, []),
        ("{title: L, url: 'https://a.test'}", {}, []),
        ("{title: L, dashboard: e}", {"dash": "1"}, [".dashboard: the manifest has no dashboard `e`"]),
        ("{title: L}", {}, [": a link has either `dashboard` or `url`"]),
    ],
)
def test_link_leads_to_a_dashboard_or_an_address(link: str, uids: dict[str, str] | None, summaries: list[str]) -> None:
    rows = [summary for summary, _ in found(f"links: [{link}]\n{PANEL}", uids)]
    assert rows == [f"links[0]{summary}" for summary in summaries]


def test_row_that_is_folded_can_be_opened() -> None:
    assert found("rows: [{collapsed: true, panels: [{title: P, query: up}]}]\n") == [
        ("rows[0].collapsed: a collapsed row needs a `title`", "Add one, so that it can be opened.")
    ]


def test_every_query_has_its_place_in_the_file() -> None:
    _, file = read("rows: [{panels: [{title: A, query: up}, {title: B, queries: [{query: a}, {query: b}]}]}]\n")
    places = [(place, query.query) for path, panel in panels(file) for place, query in queries(path, panel)]
    assert places == [
        (("rows", 0, "panels", 0, "query"), "up"),
        (("rows", 0, "panels", 1, "queries", 0, "query"), "a"),
        (("rows", 0, "panels", 1, "queries", 1, "query"), "b"),
    ]


def test_first_value_of_a_variable_is_known_without_a_server() -> None:
    variables = (
        "variables: [{name: a, values: [x, y]}, {name: b, values: [x, y], default: y}, "
        "{name: c, values: [x], all: true}, {name: d, query: 'label_values(up, job)'}]\n"
    )
    assert known_values(read(variables + PANEL)[1]) == {"a": "x", "b": "y", "c": ".*"}
