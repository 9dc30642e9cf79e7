"""Metrics of contracts, and series of the user's recording rules, that nothing in the stack reads.

They are reported to who asks for them only: people read metrics by hand too, and other servers may read records.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from stackctl.diagnostic import Diagnostic
from stackctl.lineage.build import lineage
from stackctl.lineage.graph import Graph, Node
from stackctl.model import Metric, Rule, Service, Stack
from stackctl.source import Position

# The codes to ask for.
UNUSED_METRIC, UNUSED_RECORD = "contract.unused", "rule.unused"
CODES = frozenset({UNUSED_METRIC, UNUSED_RECORD})
_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


def find_unused(stack: Stack, codes: Collection[str]) -> list[Diagnostic]:
    """Return what nothing in the stack reads, as far as it has one of the `codes`."""
    if not CODES & set(codes):
        return []
    graph, named = lineage(stack), _named_in_texts(stack)
    found = [*_metrics(stack, graph, named), *_records(stack, graph, named)]
    return [each for each in found if each.code in codes]


def _metrics(stack: Stack, graph: Graph, named: frozenset[str]) -> Iterator[Diagnostic]:
    """Services that share the file of a contract use a metric together."""
    owners: dict[Position, tuple[Metric, list[Service]]] = {}
    for service in stack.services:
        for metric in service.contract.metrics if service.contract else ():
            owners.setdefault(metric.origin, (metric, []))[1].append(service)
    for origin, (metric, services) in owners.items():
        if named & {metric.name, *metric.samples} or any(_is_read(graph, metric, each) for each in services):
            continue
        summary = f"no rule and no dashboard reads `{metric.name}` of {_listed(services)}"
        remedy = "Use it, remove it from the contract, or leave it for queries by hand."
        yield Diagnostic(UNUSED_METRIC, summary, origin, remedy=remedy, status="info")


def _is_read(graph: Graph, metric: Metric, service: Service) -> bool:
    """Return whether something selects the metric's series of a service."""
    edges = graph.outgoing.get(Node("metric", metric.name), ())
    return any(edge.sources is None or any(each.name == service.name for each in edge.sources) for edge in edges)


def _records(stack: Stack, graph: Graph, named: frozenset[str]) -> Iterator[Diagnostic]:
    for rule in _own_records(stack):
        node = Node("record", rule.name, rule.group, rule.origin)
        if rule.name not in named and not graph.outgoing.get(node):
            summary = f"no rule and no dashboard reads the recording rule `{rule.name}`"
            remedy = "Use it, or remove it if no other server reads it either."
            yield Diagnostic(UNUSED_RECORD, summary, rule.origin, remedy=remedy, status="info", rule=rule.origin)


def _own_records(stack: Stack) -> Iterator[Rule]:
    for file in stack.rules:
        yield from (rule for rule in file.rules if rule.kind == "record" and rule.passage is not None)


def _named_in_texts(stack: Stack) -> frozenset[str]:
    """Return all words of the texts of alerts, which may query, and of dashboards, which have annotations and links."""
    texts = [text for file in stack.rules for rule in file.rules for text in rule.annotations.values()]
    texts += [str(dashboard.definition) for dashboard in stack.dashboards]
    return frozenset(word for text in texts for word in _NAME.findall(text))


def _listed(services: list[Service]) -> str:
    return ", ".join(f"`{service.name}`" for service in services)
