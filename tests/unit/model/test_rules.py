"""Rules, and where their texts are written."""

from __future__ import annotations

import pytest

from stackctl.model import Rule
from stackctl.source import Position

RULE, SUMMARY = Position("r.yml", 4, 3), Position("r.yml", 9, 7)


@pytest.mark.parametrize(
    ("part", "key", "place"),
    [("annotation", "summary", SUMMARY), ("label", "summary", RULE), ("annotation", "description", RULE)],
)
def test_text_of_a_rule_has_its_place_or_that_of_the_rule(part: str, key: str, place: Position) -> None:
    rule = Rule("alert", "A", "up == 0", "g", RULE, places={("annotation", "summary"): SUMMARY})
    assert rule.place(part, key) == place
