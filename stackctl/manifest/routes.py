"""The tree of routes of a stack, from the words of the manifest or from Alertmanager's own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackctl.model import RoutingRule, Stack
from stackctl.promql.selectors import Condition
from stackctl.source import Places, Position

_MATCHER = re.compile(r"""\s*(?:"([^"]+)"|'([^']+)'|([^\s=!~"']+))\s*(=~|!~|!=|=)\s*(.*?)\s*""", re.DOTALL)


@dataclass(frozen=True)
class Route:
    """A node of the tree: `conditions` is None where they could not be read, so that it may match anything.

    `when` is the time at which it sends, "" for always.
    """

    receiver: str
    conditions: tuple[Condition, ...] | None = ()
    goes_on: bool = False
    children: tuple[Route, ...] = ()
    when: str = ""
    origin: Position | None = None

    def walk(self) -> Iterator[Route]:
        yield self
        for child in self.children:
            yield from child.walk()


def route_tree(stack: Stack) -> Route | None:
    """Return the routes of a stack; None where it has no receivers, or only Alertmanager's own words know them."""
    alertmanager = stack.alertmanager
    if alertmanager is None or alertmanager.extra.keys() & {"route", "receivers"}:
        return None
    if alertmanager.routing is not None:
        rules = tuple(_rule(rule) for rule in alertmanager.routing.rules)
        place = stack.places.position(("alertmanager", "routing", "default"))
        return Route(alertmanager.routing.default, (), False, rules, origin=place)
    if not alertmanager.receivers:
        return None
    return _node(alertmanager.route or {}, alertmanager.receivers[0].name, ("alertmanager", "route"), stack.places)


def _rule(rule: RoutingRule) -> Route:
    conditions = tuple(Condition(match.label, match.operator, match.value) for match in rule.matches)
    when = f"during {', '.join(rule.during)}" if rule.during else ""
    if rule.otherwise is None:
        return Route(rule.receiver, conditions, rule.onward, when=when, origin=rule.origin)
    both = (Route(rule.receiver, (), True, when=when), Route(rule.otherwise, when=f"not {when}"))
    return Route(rule.receiver, conditions, rule.onward, both, origin=rule.origin)


def _node(block: Mapping[str, Any], inherited: str, place: tuple[str | int, ...], places: Places) -> Route:
    receiver = str(block.get("receiver") or inherited)
    children = enumerate(block.get("routes") or ())
    return Route(
        receiver,
        conditions_of(block),
        str(block.get("continue", "")).lower() == "true",
        tuple(
            _node(child, receiver, (*place, "routes", index), places)
            for index, child in children
            if isinstance(child, Mapping)
        ),
        origin=places.position(place),
    )


def conditions_of(block: Mapping[str, Any]) -> tuple[Condition, ...] | None:
    """Return the conditions of a route or an inhibition in Alertmanager's words; None where one cannot be read."""
    found = []
    for operator, key in (("=", "match"), ("=~", "match_re")):
        found += [Condition(str(name), operator, str(value)) for name, value in (block.get(key) or {}).items()]
    matchers = block.get("matchers") or ()
    for text in [matchers] if isinstance(matchers, str) else matchers:
        read = _MATCHER.fullmatch(str(text))
        if read is None or str(text).lstrip().startswith("{"):
            return None
        value = read[5]
        quoted = len(value) > 1 and value[0] == value[-1] == '"'
        found.append(Condition(read[1] or read[2] or read[3], read[4], value[1:-1] if quoted else value))
    return tuple(found)
