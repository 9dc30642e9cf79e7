"""The way of alerts to people: over the routes of Alertmanager to its receivers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from stackctl.lineage.graph import Edge, Node
from stackctl.manifest.delivery import Delivery, alerts, deliveries
from stackctl.manifest.routes import route_tree
from stackctl.model import Rule, Stack
from stackctl.source import Position


def notifications(stack: Stack, node_of: Callable[[Rule], Node]) -> Iterator[Edge]:
    """Yield the edges from the alerts of a stack to routes, and from these to receivers."""
    root = route_tree(stack)
    for alert in alerts(stack):
        node = node_of(alert.rule)
        if root is None:
            yield _unrouted(stack, node)
            continue
        for way in deliveries(root, alert):
            receiver = _receiver(stack, way.receiver)
            route = Node("route", _name(way), position=_position(way))
            # A route that names a receiver without an integration drops alerts on purpose; the default does not.
            is_lost = len(way.routes) == 1 and not _integrations(stack, way.receiver)
            fault = f"no other route takes it, and `{way.receiver}` sends nothing" if is_lost else ""
            yield Edge(node, route, "" if way.is_certain else "depends on labels of its series", fault)
            yield Edge(route, receiver, way.routes[-1].when)


def _unrouted(stack: Stack, alert: Node) -> Edge:
    """Return the edge of an alert where the manifest has no routes."""
    if stack.alertmanager is None:
        if "alerting" in stack.prometheus.extra:
            return Edge(alert, Node("route", "of an Alertmanager in prometheus.extra"))
        return Edge(alert, Node("route", "none"), fault="the stack has no Alertmanager, so nobody is notified")
    if stack.alertmanager.extra.keys() & {"route", "receivers"}:
        return Edge(alert, Node("route", "in alertmanager.extra"))
    return Edge(alert, Node("route", "default"), fault="Alertmanager has no receiver, so nobody is notified")


def _receiver(stack: Stack, name: str) -> Node:
    declared = stack.alertmanager.receivers if stack.alertmanager else ()
    position = next((each.origin for each in declared if each.name == name), None)
    return Node("receiver", name, position=position, note=_integrations(stack, name) or "sends nothing")


def _integrations(stack: Stack, name: str) -> str:
    declared = stack.alertmanager.receivers if stack.alertmanager else ()
    return ", ".join(kind for each in declared if each.name == name for kind in each.integrations)


def _name(way: Delivery) -> str:
    """Return the conditions of a route, with those of the routes around it."""
    if len(way.routes) == 1:
        return "default"
    if any(route.conditions is None for route in way.routes):
        return "with matchers that stackctl cannot read"
    return ", ".join(str(each) for route in way.routes for each in route.conditions or ()) or "for every alert"


def _position(way: Delivery) -> Position | None:
    return next((route.origin for route in reversed(way.routes) if route.origin), None)
