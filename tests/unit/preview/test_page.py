"""A preview is drawn of whatever a dashboard and a Prometheus hold, and the page is whole and safe."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stackctl.preview.frames import Source, Window
from stackctl.preview.page import draw, page_html
from tests.unit.preview.drawing import NOW, Fake, drawn, panel, series, texts
from tests.unit.report.test_html import EVIL, Page


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
