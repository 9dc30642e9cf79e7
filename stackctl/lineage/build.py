"""The graph of a stack, built from its manifest: expressions are read, and nothing is asked."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.lineage.graph import Edge, Graph, Kind, Node
from stackctl.lineage.notification import notifications
from stackctl.lineage.selection import Reading, Selection, read
from stackctl.lineage.sources import OF_ALERTS, sources
from stackctl.metrics import catalogue
from stackctl.model import Dashboard, PanelQuery, Rule, RuleFile, Stack
from stackctl.promql.catalogue import UNKNOWN_PART
from stackctl.promql.grafana import hidden, runnable
from stackctl.source import Position


def lineage(stack: Stack) -> Graph:
    """Return what each part of a stack is computed from, and where it leads."""
    building = _Building(stack)
    return Graph.of(building.nodes(), building.edges())


class _Building:
    """The sources and rules of a stack, as nodes that others are joined with."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._known = catalogue(stack)
        self._names = [*self._known.series, *self._known.records]
        self._sources = sources(stack)
        rules = [(file, rule) for file in stack.rules for rule in file.rules]
        self._readings = {id(rule): read(rule.expr, self._known, is_alert=rule.kind == "alert") for _, rule in rules}
        self._rules = [(rule, self._node_of_rule(file, rule)) for file, rule in rules]
        self._made: dict[str, list[tuple[Rule, Node]]] = {}
        for rule, node in self._rules:
            for name in [rule.name] if rule.kind == "record" else OF_ALERTS:
                self._made.setdefault(name, []).append((rule, node))
        # Series of a histogram or a summary -> the metrics that they are parts of.
        self._parts: dict[str, dict[str, None]] = {}
        for metric in (metric for source in self._sources for metric in source.metrics):
            for sample in metric.samples:
                self._parts.setdefault(sample, {})[metric.name] = None

    def nodes(self) -> Iterator[Node]:
        yield from (source.node for source in self._sources)
        yield from (node for _, node in self._rules)

    def edges(self) -> Iterator[Edge]:
        for source in self._sources:
            yield from (Edge(target, source.node) for target in source.targets)
            yield from (Edge(source.node, Node("metric", each.name, note=each.kind)) for each in source.metrics)
        for rule, node in self._rules:
            yield from self._read(node, self._readings[id(rule)])
        for dashboard in self._stack.dashboards:
            # A panel is where its first query is.
            places = {query.panel: query.origin for query in reversed(dashboard.queries)}
            for query in dashboard.queries:
                yield from self._shown(dashboard, query, places[query.panel])
        nodes = {id(rule): node for rule, node in self._rules}
        yield from notifications(self._stack, lambda rule: nodes[id(rule)])

    def _node_of_rule(self, file: RuleFile, rule: Rule) -> Node:
        """Return the node of a rule. The records of an objective are one node, as they are one thing to people."""
        fault = self._readings[id(rule)].fault
        if rule.kind == "alert":
            return Node("alert", rule.name, rule.group, rule.origin, fault=fault)
        if file.path.startswith("slo-") and "slo" in rule.labels:
            return Node("slo", rule.labels["slo"], rule.labels.get("service", ""), rule.origin, fault=fault)
        return Node("record", rule.name, rule.group, rule.origin, fault=fault)

    def _shown(self, dashboard: Dashboard, query: PanelQuery, place: Position) -> Iterator[Edge]:
        """Yield the edges to the panel, or to the variable of the dashboard, that asks a query."""
        expr, _ = hidden(query.expr)
        reading = read(runnable(expr, dashboard.values, UNKNOWN_PART), self._known)
        kind: Kind = "variable" if query.panel.startswith("$") else "panel"
        yield from self._read(Node(kind, query.panel, dashboard.title, place, fault=reading.fault), reading)

    def _read(self, reader: Node, reading: Reading) -> Iterator[Edge]:
        for selection in reading.selections:
            names = selection.names(self._names)
            for name in names:
                if name in self._made:
                    yield from self._read_rules(reader, selection, name)
                else:
                    yield from self._read_metric(reader, selection, name)
            if not names and selection.wants("job"):
                selected = (source for source in self._sources if source.jobs and source.has_job_of(selection))
                yield from (Edge(source.node, reader, fault=selection.fault) for source in selected)

    def _read_rules(self, reader: Node, selection: Selection, name: str) -> Iterator[Edge]:
        """Yield the edges from all rules of a name that give their series the labels that are selected."""
        made = [node for rule, node in self._made[name] if selection.may_have({**rule.labels, **_alertname(rule)})]
        yield from (Edge(node, reader, fault=selection.fault) for node in made)
        if not made:
            is_record = name not in OF_ALERTS
            # A service of which nothing says what it serves may have series of that name.
            fault = "no rule gives its series the labels that are selected" if self._known.complete else ""
            yield Edge(Node("record" if is_record else "metric", name), reader, fault=selection.fault or fault)

    def _read_metric(self, reader: Node, selection: Selection, name: str) -> Iterator[Edge]:
        """Yield the edges from the sources of a metric to it, and on to what reads it."""
        serving = [source for source in self._sources if source.serves(name)]
        fault, note = selection.fault, ""
        if serving:
            selected = [source for source in serving if source.has_job_of(selection)]
            if not selected and self._known.complete:
                fault = fault or "no target of the selected job serves it"
        elif self._known.owns(name):
            selected = []
        else:
            selected = [source for source in self._sources if source.is_unknown and source.has_job_of(selection)]
            note = "perhaps, as it has no contract"
        metrics = [metric for metric in self._parts.get(name, ()) if metric != name]
        node = Node("series", name) if metrics else Node("metric", name)
        yield from (Edge(Node("metric", metric), node) for metric in metrics)
        yield from (Edge(source.node, node, note) for source in selected if not metrics)
        yield Edge(node, reader, fault=fault, sources=frozenset(source.node for source in selected))


def _alertname(rule: Rule) -> dict[str, str]:
    return {"alertname": rule.name} if rule.kind == "alert" else {}
