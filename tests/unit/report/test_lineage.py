"""Dependencies as a tree, as JSON and as a diagram."""

from __future__ import annotations

import json
import re

from stackctl.bounds.terminal import cleaned
from stackctl.lineage.graph import Edge, Graph, Node
from stackctl.lineage.question import Dependencies, impact, why
from stackctl.report.lineage import as_json, as_mermaid, summary, tree
from stackctl.source import Position

API = Node("service", "api", note="1 target", position=Position("stack.yml", 4, 3))
REQUESTS = Node("metric", "requests_total")
HIGH = Node("alert", "High", "g", fault="it never fires")
PANEL = Node("panel", 'Say "x"', "Shop")
TEAM = Node("receiver", "team")
GRAPH = Graph.of(
    [],
    [
        Edge(API, REQUESTS),
        Edge(REQUESTS, HIGH, fault="no label `a`"),
        Edge(REQUESTS, PANEL),
        Edge(HIGH, TEAM, "perhaps"),
    ],
)


def lines(found: Dependencies) -> list[str]:
    return [re.sub(r"\x1b\[[\d;]*m", "", cleaned(line)) for line in tree(found).lines()]


def test_tree_of_why_has_two_parts_and_marks_what_is_broken() -> None:
    assert lines(why(GRAPH, HIGH)) == [
        "✗ alert High: it never fires",
        "  depends on",
        "    ✗ metric requests_total: no label `a`",
        "      service api (1 target)  stack.yml:4:3",
        "  leads to",
        "    receiver team (perhaps)",
    ]


def test_tree_of_impact_has_one_part() -> None:
    assert lines(impact(GRAPH, REQUESTS)) == [
        "metric requests_total",
        "  ✗ alert High: no label `a`; it never fires",
        "    receiver team (perhaps)",
        '  panel Say "x" of dashboard Shop',
    ]


def test_summary_counts_what_depends_on_it() -> None:
    assert summary(impact(GRAPH, REQUESTS)) == "1 alert, 1 receiver and 1 panel depend on metric requests_total"
    assert summary(impact(GRAPH, HIGH)) == "1 receiver depends on alert High"
    assert summary(impact(GRAPH, TEAM)) == "nothing depends on receiver team"


def test_json_has_nodes_and_edges_by_id() -> None:
    shown = json.loads(as_json(why(GRAPH, HIGH)))
    assert shown["start"] == "n0"
    assert shown["nodes"][2] == {
        "id": "n2",
        "kind": "service",
        "name": "api",
        "owner": "",
        "note": "1 target",
        "fault": "",
        "source": {"file": "stack.yml", "line": 4, "column": 3},
    }
    assert shown["edges"] == [
        {"from": "n1", "to": "n0", "note": "", "fault": "no label `a`"},
        {"from": "n2", "to": "n1", "note": "", "fault": ""},
        {"from": "n0", "to": "n3", "note": "perhaps", "fault": ""},
    ]
    assert shown["unused"] == []


def test_diagram_escapes_names_and_marks_what_is_broken() -> None:
    assert as_mermaid(impact(GRAPH, REQUESTS)).splitlines() == [
        "flowchart LR",
        '  n0["metric: requests_total"]',
        '  n1["alert: High<br>it never fires"]',
        '  n2["receiver: team"]',
        '  n3["panel: Shop/Say #34;x#34;"]',
        '  n0 -. "no label #96;a#96;" .-> n1',
        "  n1 --> n2",
        "  n0 --> n3",
        "  classDef start stroke-width:3px",
        "  class n0 start",
        "  classDef broken stroke:#c00,color:#c00",
        "  class n1 broken",
        "  linkStyle 0 stroke:#c00,color:#c00",
    ]
