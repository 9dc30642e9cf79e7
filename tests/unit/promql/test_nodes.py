"""The syntax tree of an expression: limits, walking, and writing it as people do."""

from __future__ import annotations

import promql_parser as p
import pytest

from stackctl.promql import nodes


@pytest.mark.parametrize(
    ("expr", "reason"),
    [
        ("+".join(["x"] * 1100), "more than 1,000 operators"),
        ("abs(" * 250 + "x" + ")" * 250, "nested more than 200 levels deep"),
        ("sum(", r"\S"),
    ],
)
def test_refuses_what_is_not_promql_or_beyond_the_limits(expr: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        nodes.parse(expr)


def test_operators_in_texts_and_matchers_are_not_counted() -> None:
    assert nodes.parse('x{a=~"' + "b+|" * 1500 + '"}')


def test_walks_nodes_in_the_order_in_which_they_are_written() -> None:
    tree = nodes.parse("sum(rate(a[5m])) / (b > 0)")
    assert [nodes.metric(each) for each in nodes.selectors(tree)] == ["a", "b"]
    assert [call.func.name for call in nodes.find(tree, p.Call)] == ["rate"]
    assert [str(pair.op) for pair in nodes.find(tree, p.BinaryExpr)] == ["/", ">"]
    assert nodes.metrics("sum(rate(a[5m])) / (b > 0)") == {"a", "b"}


@pytest.mark.parametrize("expr", ["x", '{__name__="x"}', '{"x"}'])
def test_finds_the_name_in_every_spelling(expr: str) -> None:
    assert nodes.metric(nodes.parse(expr)) == "x"


def test_selector_without_a_name_asks_for_any() -> None:
    assert nodes.metric(nodes.parse('{job="api"}')) == ""


def test_matchers_have_label_operator_and_value() -> None:
    found = nodes.matchers(nodes.parse('x{a="1", b!~"2"}'))
    assert found == {("a", "=", "1"), ("b", "!~", "2")}


def test_replaces_a_part_of_the_expression() -> None:
    tree = nodes.parse("sum(a) / sum(b)")
    assert nodes.replaced(tree, tree.lhs, "sum(c)") == "sum(c) / sum(b)"


@pytest.mark.parametrize("expr", ["a and b", "a unless b", 'a{b="c  and  d"} or e', "a or on (b) c"])
def test_text_has_the_blanks_that_people_write(expr: str) -> None:
    assert nodes.text(nodes.parse(expr)) == expr


@pytest.mark.parametrize(
    ("expr", "read"),
    [
        ("x > 1_000_000", "x > 1000000"),
        ("x > 1_000.5", "x > 1000.5"),
        ("x > 0xFF_FF", "x > 65535"),
        ('x_1_000{a_1_0="1_000"}', 'x_1_000{a_1_0="1_000"}'),
    ],
)
def test_numbers_may_have_underscores(expr: str, read: str) -> None:
    assert nodes.text(nodes.parse(expr)) == read


@pytest.mark.parametrize("expr", ["x > 1__000", "x > 1_000_"])
def test_underscores_are_between_digits(expr: str) -> None:
    with pytest.raises(ValueError, match="bad number"):
        nodes.parse(expr)


def test_brackets_are_taken_away() -> None:
    assert nodes.text(nodes.bare(nodes.parse("((up))"))) == "up"
