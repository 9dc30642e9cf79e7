"""Reading a panel never fails, whatever its file holds."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.design.classic import PanelJson, panels, variables


def test_lists_panels_of_rows_after_their_row() -> None:
    row = {"title": "Row", "panels": [{"title": "In it"}]}
    board = {"panels": [row, {"title": "After"}], "rows": [{"panels": [{"title": "Of an old row"}]}]}
    assert [panel.title for panel in panels(board)] == ["Row", "In it", "After", "Of an old row"]


def test_targets_are_the_visible_queries_in_promql() -> None:
    targets = [{"expr": "up"}, {"expr": "down", "hide": True}, {"query": "select 1"}, "text", {"expr": 3}]
    assert PanelJson({"targets": targets}).targets == [{"expr": "up"}]


@pytest.mark.parametrize(
    ("place", "box"),
    [
        (None, (0, 0, 12, 8)),
        ({"x": 20, "y": 3, "w": 12, "h": 4}, (20, 3, 4, 4)),
        ({"x": 99, "w": 0, "h": -5, "y": "3"}, (23, 0, 1, 1)),
    ],
)
def test_place_stays_within_the_grid(place: Any, box: tuple[int, int, int, int]) -> None:
    assert PanelJson({"gridPos": place}).box == box


@pytest.mark.parametrize("value", [None, 3, "text", [], [None], {"a": 1}, True, 1e400])
def test_any_value_at_any_key_is_read(value: Any) -> None:
    keys = ("type", "title", "options", "fieldConfig", "targets", "gridPos", "panels")
    panel = PanelJson(dict.fromkeys(keys, value))
    nested = PanelJson({"fieldConfig": {"defaults": dict.fromkeys(("thresholds", "color", "custom", "unit"), value)}})
    for each in (panel, nested):
        assert all(isinstance(text, str) for text in (each.kind, each.title, each.unit, each.color_mode))
        assert (each.targets, each.steps, each.stacked) == ([], [], False)
    assert list(variables({"templating": value})) == []


def test_steps_are_the_thresholds_above_the_first_color() -> None:
    steps = [{"color": "green", "value": None}, {"color": "red", "value": 80}, {"value": True}]
    assert PanelJson({"fieldConfig": {"defaults": {"thresholds": {"steps": steps}}}}).steps == [(80.0, "red")]
