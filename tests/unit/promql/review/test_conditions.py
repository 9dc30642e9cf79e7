"""Conditions on labels that exclude each other."""

from __future__ import annotations

import pytest

from stackctl.promql.catalogue import Catalogue
from stackctl.promql.review import review
from stackctl.promql.review.conditions import contradict
from tests.unit.promql.review.known import only


@pytest.mark.parametrize(
    "expr",
    [
        'x{a="1"} / x{a="2"}',
        'x{a="1"} / x{a=~"2|3"}',
        'x{a=~"1|2"} / x{a=~"3|4"}',
        'x{a=~"5.."} / x{a!~"5.."}',
        'x{a="1"} / x{a!="1"} offset 1d',
        'x{a="500"} and x{a!~"5.."}',
        '{__name__="x", a="1"} / {__name__="x", a="2"}',
    ],
)
def test_reports_conditions_that_exclude_each_other(expr: str) -> None:
    assert only(expr, Catalogue()).summary.endswith(": no series on one side matches the other")


def test_uses_closed_values_to_find_contradictions() -> None:
    expr = 'rate(requests_total{status=~"2.*"}[5m]) / rate(requests_total{status=~"5.*"}[5m])'
    assert only(expr).summary.endswith("no series on one side matches the other")
    assert review(expr, Catalogue()) == []


@pytest.mark.parametrize(
    ("conditions", "closed", "contradicts"),
    [
        ([("a", "=", "1"), ("a", "=", "2")], {}, True),
        ([("a", "=", "1"), ("b", "=", "2")], {}, False),
        ([("a", "=", "1"), ("a", "!=", "1")], {}, True),
        ([("a", "=~", "1|2"), ("a", "=~", "2|3")], {}, False),
        ([("a", "=~", "1|2"), ("a", "!~", "1|2")], {}, True),
        ([("a", "=~", "[12]"), ("a", "!~", "[12]")], {}, True),
        ([("a", "=~", "[12]"), ("a", "!~", "[123]")], {}, False),
        ([("a", "=~", "[12]"), ("a", "!~", "[123]")], {"a": ("1", "2")}, True),
        ([("a", "!=", "1"), ("a", "!=", "2")], {}, False),
        ([("a", "!=", "1"), ("a", "!=", "2")], {"a": ("1", "2")}, True),
        ([("a", "!=", "1")], {"b": ("1",)}, False),
        ([], {"a": ("1",)}, False),
    ],
)
def test_contradiction_is_certain(
    conditions: list[tuple[str, str, str]], closed: dict[str, tuple[str, ...]], contradicts: bool
) -> None:
    assert contradict(conditions, closed) is contradicts
