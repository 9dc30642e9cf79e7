from __future__ import annotations

import json
import sys

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard as SdkDashboard
from hypothesis import given
from hypothesis import strategies as st

from stackctl.design.series import Scope
from stackctl.errors import Unavailable
from stackctl.model import Board, Dashboard, Panel, Query, Row
from stackctl.render.grafana import dashboard_json
from tests.golden.cases import stack_of
from tests.unit.render.boards import one, rendered
from tests.unit.render.stacks import HERE

TITLES = st.sampled_from(["", "A", "B", "C"])
COMPACT = [dashboard for dashboard in stack_of("compact").dashboards if isinstance(dashboard.definition, Board)]


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


def test_a_missing_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "stackctl.render.board", raising=False)
    monkeypatch.setitem(sys.modules, "grafana_foundation_sdk.builders", None)
    with pytest.raises(Unavailable, match="compact dashboards need the package grafana-foundation-sdk") as caught:
        rendered()
    assert "help: Install it" in str(caught.value)


def test_legend_uses_labels_of_the_contract() -> None:
    board = Board((Row("", (Panel("P", queries=(Query("depth"),)),)),))
    scope = Scope({"api": 1}, {"depth": ("queue",)}, {"queue": 2}, {"depth": ("api",)})
    [panel] = dashboard_json(Dashboard("d.yml", "d", "D", "", board, HERE), scope)["panels"]
    assert panel["targets"][0]["legendFormat"] == "{{instance}} {{queue}}"
    assert panel["options"]["legend"]["displayMode"] == "list"


def test_panel_with_legend_table_is_at_least_half_a_row_wide() -> None:
    many = Panel("P", queries=(Query("sum by (path) (x)"),))
    assert [panel["gridPos"]["w"] for panel in rendered(many, many, many)["panels"]] == [12, 12, 24]


def test_bar_gauge_with_one_series_is_a_stat() -> None:
    assert one(kind="bargauge", queries=(Query("sum(x)"),))["type"] == "stat"
    assert one(kind="bargauge", queries=(Query("topk(10, sum by (a) (x))"),))["type"] == "bargauge"
