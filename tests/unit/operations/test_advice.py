"""Suggestions about the user's own dashboards are for information."""

from __future__ import annotations

from stackctl.operations.advice import advise
from tests.unit.render.stacks import dashboard, grafana, stack

QUERY = {"expr": "sum by (code) (rate(requests_total[5m]))", "refId": "A"}
PANELS = [
    {"type": "timeseries", "title": f"P{n}", "gridPos": {"x": 0, "y": 8 * n, "w": 24, "h": 8}, "targets": [QUERY]}
    for n in range(5)
]


def test_names_three_panels_of_each_suggestion() -> None:
    board = dashboard({"title": "A", "panels": PANELS})
    (found,) = advise(stack(grafana=grafana(), dashboards=(board,)))
    assert (found.status, found.code, found.position) == ("info", "dashboard.advice", board.origin)
    assert "`P0`, `P1`, `P2` and 2 more" in found.cause


def test_says_nothing_of_packs_and_good_dashboards() -> None:
    board = dashboard({"title": "A", "panels": PANELS}, uid="pack http")
    assert advise(stack(grafana=grafana(), dashboards=(board, dashboard({"title": "A", "panels": []})))) == []
