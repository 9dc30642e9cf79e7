"""The smallest change that turns one expression into another."""

from __future__ import annotations

import promql_parser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stackctl.promql.change import change
from stackctl.promql.review import review
from tests.unit.promql import right
from tests.unit.promql.shop import SHOP


@pytest.mark.parametrize(
    ("expr", "meant", "result"),
    [
        ("rate(a[5m])  >  3", "deriv(a[5m]) > 3", "deriv(a[5m])  >  3"),
        ("sum(\n  rate(a[5m])\n)", "sum by (le) (rate(a[5m]))", "sum by (le) (\n  rate(a[5m])\n)"),
        (
            "sum by (job) (\n  # the slow ones\n  a)",
            "sum by (job, le) (a)",
            "sum by (job, le) (\n  # the slow ones\n  a)",
        ),
        ("quantile( 95, a )", "quantile(0.95, a)", "quantile( 0.95, a )"),
        ("sum(a) by (b)", "max by (b) (a)", "max by (b) (a)"),
        ('rate(a{b = "# c"}[5m])', 'deriv(a{b="# c"}[5m])', 'deriv(a{b = "# c"}[5m])'),
    ],
)
def test_keeps_what_both_have_in_common(expr: str, meant: str, result: str) -> None:
    assert change(expr, meant).applied(expr) == result


def test_refuses_to_lose_a_comment() -> None:
    with pytest.raises(ValueError, match="comments"):
        change("sum(a) by (b) # why", "max by (b) (a)")


@settings(max_examples=200)
@given(right.rates(), st.sampled_from(["  ", "\n", "\n  # note\n"]))
def test_result_means_what_is_meant(part: right.Right, space: str) -> None:
    expr = part.text.replace("rate(", f"delta({space}").replace("increase(", f"delta({space}")
    (remark,) = review(expr, SHOP)
    fixed = change(expr, remark.fix).applied(expr)
    assert promql_parser.parse(fixed).prettify() == promql_parser.parse(remark.fix).prettify()
    assert fixed.count("#") == expr.count("#")
