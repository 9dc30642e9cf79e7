"""Dashboards in both forms, from their files to the model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load, units
from stackctl.model import Board, Dashboard, Panel, PanelQuery, Query, Threshold
from stackctl.source import Position

MANIFEST = 'version: 1\nname: shop\nservices: {api: {targets: ["localhost:8000"]}}\ndashboards:\n'


def loaded(folder: Path, *files: tuple[str, str], options: str = "") -> tuple[Dashboard, ...]:
    for name, text in files:
        (folder / name).write_text(text)
    listed = "".join(f"  - {{file: {name}{options}}}\n" for name, _ in files)
    (folder / "stack.yml").write_text(MANIFEST + listed)
    return load(folder / "stack.yml", {"job": "from the environment"}).dashboards


def panel(folder: Path, fields: str) -> Panel:
    board = loaded(folder, ("d.yml", f"title: D\nrows: [{{panels: [{{title: P, {fields}}}]}}]\n"))[0].definition
    assert isinstance(board, Board)
    return board.rows[0].panels[0]


def test_a_short_dashboard_gets_every_default(tmp_path: Path) -> None:
    (dashboard,) = loaded(tmp_path, ("d.yml", "title: D\nrows: [{panels: [{title: P, query: up}]}]\n"))
    assert (dashboard.path, dashboard.title, dashboard.folder) == ("d.yml", "D", "")
    board = dashboard.definition
    assert isinstance(board, Board)
    assert (board.refresh, board.time, board.tags) == ("30s", "1h", ())
    assert board.rows[0].panels == (Panel("P", queries=(Query("up"),)),)
    assert dashboard.queries == (PanelQuery("P", "up", Position("d.yml", 2, 36), points=166),)


def test_uid_is_derived_from_the_path_and_stays(tmp_path: Path) -> None:
    text = "title: D\nrows: [{panels: [{title: P, query: up}]}]\n"
    first, second = (loaded(tmp_path, ("d.yml", text.replace("D", title)))[0].uid for title in ("D", "E"))
    assert first == second != loaded(tmp_path, ("e.yml", text))[0].uid


def test_folder_of_the_manifest_wins(tmp_path: Path) -> None:
    file = ("d.yml", "title: D\nfolder: Own\nrows: [{panels: [{title: P, query: up}]}]\n")
    assert loaded(tmp_path, file)[0].folder == "Own"
    assert loaded(tmp_path, file, options=", folder: Theirs")[0].folder == "Theirs"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{warning: 1, critical: 5}", [("green", None), ("yellow", 1), ("red", 5)]),
        ("{warning: 0.99, critical: 0.9}", [("red", None), ("yellow", 0.9), ("green", 0.99)]),
        ("{critical: 5}", [("green", None), ("red", 5)]),
        ("{warning: -1}", [("green", None), ("yellow", -1)]),
        ("[{value: 5, color: red}, {value: 1, color: '#fff'}]", [("green", None), ("#fff", 1), ("red", 5)]),
        ("[{color: blue}, {value: 1, color: dark-red}]", [("blue", None), ("dark-red", 1)]),
    ],
)
def test_thresholds_become_colors_from_low_to_high(
    tmp_path: Path, written: str, expected: list[tuple[str, float | None]]
) -> None:
    found = panel(tmp_path, f"query: up, thresholds: {written}").thresholds
    assert found == tuple(Threshold(color, value) for color, value in expected)


@pytest.mark.parametrize("kind", ["stat", "gauge", "bargauge", "table"])
def test_panels_of_one_value_show_the_current_one(tmp_path: Path, kind: str) -> None:
    assert panel(tmp_path, f"type: {kind}, query: up").queries[0].instant
    assert not panel(tmp_path, f"type: {kind}, queries: [{{query: up, instant: false}}]").queries[0].instant


def test_links_lead_to_the_uid_by_file_and_by_uid(tmp_path: Path) -> None:
    text = """\
title: D
uid: first
links: [{title: A, dashboard: e.json}, {title: B, dashboard: second}, {title: Me, dashboard: d.yml}]
rows: [{panels: [{title: P, query: up, links: [{title: C, dashboard: e.json}, {title: W, url: "https://x.test"}]}]}]
"""
    dashboard, _ = loaded(tmp_path, ("d.yml", text), ("e.json", '{"uid": "second", "title": "E"}'))
    assert isinstance(dashboard.definition, Board)
    assert [link.uid for link in dashboard.definition.links] == ["second", "second", "first"]
    inner = dashboard.definition.rows[0].panels[0].links
    assert [(link.uid, link.url) for link in inner] == [("second", ""), ("", "https://x.test")]


def test_ignores_variables_of_the_environment(tmp_path: Path) -> None:
    variables = "title: '${job}'\nvariables: [{name: job, values: [a]}]\n"
    rows = "rows: [{panels: [{title: P, query: 'x{j=\"${job}\"}'}]}]\n"
    (dashboard,) = loaded(tmp_path, ("d.yml", variables + rows))
    assert (dashboard.title, dashboard.queries[0].expr) == ("${job}", 'x{j="${job}"}')


def test_queries_include_those_of_variables(tmp_path: Path) -> None:
    text = """\
title: D
variables:
  - {name: job, query: "label_values(up{a='b'}, job)"}
  - {name: all, query: label_values(job), all: true}
  - {name: window, values: [5m, 1h], default: 1h}
rows: [{panels: [{title: P, query: up}]}]
"""
    (dashboard,) = loaded(tmp_path, ("d.yml", text))
    assert [(query.panel, query.expr, query.origin.line) for query in dashboard.queries] == [
        ("$job", "up{a='b'}", 3),
        ("P", "up", 6),
    ]
    assert dashboard.values == {"all": ".*", "window": "1h"}


def test_finds_queries_of_grafanas_own_json_with_their_places(tmp_path: Path) -> None:
    definition: dict[str, Any] = {
        "title": "D",
        "templating": {
            "list": [
                {"name": "job", "type": "query", "query": {"query": "label_values(up, job)"}},
                {"name": "w", "type": "custom", "current": {"value": "5m"}},
                {"name": "ds", "type": "datasource", "query": "prometheus"},
            ]
        },
        "panels": [
            {"title": "One", "targets": [{"expr": 'x{a="b"}'}, {"expr": "up"}]},
            {"title": "Row", "panels": [{"title": "Two", "targets": [{"expr": "up"}, {"expr": ""}]}]},
            {"title": "None"},
        ],
    }
    (dashboard,) = loaded(tmp_path, ("d.json", json.dumps(definition, indent=1)))
    lines = (tmp_path / "d.json").read_text().splitlines()
    assert [(query.panel, query.expr) for query in dashboard.queries] == [
        ("$job", "up"),
        ("One", 'x{a="b"}'),
        ("One", "up"),
        ("Two", "up"),
    ]
    places = [query.origin.line for query in dashboard.queries]
    assert places == sorted(set(places))
    for query, word in zip(dashboard.queries, ("label_values", "x{a", '"up"', '"up"'), strict=True):
        assert word in lines[query.origin.line - 1]
    assert dashboard.values == {"w": "5m"}


def test_broken_file_causes_no_false_link_problems(tmp_path: Path) -> None:
    text = "title: D\nlinks: [{title: A, dashboard: other}]\nrows: [{panels: [{title: P, query: up}]}]\n"
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, ("d.yml", text), ("e.json", '{"uid": "other",'))
    assert [problem.position.file for problem in refused.value.problems if problem.position] == ["e.json"]


@pytest.mark.parametrize(
    "unit", ["s", "µs", "bytes", "reqps", "percentunit", "suffix: jobs", "prefix:~", "currency:CHF"]
)
def test_a_unit_of_grafana_is_known(unit: str) -> None:
    assert units.known(unit)


@pytest.mark.parametrize(
    ("word", "unit"),
    [("seconds", "s"), ("%", "percent"), ("Bytes", "bytes"), ("req/s", "reqps"), ("percentunits", "percentunit")],
)
def test_suggests_the_unit_that_is_meant(word: str, unit: str) -> None:
    assert not units.known(word)
    assert units.meant(word) == unit


@pytest.mark.parametrize("word", ["parsecs", "suffix:", ""])
def test_suggests_nothing_for_what_is_not_a_unit(word: str) -> None:
    assert not units.known(word)
    assert units.meant(word) == ""


def test_every_word_for_a_unit_leads_to_one() -> None:
    assert all(units.known(unit) for unit in units._MEANT.values())
