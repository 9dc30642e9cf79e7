"""Dashboards of the compact form, as they are rendered."""

from __future__ import annotations

from typing import Any

from stackctl.model import Board, Dashboard, Panel, Query, Row
from stackctl.render.grafana import dashboard_json
from tests.unit.render.stacks import HERE


def rendered(*panels: Panel, **fields: Any) -> dict[str, Any]:
    rows = fields.pop("rows", None) or (Row("", panels or (Panel("P", queries=(Query("up"),)),)),)
    return dashboard_json(Dashboard("d.yml", "d", "D", "", Board(rows, **fields), HERE))


def one(**fields: Any) -> dict[str, Any]:
    defaults: dict[str, Any] = {"title": "P", "queries": (Query("up"),)}
    panel: dict[str, Any] = rendered(Panel(**{**defaults, **fields}))["panels"][0]
    return panel
