"""Expressions of rules have series."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.backing.asking import RULE, rules, told
from tests.contract.backing.test_judgement import FAILURES
from tests.contract.world import World


@pytest.mark.parametrize("expr", FAILURES)
def test_a_rule_that_waits_for_what_cannot_come_is_reported_alike(well: World, expr: str) -> None:
    rules(well, f"({expr}) > 0")
    assert told(well.only(RULE)) == ("fail", *FAILURES[expr])


@pytest.mark.parametrize("expr", ["absent(no_such_thing)", 'absent_over_time(no_such_thing{a="b"}[1m])', "vector(1)"])
def test_a_rule_about_absence_passes(well: World, expr: str) -> None:
    rules(well, expr)
    assert told(well.only(RULE)) == ("pass", "the query returns data", "")


@pytest.mark.parametrize(
    ("query", "status"),
    [("sum(shop_order_total)", "fail"), ("sum(shop_orders_total)", "pass"), ("not ( promql", "pass")],
)
def test_query_of_a_text_needs_series(well: World, query: str, status: str) -> None:
    (file,) = well.context.stack.rules
    text = f'{{{{ query "{query}" | first | value }}}}'
    rule = replace(file.rules[0], annotations={"summary": text})
    well.change(stack=replace(well.context.stack, rules=(replace(file, rules=(rule,)),)))
    found = well.only(RULE)
    assert found.status == status
    if status == "fail":
        assert found.summary == (
            "its texts need the result of `sum(shop_order_total)`: nothing serves `shop_order_total`"
        )
        assert found.remedy == "Did you mean `shop_orders_total`? Correct the name."
