"""Trees of a graph: all that a node depends on, and all that depends on it, each once."""

from __future__ import annotations

from stackctl.lineage.graph import Branch, Edge, Graph, Node

API, WEB = Node("service", "api"), Node("service", "web")
REQUESTS = Node("metric", "requests_total")
RECORD, ALERT, OTHER = Node("record", "job:rate"), Node("alert", "High"), Node("alert", "Low")


def names(branch: Branch) -> list[object]:
    return [branch.node.name, *map(names, branch.below)] if branch.below else [branch.node.name]


def test_upstream_ends_at_services_and_leaves_targets_out() -> None:
    target = Node("target", "localhost:8000", "api")
    graph = Graph.of([], [Edge(target, API), Edge(API, REQUESTS), Edge(REQUESTS, ALERT)])
    assert names(graph.upstream(ALERT)) == ["High", ["requests_total", ["api"]]]
    assert names(graph.downstream(target)) == ["localhost:8000", ["api", ["requests_total", ["High"]]]]


def test_node_reached_twice_is_shown_once() -> None:
    edges = [
        Edge(API, REQUESTS),
        Edge(REQUESTS, RECORD),
        Edge(REQUESTS, OTHER),
        Edge(RECORD, ALERT),
        Edge(OTHER, ALERT),
    ]
    graph = Graph.of([], [*edges, Edge(ALERT, Node("route", "default"))])
    tree = graph.downstream(API)
    repeated = [each.node.name for each in tree.walk() if each.is_repeated]
    assert names(tree) == ["api", ["requests_total", ["job:rate", ["High", ["default"]]], ["Low", ["High"]]]]
    assert repeated == ["High"]


def test_circle_of_rules_ends() -> None:
    graph = Graph.of([], [Edge(RECORD, ALERT), Edge(ALERT, RECORD)])
    assert names(graph.downstream(RECORD)) == ["job:rate", ["High", ["job:rate"]]]
    assert names(graph.upstream(RECORD)) == ["job:rate", ["High", ["job:rate"]]]


def test_shared_metric_leads_only_to_what_selects_the_service() -> None:
    both, one = frozenset({API, WEB}), frozenset({WEB})
    graph = Graph.of(
        [],
        [
            Edge(API, REQUESTS),
            Edge(WEB, REQUESTS),
            Edge(REQUESTS, ALERT, sources=both),
            Edge(REQUESTS, OTHER, sources=one),
        ],
    )
    assert names(graph.downstream(API)) == ["api", ["requests_total", ["High"]]]
    assert names(graph.downstream(WEB)) == ["web", ["requests_total", ["High"], ["Low"]]]
    assert names(graph.upstream(OTHER)) == ["Low", ["requests_total", ["web"]]]
    assert names(graph.upstream(ALERT)) == ["High", ["requests_total", ["api"], ["web"]]]


def test_repeated_edges_and_nodes_become_one() -> None:
    noted = Node("metric", "requests_total", note="counter")
    graph = Graph.of(
        [API],
        [
            Edge(API, REQUESTS),
            Edge(API, noted),
            Edge(noted, ALERT, sources=frozenset({API})),
            Edge(REQUESTS, ALERT, fault="no label", sources=frozenset({WEB})),
            Edge(ALERT, ALERT),
        ],
    )
    assert [(each.name, each.note) for each in graph.nodes] == [
        ("api", ""),
        ("requests_total", "counter"),
        ("High", ""),
    ]
    assert [(each.source.note, each.fault) for each in graph.edges] == [("", ""), ("counter", "no label")]
    assert graph.edges[1].sources == {API, WEB}
