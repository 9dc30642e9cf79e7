"""A preview is drawn of whatever a dashboard and a Prometheus hold, and the page is whole and safe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Series
from stackctl.preview.frames import Source, Window
from stackctl.preview.page import draw, page_html
from stackctl.preview.shapes import Label, Path, Rect
from tests.unit.report.test_html import EVIL, Page

NOW = 1_700_000_100.0
RED, GREEN, ORANGE, BLUE = "#F2495C", "#73BF69", "#FF9830", "#5794F2"


@dataclass
class Fake:
    """A Prometheus that answers every query with the same series; `asked` are the queries."""

    series: Sequence[Series] = ()
    asked: list[str] = field(default_factory=list)
    error: str = ""

    def over(self, query: str, start: float, end: float, step: float, limit: int) -> Sequence[Series]:
        self.asked.append(query)
        if self.error:
            raise NoAnswer.of("server.no-answer", self.error)
        return self.series[:limit]

    def values(self, query: str, at: float, limit: int) -> list[tuple[Any, float]]:
        return [(each.labels, each.points[-1][1]) for each in self.over(query, at, at, 1, limit)]

    def label_values(self, label: str, selector: str = "") -> tuple[str, ...]:
        self.asked.append(f"{label} of {selector}")
        return ("b", "a")

    def label_names(self, selector: str) -> tuple[str, ...]:
        return ("job",)


def series(labels: dict[str, str], *values: float, step: float = 15) -> Series:
    return Series(labels, tuple((NOW - (len(values) - 1 - n) * step, value) for n, value in enumerate(values)))


def panel(kind: str, expr: str = "x", legend: str = "{{a}}", /, instant: bool = False, **fields: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "title": "P",
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
        "targets": [{"expr": expr, "legendFormat": legend, "refId": "A", "instant": instant, "range": not instant}],
        "fieldConfig": {"defaults": fields.pop("defaults", {}), "overrides": fields.pop("overrides", [])},
        **fields,
    }


def drawn(*panels: dict[str, Any], client: Fake, **fields: Any) -> list[Any]:
    """All shapes of a dashboard."""
    dashboard = {"title": "D", "panels": list(panels), **fields}
    page = draw(dashboard, Source.of(client, dashboard, NOW, 15))  # type: ignore[arg-type]
    return [shape for _, _, shapes in page.panels for shape in shapes]


def texts(shapes: Sequence[Any]) -> list[str]:
    return [shape.text for shape in shapes if isinstance(shape, Label)]


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


def test_stacked_series_start_on_the_one_below() -> None:
    stacking = {"custom": {"stacking": {"mode": "normal"}, "fillOpacity": 40}}
    alone = drawn(panel("timeseries"), client=Fake([series({"a": "x"}, 10, 10), series({"a": "y"}, 10, 10)]))
    stacked = drawn(
        panel("timeseries", defaults=stacking), client=Fake([series({"a": "x"}, 10, 10), series({"a": "y"}, 10, 10)])
    )

    def lines(shapes: Sequence[Any]) -> list[str]:
        return [shape.d for shape in shapes if isinstance(shape, Path) and shape.stroke and not shape.look]

    assert len(set(lines(alone))) == 1
    assert len(set(lines(stacked))) == 2


def test_flat_zero_ends_at_100_without_a_soft_maximum_and_at_it_with_one() -> None:
    """The preview must show what Grafana would."""
    client = Fake([series({"a": "x"}, 0, 0)])
    assert "100" in texts(drawn(panel("timeseries"), client=client))
    assert "100" not in texts(drawn(panel("timeseries", defaults={"custom": {"axisSoftMax": 1}}), client=client))


def test_threshold_is_a_dashed_line() -> None:
    steps = [{"color": "green", "value": None}, {"color": "red", "value": 5}]
    defaults = {"thresholds": {"steps": steps}, "custom": {"thresholdsStyle": {"mode": "dashed"}}, "max": 10}
    shapes = drawn(panel("timeseries", defaults=defaults), client=Fake([series({"a": "x"}, 1, 2)]))
    assert [shape.stroke for shape in shapes if isinstance(shape, Path) and shape.dash] == [RED]


def test_legend_table_is_sorted_by_last() -> None:
    options = {
        "legend": {
            "displayMode": "table",
            "placement": "right",
            "calcs": ["lastNotNull", "max"],
            "sortBy": "Last *",
            "sortDesc": True,
        }
    }
    found = [series({"a": "small"}, 9, 1), series({"a": "large"}, 2, 8)]
    shown = texts(drawn(panel("timeseries", options=options), client=Fake(found)))
    assert [text for text in shown if text in ("small", "large")] == ["large", "small"]
    assert {"Name", "Last *", "Max"} <= set(shown)


def test_hidden_legend_is_not_drawn() -> None:
    shown = texts(
        drawn(panel("timeseries", options={"legend": {"showLegend": False}}), client=Fake([series({"a": "q"}, 1, 2)]))
    )
    assert "q" not in shown


def test_state_timeline_by_thresholds_hides_mapped_texts() -> None:
    mappings = [{"type": "value", "options": {"1": {"text": "up", "color": "green"}}}]
    client = Fake([series({"a": "x"}, *[1.0] * 200)])
    for mode, expected in (("palette-classic", "up"), ("thresholds", "-∞+")):
        shapes = drawn(panel("state-timeline", defaults={"mappings": mappings, "color": {"mode": mode}}), client=client)
        assert expected in texts(shapes)


def test_bars_end_in_proportion_to_their_values() -> None:
    shown = panel(
        "bargauge", defaults={"min": 0, "max": 10, "color": {"mode": "thresholds"}}, options={"displayMode": "basic"}
    )
    shapes = drawn(shown, client=Fake([series({"a": "x"}, 10), series({"a": "y"}, 5)]))
    whole = next(shape.w for shape in shapes if isinstance(shape, Rect) and shape.look == "unfilled")
    assert [shape.w / whole for shape in shapes if isinstance(shape, Rect) and shape.opacity == 0.45] == [1, 0.5]


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


def test_unknown_panel_says_so() -> None:
    assert any("type `piechart` is not drawn" in text for text in texts(drawn(panel("piechart"), client=Fake())))


def test_panel_without_data_and_one_with_an_error_say_which() -> None:
    assert "No data" in texts(drawn(panel("timeseries"), client=Fake()))
    assert any("parse error" in text for text in texts(drawn(panel("timeseries"), client=Fake(error="parse error"))))


def test_collapsed_row_hides_its_panels_and_open_row_shows_them() -> None:
    row = {
        "type": "row",
        "title": "R",
        "collapsed": True,
        "panels": [panel("stat", title="inside")],
        "gridPos": {"h": 1, "w": 24},
    }
    assert "inside" not in str(texts(drawn(row, client=Fake())))
    assert "inside" in texts(drawn({**row, "collapsed": False}, client=Fake()))


def test_panels_are_placed_on_the_grid() -> None:
    panels = [panel("stat", gridPos={"x": x, "y": y, "w": 12, "h": 4}) for x, y in ((0, 0), (12, 0), (0, 4))]
    dashboard = {"panels": panels}
    boxes = [box for box, _, _ in draw(dashboard, Source.of(Fake(), dashboard, NOW, 15)).panels]  # type: ignore[arg-type]
    assert [(box.x, box.y, box.w, box.h) for box in boxes] == [(0, 0, 700, 144), (708, 0, 700, 144), (0, 152, 700, 144)]


@pytest.mark.parametrize(
    ("variable", "query", "expected"),
    [
        ({"type": "custom", "query": "a,b"}, 'x{v="$v"}', 'x{v="a"}'),
        (
            {"type": "custom", "query": "a,b.c", "includeAll": True, "current": {"value": ["$__all"]}},
            'x{v=~"$v"}',
            'x{v=~"(a|b\\\\.c)"}',
        ),
        ({"type": "custom", "query": "a", "includeAll": True, "allValue": ".*"}, 'x{v=~"${v}"}', 'x{v=~".*"}'),
        ({"type": "query", "query": {"query": "label_values(up, v)"}}, 'x{v="[[v]]"}', 'x{v="a"}'),
        ({"type": "custom", "query": "a,b", "multi": True, "current": {"value": ["a", "b"]}}, "x ${v:pipe}", "x a|b"),
        ({"type": "interval", "query": "1m,5m", "current": {"value": "5m"}}, "rate(x[$v])", "rate(x[5m])"),
    ],
)
def test_variables_have_their_first_values(variable: dict[str, Any], query: str, expected: str) -> None:
    client = Fake()
    drawn(panel("stat", query), client=client, templating={"list": [{"name": "v", **variable}]})
    assert client.asked[-1] == expected


def test_macros_fit_the_window() -> None:
    client = Fake()
    drawn(panel("timeseries", "rate(x[$__rate_interval])"), client=client, time={"from": "now-6h", "to": "now"})
    assert client.asked == ["rate(x[105s])"]
    assert Window.of({"time": {"from": "now-7d"}}, NOW).step == 2520


def test_page_escapes_what_labels_hold() -> None:
    dashboard = {"title": EVIL, "panels": [panel(kind, legend="{{a}}", title=EVIL) for kind in KINDS]}
    client = Fake([series({"a": EVIL, "le": "1"}, 1, 2)])
    text = page_html(draw(dashboard, Source.of(client, dashboard, NOW, 15)), "1.0")  # type: ignore[arg-type]
    page = Page(text)
    assert {tag for tag, _ in page.tags} <= {
        "html", "head", "meta", "title", "style", "body", "header", "h1", "p", "main", "svg", "rect", "text", "path",
    }  # fmt: skip
    assert not [name for _, attrs in page.tags for name in attrs if name == "style" or name.startswith("on")]
    [policy] = [attrs["content"] for tag, attrs in page.tags if tag == "meta" and attrs.get("http-equiv")]
    assert policy is not None
    assert policy.startswith("default-src 'none'; style-src 'sha256-")


KINDS = ("timeseries", "stat", "bargauge", "gauge", "table", "state-timeline", "heatmap", "text", "row", "unheard-of")
KEYS = (
    "defaults", "custom", "unit", "decimals", "min", "max", "thresholds", "steps", "value", "color", "mode", "mappings",
    "options", "legend", "calcs", "displayMode", "sortBy", "reduceOptions", "spanNulls", "fillOpacity", "stacking",
)  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["lastNotNull", "red", "normal", "s", "x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=15,
)
NUMBERS = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    kind=st.sampled_from(KINDS),
    field_config=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4),
    options=st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4),
    grid=st.dictionaries(st.sampled_from("xywh"), JSON | st.integers(-5, 50), max_size=4),
    values=st.lists(st.lists(NUMBERS, min_size=1, max_size=4), max_size=4),
)
def test_anything_is_drawn_without_an_error(kind: str, field_config: Any, options: Any, grid: Any, values: Any) -> None:
    shown = {
        **panel(kind), "gridPos": grid, "options": options,
        "fieldConfig": {"defaults": field_config, "overrides": [field_config]},
    }  # fmt: skip
    found = [series({"a": str(n), "le": str(n)}, *each) for n, each in enumerate(values)]
    dashboard = json.loads(json.dumps({"panels": [shown]}))
    page = draw(dashboard, Source.of(Fake(found), dashboard, NOW, 15))  # type: ignore[arg-type]
    Page(page_html(page, "1.0"))
