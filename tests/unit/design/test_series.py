"""The series that an expression can have: their labels, how many, and the legend that tells them apart."""

from __future__ import annotations

import pytest

from stackctl.design.series import Result, Scope, legend_of, possible, result_of, told_by


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum by (status) (rate(x[5m]))", "{{status}}"),
        ("topk(5, sum by (a, b) (x))", "{{a}} {{b}}"),
        ("histogram_quantile(0.9, sum by (job, le) (rate(x_bucket[$__rate_interval])))", "{{job}}"),
        ("sum by (a) (x) / sum by (a) (y)", "{{a}}"),
        ("1 - avg by (instance) (x)", "{{instance}}"),
        ("sum(x)", "P"),
        ("(sum(x) or vector(0)) / sum(y)", "P"),
        ('up{job="a"}', "{{instance}}"),
        ("up", "{{job}} {{instance}}"),
        ('count_values by (job) ("version", x)', "{{job}} {{version}}"),
    ],
)
def test_legend_is_made_of_grouping_labels(expr: str, expected: str) -> None:
    assert legend_of(result_of(expr), "P", Scope()) == expected


SHOP = Scope(
    targets={"api": 3, "worker": 2, "redis": 1},
    labels={"depth": ("queue",), "requests_total": ("status", "path")},
    values={"queue": 4},
    jobs={"depth": ("worker",), "requests_total": ("api", "worker")},
    prefixes={"redis_": "redis"},
)


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("depth", "{{instance}} {{queue}}"),
        ("rate(requests_total[5m])", "{{instance}} {{status}} {{path}}"),
        ("max_over_time(depth[1h])", "{{instance}} {{queue}}"),
        ("depth > 5", "{{instance}} {{queue}}"),
        ("not promql (", ""),
        # Which label the variable names cannot be known.
        ("sum by ($by) (depth)", "{{instance}} {{queue}}"),
    ],
)
def test_legend_uses_labels_of_the_contract_where_the_expression_has_none(expr: str, expected: str) -> None:
    assert legend_of(result_of(expr), "P", SHOP) == expected


@pytest.mark.parametrize(
    ("exprs", "count"),
    [
        (["sum(depth)"], 1),
        (["sum by (queue) (depth)"], 4),
        (["depth"], 4 * 2),
        (["sum by (job) (requests_total)"], 2),
        (["sum by (instance) (requests_total)"], 5),
        (['sum by (instance) (requests_total{job="api"})'], 3),
        (['sum by (job) (up{job=~"api|redis"})'], 2),
        (["sum by (job) (up)"], 3),
        (["sum by (instance) (redis_up)"], 1),
        (["sum by (path) (requests_total)"], None),
        (["topk(5, sum by (path) (requests_total))"], 5),
        (["topk(5, sum by (queue) (depth))"], 4),
        (["bottomk($n, sum by (path) (requests_total))"], None),
        (["topk by (job) ([[n]], sum by (job, path) (requests_total))"], None),
        (["topk(${n}, sum by (queue) (depth))"], 4),
        (["sum by (queue) (depth) or vector(0)"], 5),
        (["sum(depth)", "sum by (queue) (depth)"], 5),
        (["sum(depth)", "sum by (path) (requests_total)"], None),
        (["sum by (queue) (depth) / 2"], 4),
        (["2 * sum by (queue) (depth)"], 4),
        (["sum by (queue) (depth) / on (queue) sum by (queue) (depth)"], 4),
        (["sum by (queue, path) (depth) / ignoring (path) sum by (queue) (depth)"], 4),
        (["vector(1)"], 1),
        ([], 0),
    ],
)
def test_number_of_series_is_known_where_something_limits_it(exprs: list[str], count: int | None) -> None:
    assert possible(map(result_of, exprs), SHOP) == count


@pytest.mark.parametrize(
    ("expr", "is_one"),
    [
        ("sum(x)", True),
        ("topk(1, x)", True),
        ("sum(x) or vector(0)", True),
        ("topk(1, x) or vector(0)", False),
        ("sum by (a) (x)", False),
        ("x", False),
        ("absent(x)", True),
        ("scalar(x)", True),
    ],
)
def test_result_of_one_series(expr: str, is_one: bool) -> None:
    found = result_of(expr)
    assert found is not None
    assert found.is_one is is_one


@pytest.mark.parametrize(
    ("expr", "counts"),
    [
        ("count(x)", True),
        ("sum(count by (a) (x))", True),
        ("avg(count by (a) (x))", False),
        ("changes(x[5m])", True),
        ("count(x) / count(y)", False),
        ("count(x) + count(y)", True),
        ("count(x) or vector(0)", True),
        ("count(x) / 2", False),
        ("count(x) - 2", True),
        ("sum(x)", False),
    ],
)
def test_number_of_things_is_known_as_one(expr: str, counts: bool) -> None:
    found = result_of(expr)
    assert found is not None
    assert found.counts is counts


def test_legend_names_the_labels_that_the_expression_lacks() -> None:
    selector = Result(None, ("x",))
    assert told_by(selector, "{{a}} on {{ b }}, {{a}}") == Result(("a", "b"), ("x",))
    assert told_by(selector, "latency") == Result((), ("x",))
    assert told_by(selector, "__auto") == told_by(selector, "") == selector
    grouped = Result(("c",), ("x",))
    assert told_by(grouped, "{{a}}") == grouped
