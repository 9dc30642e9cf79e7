"""Panels that show one value of each series."""

from __future__ import annotations

import pytest

from stackctl.preview.shapes import Label, Rect
from tests.unit.preview.drawing import GREEN, ORANGE, RED, Fake, drawn, panel, series


def test_stat_shows_mapped_text_in_its_color() -> None:
    mappings = [
        {"type": "value", "options": {"1": {"text": "up", "color": "green"}, "0": {"text": "down", "color": "red"}}}
    ]
    for value, text, color in ((1.0, "up", GREEN), (0.0, "down", RED)):
        shapes = drawn(panel("stat", defaults={"mappings": mappings}), client=Fake([series({}, value)]))
        [label] = [shape for shape in shapes if isinstance(shape, Label) and shape.text == text]
        assert label.fill == color


@pytest.mark.parametrize(("value", "color"), [(0.5, GREEN), (1.0, ORANGE), (7.0, RED)])
def test_stat_has_the_color_of_its_threshold(value: float, color: str) -> None:
    steps = [{"color": "green", "value": None}, {"color": "orange", "value": 1}, {"color": "red", "value": 5}]
    shapes = drawn(panel("stat", defaults={"thresholds": {"steps": steps}}), client=Fake([series({}, value)]))
    assert [shape.fill for shape in shapes if isinstance(shape, Label) and shape.text != "P"] == [color]


def test_override_colors_series_in_every_order() -> None:
    override = {
        "matcher": {"id": "byRegexp", "options": "/^5../"},
        "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": "red"}}],
    }
    shown = panel("timeseries", overrides=[override], defaults={"color": {"mode": "palette-classic"}})
    found = [series({"a": "200"}, 1, 2), series({"a": "500"}, 3, 4)]
    for order in (found, found[::-1]):
        shapes = drawn(shown, client=Fake(order))
        marks = [shape.fill for shape in shapes if isinstance(shape, Rect) and shape.h == 4]
        assert marks[[each.labels["a"] for each in order].index("500")] == RED


def test_bars_end_in_proportion_to_their_values() -> None:
    shown = panel(
        "bargauge", defaults={"min": 0, "max": 10, "color": {"mode": "thresholds"}}, options={"displayMode": "basic"}
    )
    shapes = drawn(shown, client=Fake([series({"a": "x"}, 10), series({"a": "y"}, 5)]))
    whole = next(shape.w for shape in shapes if isinstance(shape, Rect) and shape.look == "unfilled")
    assert [shape.w / whole for shape in shapes if isinstance(shape, Rect) and shape.opacity == 0.45] == [1, 0.5]
