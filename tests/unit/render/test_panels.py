"""Panels of a compact dashboard: each kind, and what they share."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stackctl.model import Link, Query, Threshold, ValueText
from tests.unit.render.boards import one, rendered


def test_more_queries_than_letters_have_distinct_names() -> None:
    names = [target["refId"] for target in one(queries=(Query("up"),) * 60)["targets"]]
    assert names[25:28] == ["Z", "AA", "AB"]
    assert len(set(names)) == 60


def test_thresholds_are_colors_and_lines_in_a_time_series() -> None:
    panel = one(thresholds=(Threshold("green"), Threshold("red", 5)))
    defaults = panel["fieldConfig"]["defaults"]
    assert defaults["thresholds"]["steps"] == [{"value": None, "color": "green"}, {"value": 5, "color": "red"}]
    assert defaults["custom"]["thresholdsStyle"] == {"mode": "dashed"}


def test_panel_without_thresholds_has_no_default_red() -> None:
    steps = one(kind="stat")["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert steps == [{"value": None, "color": "blue"}]


@pytest.mark.parametrize(("unit", "top"), [("percentunit", 1), ("percent", 100), ("s", None)])
def test_a_gauge_of_a_share_has_the_whole_scale(unit: str, top: float | None) -> None:
    defaults = one(kind="gauge", unit=unit)["fieldConfig"]["defaults"]
    assert (defaults["min"], defaults.get("max")) == (0, top)


def test_maps_values_to_texts_and_colors() -> None:
    [mapping] = one(values=(ValueText("0", "down", "red"), ValueText("1", "up")))["fieldConfig"]["defaults"]["mappings"]
    assert mapping["type"] == "value"
    assert mapping["options"] == {
        "0": {"text": "down", "color": "red", "index": 0},
        "1": {"text": "up", "color": "green", "index": 1},
    }


def test_a_link_to_a_dashboard_takes_time_and_variables_along() -> None:
    links = (Link("Other", uid="o"), Link("Web", url="https://x.test/"))
    inner, outer = rendered(links=links)["links"]
    assert (inner["url"], inner["keepTime"], inner["includeVars"]) == ("/d/o", True, True)
    assert (outer["url"], outer["targetBlank"]) == ("https://x.test/", True)
    inner, outer = one(links=links)["links"]
    assert inner["url"] == "/d/o?${__url_time_range}&${__all_variables}"
    assert outer["url"] == "https://x.test/"


def test_a_table_shows_values_under_the_names_of_its_queries() -> None:
    single = one(kind="table", title="Targets")
    assert single["transformations"][-1]["options"]["renameByName"] == {"Value": "Targets"}
    several = one(kind="table", queries=(Query("up", "Up"), Query("down", "Down")))
    assert [step["id"] for step in several["transformations"]] == ["merge", "organize"]
    assert several["transformations"][-1]["options"]["renameByName"] == {"Value #A": "Up", "Value #B": "Down"}


def legend(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = one(**fields)["options"]["legend"]
    return found


def test_legend_is_hidden_for_one_series_and_a_table_for_many() -> None:
    assert legend(queries=(Query("sum(x)"),))["showLegend"] is False
    few = legend(queries=(Query("sum(x)", "p50"), Query("sum(y)", "p99")))
    assert (few["showLegend"], few["displayMode"], few["placement"]) == (True, "list", "bottom")
    many = legend(queries=(Query("topk(10, sum by (path) (x))"),))
    assert (many["displayMode"], many["placement"], many["calcs"]) == ("table", "right", ["lastNotNull", "max"])
    assert (many["sortBy"], many["sortDesc"]) == ("Last *", True)


@pytest.mark.parametrize(
    ("expr", "stack", "fill"), [("sum(x)", False, 10), ("sum by (a) (x)", False, 0), ("sum by (a) (x)", True, 40)]
)
def test_fill_depends_on_number_of_lines(expr: str, stack: bool, fill: int) -> None:
    custom = one(queries=(Query(expr),), stack=stack)["fieldConfig"]["defaults"]["custom"]
    assert custom["fillOpacity"] == fill


@pytest.mark.parametrize(
    ("unit", "thresholds", "top"),
    [
        ("percentunit", (), 1),
        ("percent", (), 100),
        ("reqps", (), 1),
        ("s", (), 0.001),
        ("s", (2.0,), 2.5),
        ("percentunit", (0.01, 0.05), 0.0625),
        ("percentunit", (0.9,), 1),
    ],
)
def test_axis_has_a_soft_maximum(unit: str, thresholds: tuple[float, ...], top: float) -> None:
    steps = (Threshold("green"), *(Threshold("red", value) for value in thresholds))
    custom = one(unit=unit, thresholds=steps)["fieldConfig"]["defaults"]["custom"]
    assert custom["axisSoftMax"] == top
    assert "axisSoftMax" not in one(unit=unit, max=3.0)["fieldConfig"]["defaults"]["custom"]
    assert one(unit=unit, soft_max=7.0)["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] == 7


@pytest.mark.parametrize(
    ("name", "color"),
    [
        ("200", "green"), ("2xx", "green"), ("success", "green"), ("OK", "green"), ("hit", "green"),
        ("404", "orange"), ("4xx", "orange"), ("NotFound", "orange"),
        ("500", "red"), ("5xx", "red"), ("failed", "red"), ("error", "red"), ("Internal", "red"), ("down", "red"),
        ("warning", "yellow"), ("retry", "yellow"), ("301", "blue"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("label", ["status", "code", "outcome", "result"])
def test_series_by_status_has_the_color_of_its_meaning(label: str, name: str, color: str) -> None:
    panel = one(queries=(Query(f"sum by ({label}) (rate(x[5m]))"),))
    found = [
        override["properties"][0]["value"]["fixedColor"]
        for override in panel["fieldConfig"]["overrides"]
        if override["matcher"]["id"] == "byRegexp" and _js_regex(override["matcher"]["options"]).search(name)
    ]
    assert found == [color]


def _js_regex(text: str) -> re.Pattern[str]:
    """A regular expression as Grafana reads it from an override."""
    body, flags = re.fullmatch(r"/(.*?)/(g?i?m?y?)", text).groups()  # type: ignore[union-attr]
    return re.compile(body, re.IGNORECASE if "i" in flags else 0)


def test_named_series_has_the_color_of_its_meaning() -> None:
    panel = one(queries=(Query("sum(a)", "misses"), Query("sum(b)", "hits"), Query("sum(c)", "p50")))
    overrides = panel["fieldConfig"]["overrides"]
    assert [(each["matcher"]["options"], each["properties"][0]["value"]["fixedColor"]) for each in overrides] == [
        ("misses", "yellow"), ("hits", "green"),
    ]  # fmt: skip


def test_bars_are_basic_thin_and_sorted() -> None:
    panel = one(kind="bargauge", queries=(Query("sum by (a) (x)", instant=True),))
    assert (panel["options"]["displayMode"], panel["options"]["sizing"]) == ("basic", "manual")
    assert panel["targets"][0]["expr"] == "sort_desc(sum by (a) (x))"
    less_is_worse = (Threshold("red"), Threshold("green", 0.5))
    panel = one(kind="bargauge", thresholds=less_is_worse, queries=(Query("min by (a) (x)", instant=True),))
    assert panel["targets"][0]["expr"] == "sort(min by (a) (x))"


def test_state_timeline_shows_its_mapped_texts() -> None:
    """Merged by thresholds, Grafana would show the threshold's range in place of the mapped text."""
    panel = one(kind="state-timeline", values=(ValueText("1", "up"), ValueText("0", "down")))
    assert panel["options"]["mergeValues"] is True
    assert panel["fieldConfig"]["defaults"]["color"]["mode"] == "palette-classic"


def test_column_of_a_table_has_a_name_without_placeholders() -> None:
    table = one(kind="table", title="Versions", queries=(Query("count by (version) (x)", "{{version}}"),))
    assert table["transformations"][-1]["options"]["renameByName"] == {"Value": "Versions"}
    table = one(kind="table", queries=(Query("count by (version) (x)", "{{version}} instances"),))
    assert table["transformations"][-1]["options"]["renameByName"] == {"Value": "instances"}


def test_counts_have_no_decimals() -> None:
    assert one(queries=(Query("count(up == 0) or vector(0)"),))["fieldConfig"]["defaults"]["decimals"] == 0
    assert "decimals" not in one(queries=(Query("avg(x)"),))["fieldConfig"]["defaults"]


def test_line_by_value_takes_the_colors_of_thresholds() -> None:
    steps = (Threshold("red"), Threshold("green", 0))
    defaults = one(by_value=True, unit="percentunit", thresholds=steps)["fieldConfig"]["defaults"]
    assert (defaults["color"]["mode"], defaults["custom"]["gradientMode"]) == ("thresholds", "scheme")
