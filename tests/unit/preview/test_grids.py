"""Tables, heatmaps and state timelines."""

from __future__ import annotations

from stackctl.preview.shapes import Rect
from tests.unit.preview.drawing import Fake, drawn, panel, series, texts


def test_state_timeline_by_thresholds_hides_mapped_texts() -> None:
    mappings = [{"type": "value", "options": {"1": {"text": "up", "color": "green"}}}]
    client = Fake([series({"a": "x"}, *[1.0] * 200)])
    for mode, expected in (("palette-classic", "up"), ("thresholds", "-∞+")):
        shapes = drawn(panel("state-timeline", defaults={"mappings": mappings, "color": {"mode": mode}}), client=client)
        assert expected in texts(shapes)


def test_table_shows_labels_and_named_columns() -> None:
    organize = {"id": "organize", "options": {"renameByName": {"Value": "instances"}, "excludeByName": {"b": True}}}
    shown = texts(
        drawn(panel("table", transformations=[organize]), client=Fake([series({"a": "1.2", "b": "hidden"}, 3)]))
    )
    assert {"a", "instances", "1.2", "3"} <= set(shown)
    assert not {"b", "hidden", "Value"} & set(shown)


def test_heatmap_takes_the_difference_of_buckets() -> None:
    found = [series({"le": "0.1"}, 5, 5), series({"le": "1"}, 5, 9)]
    shapes = drawn(panel("heatmap"), client=Fake(found))
    assert len([shape for shape in shapes if isinstance(shape, Rect) and not shape.look]) == 3
