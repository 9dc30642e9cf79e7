"""Dashboards in the compact form, as the model that they become."""

from __future__ import annotations

import pytest

from stackctl.manifest.compact import CompactFile, open_compact, read_compact
from stackctl.manifest.problems import Problems
from stackctl.model import Board, Dashboard, Panel, Threshold
from stackctl.source import Position

ORIGIN = Position("stack.yml", 7, 3)


def opened(text: str) -> CompactFile:
    problems = Problems()
    file = open_compact(text, "d.yml", problems)
    assert file is not None, list(problems)
    return file


def dashboard(text: str, folder: str = "", uids: dict[str, str] | None = None) -> Dashboard:
    problems = Problems()
    found = read_compact(opened(text), folder, ORIGIN, uids, problems)
    assert found is not None, list(problems)
    return found


def panel_of(keys: str, uids: dict[str, str] | None = None) -> Panel:
    board = dashboard(f"title: D\nrows: [{{panels: [{{title: P, {keys}}}]}}]\n", uids=uids).definition
    assert isinstance(board, Board)
    return board.rows[0].panels[0]


@pytest.mark.parametrize(
    ("written", "steps"),
    [
        ("{warning: 1, critical: 5}", [("green", None), ("yellow", 1), ("red", 5)]),
        # Less is worse.
        ("{warning: 5, critical: 1}", [("red", None), ("yellow", 1), ("green", 5)]),
        ("{warning: 1}", [("green", None), ("yellow", 1)]),
        ("{critical: 5}", [("green", None), ("red", 5)]),
        ("{warning: 0, critical: -5}", [("red", None), ("yellow", -5), ("green", 0)]),
        ("[{value: 5, color: red}, {value: 1, color: blue}]", [("green", None), ("blue", 1), ("red", 5)]),
        ("[{value: 5, color: red}, {color: purple}]", [("purple", None), ("red", 5)]),
    ],
)
def test_thresholds_go_from_low_to_high(written: str, steps: list[tuple[str, float | None]]) -> None:
    assert panel_of(f"query: up, thresholds: {written}").thresholds == tuple(
        Threshold(color) if value is None else Threshold(color, value) for color, value in steps
    )


@pytest.mark.parametrize(
    ("keys", "is_instant"),
    [
        ("query: up", False),
        ("type: stat, query: up", True),
        ("type: table, query: up", True),
        ("type: heatmap, query: up", False),
        ("type: stat, queries: [{query: up, instant: false}]", False),
        ("queries: [{query: up, instant: true}]", True),
    ],
)
def test_what_shows_one_value_asks_for_that_of_now(keys: str, is_instant: bool) -> None:
    (query,) = panel_of(keys).queries
    assert query.instant is is_instant


def test_folder_of_the_manifest_wins_over_that_of_the_file() -> None:
    text = "title: D\nfolder: Mine\nrows: [{panels: [{title: P, query: up}]}]\n"
    assert dashboard(text).folder == "Mine"
    assert dashboard(text, "Theirs").folder == "Theirs"


def test_uid_is_that_of_the_file_or_always_the_same() -> None:
    assert opened("uid: shop\n").uid == "shop"
    assert opened("title: A\n").uid == opened("title: B\n").uid != ""


def test_queries_have_their_places_names_and_units() -> None:
    text = (
        "title: D\n"
        "variables: [{name: job, query: 'label_values(up, job)'}, {name: all, query: label_names()}]\n"
        "rows:\n"
        "  - panels:\n"
        "      - {title: P, unit: s, query: up, legend: now}\n"
    )
    found = dashboard(text).queries
    assert [(each.panel, each.expr, each.unit, each.legend) for each in found] == [
        ("$job", "up", "", ""),
        ("P", "up", "s", "now"),
    ]
    assert [each.origin.line for each in found] == [2, 5]
    assert found[0].label == "job"
    assert found[1].legend_origin is not None
    assert found[1].legend_origin.column > found[1].origin.column


def test_link_leads_to_the_uid_of_a_dashboard() -> None:
    links = "query: up, links: [{title: A, dashboard: d.json}, {title: B, url: 'https://a.test'}]"
    found = panel_of(links, {"d.json": "abc"}).links
    assert [(link.title, link.uid, link.url) for link in found] == [("A", "abc", ""), ("B", "", "https://a.test")]


@pytest.mark.parametrize("text", ["- a\n", "x\n", "", "title: [\n"])
def test_what_is_not_a_mapping_is_not_a_dashboard(text: str) -> None:
    problems = Problems()
    assert open_compact(text, "d.yml", problems) is None
    assert [each.position.file for each in problems if each.position] == ["d.yml"]


def test_all_mistakes_of_a_file_are_reported_in_one_round() -> None:
    problems = Problems()
    text = "title: D\nrows: [{panels: [{title: A}, {title: B, query: 'sum('}]}]\n"
    assert read_compact(opened(text), "", ORIGIN, {}, problems) is None
    assert len(list(problems)) == 2
