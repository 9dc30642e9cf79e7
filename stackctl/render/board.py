"""Compact dashboards in Grafana's classic JSON, built from the types of grafana-foundation-sdk.

Only the rendering of such a dashboard imports this module: the package takes its time, and needs Python 3.11.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from zlib import crc32

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard as sdk

from stackctl.design.series import Scope
from stackctl.model import Board, Dashboard, Link, Panel, Row
from stackctl.render.layout import Box, least_width, place
from stackctl.render.panels import build_panel, grid, has_legend_table, series_count
from stackctl.render.variables import build_variable

# The schema of Grafana 10.0. Later ones migrate a dashboard up from it; what is newer they could only misread.
SCHEMA_VERSION = 38
# Ids below this are short enough for an address, and rarely meet.
_PANEL_IDS = 1_000_000
# A table of names and values next to a chart leaves room for the chart from this width on.
_WIDE = 12
# So high is a bar in a panel with few of them, in pixels.
_BAR_HEIGHT = 36


def board_json(dashboard: Dashboard, board: Board, scope: Scope) -> dict[str, Any]:
    """The classic JSON of `board`, which is the definition of `dashboard`; `scope` is what is known of the stack."""
    builder = (
        build.Dashboard(dashboard.title)
        .uid(dashboard.uid)
        .description(board.description)
        .tags(list(board.tags))
        .tooltip(sdk.DashboardCursorSync.CROSSHAIR)
        .refresh(board.refresh)
        .time(f"now-{board.time}", "now")
        .timezone("browser")
        .annotations([])
        .variables([build_variable(variable, scope) for variable in board.variables])
        .links([_link(link) for link in board.links])
    )
    built = builder.build()
    built.schema_version = SCHEMA_VERSION
    built.panels = list(_panels(_fitted(board, scope), scope))
    result: dict[str, Any] = json.loads(json.dumps(built, cls=JSONEncoder))
    return {"id": None, **_beyond_the_types(result)}


def _fitted(board: Board, scope: Scope) -> Board:
    """`board` with each bar gauge that can only have one bar as a stat: a bar alone is as high as its panel."""

    def fitted(panel: Panel) -> Panel:
        return replace(panel, kind="stat") if panel.kind == "bargauge" and series_count(panel, scope) == 1 else panel

    return replace(board, rows=tuple(replace(row, panels=tuple(map(fitted, row.panels))) for row in board.rows))


def _beyond_the_types(dashboard: dict[str, Any]) -> dict[str, Any]:
    """`dashboard` with what the types of the package cannot express, or express wrongly."""
    for variable in dashboard.get("templating", {}).get("list", []):
        # Grafana keys its store of variables by the id where there is one, and the package gives all the same.
        variable.pop("id", None)
    panels = dashboard["panels"]
    for panel in [*panels, *(inner for row in panels for inner in row.get("panels", []))]:
        if panel["type"] == "bargauge":
            panel["options"] |= {"sizing": "manual", "maxVizHeight": _BAR_HEIGHT, "namePlacement": "left"}
    return dashboard


def _panels(board: Board, scope: Scope) -> Iterator[sdk.Panel | sdk.RowPanel]:
    ids = _Ids()

    def least(panel: Panel) -> int:
        wide = panel.width is None and panel.kind == "timeseries" and has_legend_table(panel, scope)
        return _WIDE if wide else least_width(panel)

    for row, (heading, boxes) in zip(board.rows, place(board.rows, least), strict=True):
        head = _heading(row, heading, ids) if heading else None
        panels = [
            build_panel(panel, box, ids.of(row.title, panel.title), scope)
            for panel, box in zip(row.panels, boxes, strict=True)
        ]
        if head:
            yield head
        if head and row.collapsed:
            head.panels = panels
        else:
            yield from panels


def _heading(row: Row, box: Box, ids: _Ids) -> sdk.RowPanel:
    return build.Row(row.title).id(ids.of(row.title)).collapsed(row.collapsed).grid_pos(grid(box)).build()


class _Ids:
    """Ids of panels, from their titles: a link to a panel holds when others are added or moved."""

    def __init__(self) -> None:
        self.taken: set[int] = set()

    def of(self, *titles: str) -> int:
        id = crc32("\0".join(titles).encode()) % _PANEL_IDS + 1
        while id in self.taken:
            id = id % _PANEL_IDS + 1
        self.taken.add(id)
        return id


def _link(link: Link) -> build.DashboardLink:
    """A link at the top. To a dashboard of ours it takes the time and the variables along."""
    builder = build.DashboardLink(link.title).type(sdk.DashboardLinkType.LINK)
    if link.uid:
        return builder.url(f"/d/{link.uid}").icon("dashboard").include_vars(True).keep_time(True)
    return builder.url(link.url).icon("external link").target_blank(True)
