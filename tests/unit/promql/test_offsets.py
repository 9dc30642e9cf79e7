"""Where the parts of an expression are written, whatever stands between them."""

from __future__ import annotations

import pytest

from stackctl.promql.offsets import offset
from stackctl.promql.remark import Part


@pytest.mark.parametrize(
    ("expr", "part", "rest"),
    [
        ("a / b", Part("operator", 0), "/ b"),
        ("-a - -b", Part("operator", 0), "- -b"),
        ("a and b", Part("operator", 0), "and b"),
        ("a * on (and) b unless c", Part("operator", 1), "unless c"),
        ("a > bool 1 + 1e-3 - b", Part("operator", 2), "- b"),
        ("a offset -5m - b", Part("operator", 0), "- b"),
        ("a @ end() - b @ -1 + c", Part("operator", 1), "+ c"),
        ('sum(a{x="sum(b)"}) + b', Part("selector", 1), "b"),
        ('{__name__="a"} + {x="y"}', Part("selector", 1), '{x="y"}'),
        ("sum by (b) (a)", Part("selector", 0), "a)"),
        ("sum(a) by (b) + c", Part("selector", 1), "c"),
        ("rate(a[5m:1m])[1h:] + inf * b", Part("selector", 1), "b"),
        ("# rate(a)\nrate(b[5m])", Part("selector", 0), "b[5m])"),
        ("sum by (x) (rate(a[5m]))", Part("call", 1), "rate(a[5m]))"),
        ("topk(3, max without (x) (a))", Part("call", 1), "max without (x) (a))"),
        ("count(count) + count_x", Part("selector", 0), "count) + count_x"),
        ('a{b="b", c="b"}', Part("selector", 0, "c"), 'c="b"}'),
        ("x / on (y) x", Part("operator", 0, "y"), "y) x"),
        ("sum by (a) (b)", Part("call", 0, "a"), "a) (b)"),
    ],
)
def test_finds_a_part(expr: str, part: Part, rest: str) -> None:
    found = offset(expr, part)
    assert found is not None
    assert expr[found:] == rest


def test_finds_a_part_of_an_expression_with_variables_of_grafana() -> None:
    expr, like = "sum by ($label) (rate($metric[$__interval])) / b", "sum by (x) (rate(x[1m])) / b"
    found = offset(expr, Part("operator", 0), like)
    assert found is not None
    assert expr[found:] == "/ b"


def test_finds_nothing_where_a_variable_has_parts() -> None:
    assert offset("$left / b", Part("operator", 0), "a + c / b") is None


def test_finds_nothing_behind_the_last_part() -> None:
    assert offset("a", Part("selector", 1)) is None
