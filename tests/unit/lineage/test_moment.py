"""What servers are asked about the parts of a stack, and what their answers mean."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stackctl.lineage.build import lineage
from stackctl.lineage.graph import Node
from stackctl.lineage.moment import (
    Compared,
    Moment,
    Scraped,
    compared_in,
    of_targets,
    panel_queries,
    rules_of,
    series_queries,
    values_of,
)
from stackctl.model import Stack

STACK = """\
services:
  api:
    targets: ["localhost:8000", "localhost:8001"]
    metrics: {requests_total: counter, depth: gauge, wait_seconds: histogram}
  batch: {push: {}}
pushgateway: {}
rules:
  - name: g
    rules:
      - {record: "job:depth", expr: sum(depth)}
      - {alert: Deep, expr: depth > 3}
"""
DASHBOARD = """\
title: D
variables:
  - {name: job, query: "label_values(up, job)"}
rows:
  - panels:
      - {title: Depth, type: stat, query: 'depth{job=~"$job"}', unit: short}
"""
Load = Callable[[str], Stack]
API, FIRST, SECOND = Node("service", "api"), Node("target", "localhost:8000", "api"), Node("target", "other", "api")


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("depth > 3", Compared("max(depth)", "> 3")),
        ("(sum(rate(a[5m])) / 2) <= (-3)", Compared("min((sum(rate(a[5m])) / 2))", "<= -3")),
        ("depth > 3 and on (job) up == 1", Compared("max(depth)", "> 3")),
        ("up == 0", None),
        ("depth > limit", None),
        ("absent(up)", None),
        ("3 < depth", None),
        ("not promql (", None),
    ],
)
def test_the_value_of_an_alert_is_the_one_nearest_to_its_limit(expr: str, expected: Compared | None) -> None:
    assert compared_in(expr) == expected


def test_series_are_asked_for_by_name_and_those_of_a_histogram_by_their_count() -> None:
    depth, wait = Node("metric", "depth", note="gauge"), Node("metric", "wait_seconds", note="histogram")
    assert series_queries([depth, wait, API]) == {
        depth: '{__name__="depth"}',
        wait: '{__name__=~"wait_seconds(_count)?"}',
    }


def test_one_series_has_a_value_and_a_counter_none() -> None:
    gauge, counter = Node("metric", "depth", note="gauge"), Node("metric", "requests_total", note="counter")
    assert values_of({gauge: [3.0], counter: [8.0]}) == {gauge: Moment(count=1, value=3.0), counter: Moment(count=1)}
    assert values_of({gauge: [3.0, 4.0], counter: []}) == {gauge: Moment(count=2), counter: Moment(count=0)}


def test_rules_are_found_by_their_places(stack_of: Load) -> None:
    stack = stack_of(STACK)
    nodes = lineage(stack).nodes
    assert {node.name: rule.expr for node, rule in rules_of(stack, nodes).items()} == {
        "job:depth": "sum(depth)",
        "Deep": "depth > 3",
    }


def test_targets_are_up_down_or_not_scraped_yet(stack_of: Load) -> None:
    stack = stack_of(STACK)
    first = Scraped("api", "localhost:8000", frozenset({"localhost:8000"}), is_up=True)
    second = Scraped("api", "localhost:8001", frozenset({"localhost:8001"}), is_up=False, error="refused")
    new = Scraped("api", "localhost:8001", frozenset({"localhost:8001"}), is_up=None)
    other = Scraped("other", "localhost:1", frozenset({"localhost:1"}), is_up=True)
    assert of_targets(stack, [FIRST, API], [first, second, other]) == {
        FIRST: Moment("up"),
        API: Moment("down", 1, 2, fault="localhost:8001 is down: refused"),
    }
    assert of_targets(stack, [API], [first, new])[API] == Moment("not scraped yet", 1, 2)
    assert of_targets(stack, [SECOND, API], [other]) == {
        SECOND: Moment("down", fault="Prometheus does not scrape it"),
        API: Moment("down", 0, 0, fault="Prometheus has no target of it"),
    }


def test_nothing_is_said_of_targets_before_prometheus_has_any_nor_of_what_pushes(stack_of: Load) -> None:
    stack = stack_of(STACK)
    scraped = [Scraped("api", "localhost:8000", frozenset({"localhost:8000"}), is_up=True)]
    assert of_targets(stack, [API, FIRST], []) == {}
    assert of_targets(stack, [Node("service", "batch")], scraped) == {}


def test_queries_of_panels_are_asked_for_any_value_of_their_variables(stack_of: Load, tmp_path: Path) -> None:
    (tmp_path / "d.yml").write_text(DASHBOARD)
    stack = stack_of("services: {api: {targets: ['localhost:8000']}}\ndashboards: [{file: d.yml}]\n")
    nodes = lineage(stack).nodes
    assert {node.name: queries for node, queries in panel_queries(stack, nodes).items()} == {
        "Depth": ['depth{job=~".*|0"}'],
        "$job": ["up"],
    }
