"""Comparison of two routing trees by where they lead the alerts of a stack, whatever else they route."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from stackctl.manifest.delivery import Alert, alerts, deliveries
from stackctl.manifest.routes import Route, route_tree
from stackctl.model import Stack
from stackctl.promql.types.value import Labels
from stackctl.source import Position

# A regular expression that is a list of words: each is a value that it takes.
_WORDS = re.compile(r"[\w-]+(\|[\w-]+)*")
# So many combinations of labels are tried for an alert.
_MOST = 200


def misrouted(declared: Stack, loaded: Stack) -> Mapping[str, tuple[str, ...]]:
    """Return the receivers that do not get what the declared routes lead to them, each with examples: the labels of an
    alert, and who gets it instead.

    Both stacks have the same rules. An alert is tried with the labels of its rule, and with each set of labels that the
    declared routes ask for. What the loaded routes lead to more receivers is not wrong.
    """
    root, other = route_tree(declared), route_tree(loaded)
    if root is None or other is None:
        return {}
    found: dict[str, dict[str, None]] = {}
    for alert in alerts(declared):
        for each in _variants(alert, root):
            wanted, got = ({way.receiver for way in deliveries(tree, each)} for tree in (root, other))
            for receiver in sorted(wanted - got):
                found.setdefault(receiver, {})[f"{_shown(each)} goes to {', '.join(sorted(got))}"] = None
    return {receiver: tuple(examples) for receiver, examples in found.items()}


def led_to(stack: Stack, rule: Position, labels: Mapping[str, str]) -> frozenset[str]:
    """Return the receivers to which the routes of a stack certainly lead the alert of the rule at a position, when it
    has these labels."""
    root = route_tree(stack)
    found = [each for each in alerts(stack) if each.rule.origin == rule]
    if root is None or not found:
        return frozenset()
    alert = replace(found[0], given=labels, labels=Labels.exactly(()))
    return frozenset(way.receiver for way in deliveries(root, alert) if way.is_certain)


def _variants(alert: Alert, root: Route) -> Iterator[Alert]:
    """Yield an alert with each set of labels that it may have and that a route asks for; first with its own alone."""
    tried: set[frozenset[tuple[str, str]]] = set()
    for labels in ({}, *_asked(root, {})):
        own = {name: value for name, value in labels.items() if name not in alert.given}
        contradicts = any(alert.given.get(name, value) != value for name, value in labels.items())
        key = frozenset(own.items())
        if contradicts or key in tried or not all(map(alert.labels.may_have, own)):
            continue
        tried.add(key)
        yield replace(alert, given={**alert.given, **own}, labels=Labels.exactly(()))
        if len(tried) == _MOST:
            return


def _asked(route: Route, above: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Yield the labels with which an alert gets to each route, as far as its matchers name them."""
    for child in route.children:
        for labels in _with_conditions(child, above):
            yield labels
            yield from _asked(child, labels)


def _with_conditions(route: Route, above: Mapping[str, str]) -> list[dict[str, str]]:
    found = [dict(above)]
    for condition in route.conditions or ():
        if condition.operator == "=":
            values = [condition.value]
        elif condition.operator == "=~" and _WORDS.fullmatch(condition.value):
            values = condition.value.split("|")
        else:
            continue
        found = [{**labels, condition.label: value} for labels in found for value in values][:_MOST]
    return found


def _shown(alert: Alert) -> str:
    labels = ", ".join(f'{name}="{value}"' for name, value in sorted(alert.given.items()) if name != "alertname")
    return f"{alert.rule.name}{{{labels}}}"
