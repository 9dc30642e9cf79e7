"""Expressions of rules have series."""

from __future__ import annotations

import pytest

from tests.contract.backing.test_judgement import FAILURES, RULE, rules, told
from tests.contract.world import World


@pytest.mark.parametrize("expr", FAILURES)
def test_a_rule_that_waits_for_what_cannot_come_is_reported_alike(well: World, expr: str) -> None:
    rules(well, f"({expr}) > 0")
    assert told(well.only(RULE)) == ("fail", *FAILURES[expr])


@pytest.mark.parametrize("expr", ["absent(no_such_thing)", 'absent_over_time(no_such_thing{a="b"}[1m])', "vector(1)"])
def test_a_rule_about_absence_passes(well: World, expr: str) -> None:
    rules(well, expr)
    assert told(well.only(RULE)) == ("pass", "the query returns data", "")
