from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard as SdkDashboard
from hypothesis import given
from hypothesis import strategies as st

from stackctl.design.series import Scope
from stackctl.errors import Unavailable
from stackctl.model import Board, Dashboard, Link, Panel, Query, Row, Threshold, ValueText, Variable
from stackctl.render.grafana import dashboard_json
from tests.golden.cases import stack_of
from tests.unit.render.stacks import HERE

TITLES = st.sampled_from(["", "A", "B", "C"])
COMPACT = [dashboard for dashboard in stack_of("compact").dashboards if isinstance(dashboard.definition, Board)]


def rendered(*panels: Panel, **fields: Any) -> dict[str, Any]:
    rows = fields.pop("rows", None) or (Row("", panels or (Panel("P", queries=(Query("up"),)),)),)
    return dashboard_json(Dashboard("d.yml", "d", "D", "", Board(rows, **fields), HERE))


def one(**fields: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {"title": "P", "queries": (Query("up"),)}
    panel: dict[str, Any] = rendered(Panel(**{**defaults, **fields}))["panels"][0]
    return panel


@pytest.mark.parametrize("dashboard", COMPACT, ids=lambda dashboard: dashboard.uid)
def test_the_sdk_knows_everything_rendered(dashboard: Dashboard) -> None:
    register_default_plugins()
    once = json.loads(json.dumps(dashboard_json(dashboard)))
    again = json.loads(json.dumps(SdkDashboard.from_json(once), cls=JSONEncoder))
    for variable in again["templating"]["list"]:
        del variable["id"]
    for panel in once["panels"]:
        for newer in ("sizing", "maxVizHeight", "namePlacement") if panel["type"] == "bargauge" else ():
            del panel["options"][newer]
    assert {**again, "id": None} == once


def test_no_panel_may_need_a_plugin_or_angular() -> None:
    known = {"row", "timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "state-timeline", "text"}
    panels = [panel for dashboard in COMPACT for panel in dashboard_json(dashboard)["panels"]]
    inner = [panel for row in panels for panel in row.get("panels", [])]
    assert {panel["type"] for panel in panels + inner} == known


def test_every_target_asks_the_datasource_of_the_stack() -> None:
    panel = one(queries=(Query("up", "a"), Query("up", instant=True)))
    ours = {"type": "prometheus", "uid": "prometheus"}
    assert panel["datasource"] == ours
    first, second = panel["targets"]
    assert (first["datasource"], second["datasource"]) == (ours, ours)
    assert (first["refId"], first["legendFormat"], first["range"], first["instant"]) == ("A", "a", True, False)
    assert (second["refId"], second["legendFormat"], second["range"], second["instant"]) == (
        "B",
        "{{job}} {{instance}}",
        False,
        True,
    )


def test_more_queries_than_letters_have_distinct_names() -> None:
    names = [target["refId"] for target in one(queries=(Query("up"),) * 60)["targets"]]
    assert names[25:28] == ["Z", "AA", "AB"]
    assert len(set(names)) == 60


@given(
    st.lists(st.builds(Row, TITLES, st.lists(st.builds(Panel, TITLES), min_size=1, max_size=5).map(tuple)), min_size=1)
)
def test_ids_are_unique(rows: list[Row]) -> None:
    panels = rendered(rows=tuple(rows))["panels"]
    ids = [panel["id"] for panel in panels]
    assert len(set(ids)) == len(ids)
    assert all(0 < id <= 1_000_000 for id in ids)


def test_an_id_does_not_change_when_another_panel_is_added() -> None:
    first, second = Panel("A"), Panel("B")
    alone = {panel["title"]: panel["id"] for panel in rendered(second)["panels"]}
    together = {panel["title"]: panel["id"] for panel in rendered(first, second)["panels"]}
    assert together["B"] == alone["B"]


def test_same_board_gives_the_same_bytes() -> None:
    assert json.dumps(rendered()) == json.dumps(rendered())


def test_only_a_folded_row_holds_its_panels() -> None:
    rows = tuple(Row(title, (Panel(title),), collapsed=title == "A") for title in ("A", "B"))
    shown = [
        (panel["type"], [inner["title"] for inner in panel.get("panels", [])])
        for panel in rendered(rows=rows)["panels"]
    ]
    assert shown == [("row", ["A"]), ("row", []), ("timeseries", [])]


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


def test_variables_start_with_the_value_of_the_file() -> None:
    variables = (
        Variable("a", query="label_values(up, a)"),
        Variable("b", query="label_values(up, b)", all=True, multi=True),
        Variable("c", values=("x,y", "z")),
        Variable("d", values=("x", "y"), multi=True, default="y"),
    )
    a, b, c, d = rendered(variables=variables)["templating"]["list"]
    assert ("current" in a, a["query"]["query"], a["refresh"]) == (False, "label_values(up, a)", 2)
    assert (b["current"]["value"], b["allValue"], b["includeAll"]) == (["$__all"], ".*", True)
    assert (c["current"]["value"], c["query"]) == ("x,y", "x\\,y,z")
    assert d["current"] == {"selected": True, "text": ["y"], "value": ["y"]}
    assert [option["selected"] for option in d["options"]] == [False, True]


def test_a_table_shows_values_under_the_names_of_its_queries() -> None:
    single = one(kind="table", title="Targets")
    assert single["transformations"][-1]["options"]["renameByName"] == {"Value": "Targets"}
    several = one(kind="table", queries=(Query("up", "Up"), Query("down", "Down")))
    assert [step["id"] for step in several["transformations"]] == ["merge", "organize"]
    assert several["transformations"][-1]["options"]["renameByName"] == {"Value #A": "Up", "Value #B": "Down"}


def test_a_missing_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "stackctl.render.board", raising=False)
    monkeypatch.setitem(sys.modules, "grafana_foundation_sdk.builders", None)
    with pytest.raises(Unavailable, match="compact dashboards need the package grafana-foundation-sdk") as caught:
        rendered()
    assert "help: Install it" in str(caught.value)


def legend(**fields: Any) -> dict[str, Any]:
    found: dict[str, Any] = one(**fields)["options"]["legend"]
    return found


def test_legend_uses_labels_of_the_contract() -> None:
    board = Board((Row("", (Panel("P", queries=(Query("depth"),)),)),))
    scope = Scope({"api": 1}, {"depth": ("queue",)}, {"queue": 2}, {"depth": ("api",)})
    [panel] = dashboard_json(Dashboard("d.yml", "d", "D", "", board, HERE), scope)["panels"]
    assert panel["targets"][0]["legendFormat"] == "{{instance}} {{queue}}"
    assert panel["options"]["legend"]["displayMode"] == "list"


def test_legend_is_hidden_for_one_series_and_a_table_for_many() -> None:
    assert legend(queries=(Query("sum(x)"),))["showLegend"] is False
    few = legend(queries=(Query("sum(x)", "p50"), Query("sum(y)", "p99")))
    assert (few["showLegend"], few["displayMode"], few["placement"]) == (True, "list", "bottom")
    many = legend(queries=(Query("topk(10, sum by (path) (x))"),))
    assert (many["displayMode"], many["placement"], many["calcs"]) == ("table", "right", ["lastNotNull", "max"])
    assert (many["sortBy"], many["sortDesc"]) == ("Last *", True)


def test_panel_with_legend_table_is_at_least_half_a_row_wide() -> None:
    many = Panel("P", queries=(Query("sum by (path) (x)"),))
    assert [panel["gridPos"]["w"] for panel in rendered(many, many, many)["panels"]] == [12, 12, 24]


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


def test_bar_gauge_with_one_series_is_a_stat() -> None:
    assert one(kind="bargauge", queries=(Query("sum(x)"),))["type"] == "stat"
    assert one(kind="bargauge", queries=(Query("topk(10, sum by (a) (x))"),))["type"] == "bargauge"


def test_state_timeline_shows_its_mapped_texts() -> None:
    """Merged by thresholds, Grafana would show the threshold's range in place of the mapped text."""
    panel = one(kind="state-timeline", values=(ValueText("1", "up"), ValueText("0", "down")))
    assert panel["options"]["mergeValues"] is True
    assert panel["fieldConfig"]["defaults"]["color"]["mode"] == "palette-classic"


def test_variable_has_no_id() -> None:
    variables = (Variable("a", query="label_values(up, a)"), Variable("c", values=("x", "z")))
    assert [set(each) & {"id"} for each in rendered(variables=variables)["templating"]["list"]] == [set(), set()]


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
