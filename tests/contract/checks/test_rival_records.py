"""Recording rules that write the same series."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.checks.rival_records import rivals
from stackctl.model import Rule
from stackctl.source import Position
from tests.contract.serving import Reply
from tests.contract.world import World

EXPR = "sum by (job) (up)"
DOUBLED = "2 * sum by (job) (up)"
PLACE = Position("r.yml", 1)


def rule(expr: str, labels: dict[str, str], kind: str = "record", name: str = "job:up:sum") -> Rule:
    return Rule(kind, name, expr, "g", PLACE, labels)


def test_record_with_the_series_of_an_earlier_one_is_found(well: World) -> None:
    rules = [("first", rule(EXPR, {})), ("between", rule("up == 0", {}, "alert")), ("later", rule(DOUBLED, {}))]
    assert rivals(well.context, rules) == {"later": ("first", 1)}


@pytest.mark.parametrize(
    "other",
    [
        {"expr": "sum by (job) (nobody_serves_it)", "labels": {}},
        {"expr": DOUBLED, "labels": {"of": "b"}},
        {"expr": "sum by(job)  (up)", "labels": {}},
        {"expr": DOUBLED, "labels": {}, "name": "job:up:twice"},
        {"expr": DOUBLED, "labels": {}, "kind": "alert"},
    ],
    ids=["other series", "another label", "the same expression", "another name", "an alert"],
)
def test_record_that_does_not_collide_is_none(well: World, other: dict[str, Any]) -> None:
    assert rivals(well.context, [("first", rule(EXPR, {})), ("later", rule(**other))]) == {}


def test_record_that_cannot_be_queried_is_left_to_its_own_row(well: World) -> None:
    well.refused[f"({EXPR}) and ({DOUBLED})"] = Reply({"status": "error", "error": "no"}, 422)
    assert rivals(well.context, [("first", rule(EXPR, {})), ("later", rule(DOUBLED, {}))]) == {}
