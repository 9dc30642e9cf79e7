from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stackctl.promql.choice import Choice
from stackctl.promql.expression import syntax_error
from stackctl.promql.grafana import compared_exactly, names_query, references, runnable, value_query


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("rate(x[$__rate_interval])", "rate(x[5m])"),
        ("rate(x[${__interval}])", "rate(x[1m])"),
        ("increase(x[${__range_s}s])", "increase(x[3600s])"),
        ("x / $__interval_ms", "x / 60000"),
        ('x{job="$job"}', 'x{job=~".*"}'),
        ('x{job=~"${job:regex}"}', 'x{job=~".*"}'),
        ("x{job='[[job]]'}", "x{job=~'.*'}"),
        ('x{path="/$job/x"}', 'x{path=~"/.*/x"}'),
        ('x{job!="$job", a!~"$a"}', 'x{job!="x", a!~"x"}'),
        ("rate($metric[$window])", "rate(x[5m])"),
        ("x offset $ago", "x offset 5m"),
        ("max_over_time(x[$window:$step])", "max_over_time(x[5m:5m])"),
        ("topk($n, x)", "topk(1, x)"),
        ("sum by ($label) (x)", "sum by (x) (x)"),
        ('label_replace(x, "a", "$1-${2}", "b", "(.*)")', 'label_replace(x, "a", "$1-${2}", "b", "(.*)")'),
        ('x{a=~"b$"}', 'x{a=~"b$"}'),
    ],
)
def test_replaces_variables_so_that_prometheus_reads_the_query(expr: str, expected: str) -> None:
    assert runnable(expr.replace(":$step", ":5m"), {}) == expected
    assert syntax_error(expected) is None


def test_a_known_value_is_used() -> None:
    assert runnable('rate(x{job="$job"}[$w]) > $n', {"job": "a", "w": "1h", "n": "3"}) == 'rate(x{job="a"}[1h]) > 3'


def test_a_variable_of_one_value_at_a_time_matches_any_of_its_options() -> None:
    options = {"job": Choice(("a", "b.c"), several=True)}
    assert runnable('up{job="$job",a!="$job"}', {}, options=options) == r'up{job=~"(a|b\\.c)",a!="x"}'
    assert runnable('up{job=~"$job:$any"}', {}, options=options) == r'up{job=~"(a|b\\.c):.*"}'


def test_an_error_stays_one() -> None:
    assert syntax_error(runnable("rate(x[$__rate_interval]", {})) is not None


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(runnable(text, {}), str)
    assert not set(references(text)) & {"__range", "__interval"}


def test_references_are_the_variables_of_the_dashboard_only() -> None:
    expr = 'label_replace(x{a="$a", b=~"${b:pipe}", c="[[c]]"}[$__range], "l", "$1", "b", "d$") + $a'
    assert references(expr) == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("expr", "expected"),
    [('x{a="$a"}', ["a"]), ('x{a!="${a}"}', ["a"]), ('x{a=~"$a"}', []), ('x{a!~"$a"}', []), ("x == $a", [])],
)
def test_a_comparison_with_one_value_is_found(expr: str, expected: list[str]) -> None:
    assert compared_exactly(expr) == expected


@pytest.mark.parametrize(
    ("query", "expr"),
    [
        ("label_values(job)", ""),
        ("label_values(up, job)", "up"),
        ('label_values(up{a="b", c="d"}, job)', 'up{a="b", c="d"}'),
        (" query_result(topk(5, up)) ", "topk(5, up)"),
        ("metrics(node_.*)", ""),
        ("label_names()", ""),
        ("label_names(up)", "up"),
        ("up", None),
        ("label_values(up)x", None),
    ],
)
def test_finds_the_promql_in_the_query_of_a_variable(query: str, expr: str | None) -> None:
    assert value_query(query) == expr


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("label_values(zone)", ("zone", "")),
        ("metrics(shop_.*)", ("__name__", "shop_.*")),
        (" metrics( ^a ) ", ("__name__", "^a")),
        ("label_values(up, job)", None),
        ("metrics($prefix)", None),
        ("label_names()", None),
        ("query_result(up)", None),
    ],
)
def test_query_for_names_is_read(query: str, expected: tuple[str, str] | None) -> None:
    assert names_query(query) == expected
