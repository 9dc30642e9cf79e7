"""The first dashboard of a project."""

from __future__ import annotations

import json

import pytest

from stackctl import conventions as c
from stackctl.design.lint import review
from stackctl.promql.expression import syntax_error
from stackctl.starter import Draft, Found, draft_files
from tests.unit.starter.test_draft import BARE, FULL, loaded


@pytest.mark.parametrize("found", [[], [BARE], [FULL], [FULL, BARE]], ids=["nothing", "bare", "full", "both"])
def test_dashboard_has_the_current_schema_of_grafana(found: list[Found]) -> None:
    draft = Draft("shop", found)
    (board,) = loaded(draft).dashboards
    assert (board.uid, board.title) == ("shop-start", "shop: overview")
    panels = board.definition["panels"]
    assert {panel["type"] for panel in panels} <= {"stat", "state-timeline", "timeseries"}
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["datasource"]["uid"] == c.DATASOURCE_UID
        assert panel["type"] == "state-timeline" or panel["fieldConfig"]["defaults"]["unit"]
        for target in panel["targets"]:
            assert syntax_error(target["expr"].replace("$__rate_interval", "1m")) is None, target["expr"]


def test_panels_do_not_overlap() -> None:
    board = json.loads(draft_files(Draft("shop", [FULL, BARE]))["dashboards/shop.json"])
    cells = [
        (x, y)
        for at in (panel["gridPos"] for panel in board["panels"])
        for x in range(at["x"], at["x"] + at["w"])
        for y in range(at["y"], at["y"] + at["h"])
    ]
    assert len(cells) == len(set(cells))
    assert max(x for x, _ in cells) < 24


def test_uid_fits_grafanas_limit() -> None:
    board = json.loads(draft_files(Draft("a" * 63))[f"dashboards/{'a' * 63}.json"])
    assert len(board["uid"]) == 40


@pytest.mark.parametrize("found", [[], [BARE], [FULL], [FULL, BARE]], ids=["nothing", "bare", "full", "both"])
def test_first_dashboard_follows_the_rules_of_the_review(found: list[Found]) -> None:
    board = json.loads(draft_files(Draft("shop", found))["dashboards/shop.json"])
    assert [(advice.rule, advice.panels) for advice in review(board)] == []
