"""Slips are suggested; values that are alike and mean something else are not."""

from __future__ import annotations

import pytest

from stackctl.backing.suggestion import is_misspelt, nearest, suggested_value
from stackctl.promql.selectors import Condition


def test_most_alike_name_is_the_nearest() -> None:
    assert nearest("shop_order_total", ["shop_orders_total", "shop_order_created"]) == "shop_orders_total"
    assert nearest("disk", ["memory"]) == ""


@pytest.mark.parametrize(
    ("value", "there", "slip"),
    [("faild", "failed", True), ("5xx", "4xx", False), ("invalid", "valid", False), ("disk", "memory", False)],
)
def test_values_that_differ_on_purpose_are_no_slips(value: str, there: str, slip: bool) -> None:
    assert is_misspelt(Condition("result", "=", value), [there]) is slip
    assert not is_misspelt(Condition("result", "=~", value), [there])


@pytest.mark.parametrize(
    ("there", "remedy"),
    [
        (["ok", "failed"], 'Did you mean `result="failed"`? Correct the value.'),
        (["ok"], "`result` is `ok`."),
        ([], "No series has `result` now."),
    ],
)
def test_remedy_names_the_values_that_there_are(there: list[str], remedy: str) -> None:
    assert suggested_value(Condition("result", "=", "faild"), there) == remedy
