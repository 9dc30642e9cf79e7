"""Parts of expressions, in the order in which they are written."""

from __future__ import annotations

import pytest

from stackctl.promql.types.infer import infer
from tests.unit.promql.shop import SHOP


def test_walks_over_all_parts_and_leaves_out_brackets() -> None:
    typed = infer("topk(3, (depth)) / sum(rate(requests_total[5m]))", SHOP)
    assert [part.name for part in typed.walk() if part.name] == [
        "/", "topk", "depth", "sum", "rate", "requests_total",
    ]  # fmt: skip
    assert [part.index for part in typed.walk() if part.is_call or part.is_aggregation] == [0, 1, 2]


@pytest.mark.parametrize(("expr", "number"), [("3", 3.0), ("-3", -3.0), ("depth", None), ("vector(3)", None)])
def test_number_is_that_of_a_literal(expr: str, number: float | None) -> None:
    assert infer(expr, SHOP).number == number
