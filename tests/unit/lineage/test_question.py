"""Nodes found by name, with what they depend on and what depends on them."""

from __future__ import annotations

import pytest

from stackctl.lineage.graph import Edge, Graph, Node
from stackctl.lineage.question import find, impact, place, why
from stackctl.source import Position

API = Node("service", "api")
REQUESTS, IDLE = Node("metric", "requests_total"), Node("metric", "idle_seconds")
PART = Node("series", "idle_seconds_sum")
HIGH = Node("alert", "High", "g", Position("r.yml", 3, 5))
HIGHER = Node("alert", "High", "g", Position("r.yml", 7, 5))
PANEL = Node("panel", "Errors", "Shop")
GRAPH = Graph.of(
    [API, HIGHER], [Edge(API, REQUESTS), Edge(API, IDLE), Edge(IDLE, PART), Edge(REQUESTS, HIGH), Edge(REQUESTS, PANEL)]
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("High", [HIGHER, HIGH]),
        ("r.yml:3", [HIGH]),
        ("g/High", [HIGHER, HIGH]),
        ("Shop/Errors", [PANEL]),
        ("Errors", [PANEL]),
        ("api", []),
        ("", []),
    ],
)
def test_finds_nodes_by_name_owner_and_place(name: str, found: list[Node]) -> None:
    assert find(GRAPH, name, ("alert", "panel")) == found


def test_place_is_file_and_line() -> None:
    assert (place(HIGH), place(API)) == ("r.yml:3", "")


def test_impact_of_a_service_names_metrics_that_nothing_uses() -> None:
    found = impact(GRAPH, API)
    assert found.unused == ("idle_seconds",)
    assert [node.name for node in found.dependants] == ["requests_total", "High", "Errors"]
    assert found.upstream is None


def test_why_has_both_ways() -> None:
    found = why(GRAPH, HIGH)
    assert found.nodes == [HIGH, REQUESTS, API]
    assert [(each.source, each.target) for each in found.edges] == [(REQUESTS, HIGH), (API, REQUESTS)]
    assert found.dependants == []
