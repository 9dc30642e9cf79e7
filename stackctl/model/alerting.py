"""Grafana-managed alerting: files in the format of Grafana's provisioning, and the parts of them that are proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from stackctl.model.block import Block
from stackctl.source import Passage, Position


@dataclass(frozen=True)
class GrafanaQuery:
    """A PromQL expression of an alert rule. `ref` is its letter in the rule, `datasource` the uid that it asks."""

    ref: str
    datasource: str
    expr: str
    origin: Position
    passage: Passage | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class GrafanaRule:
    """An alert rule that Grafana evaluates, every `interval` seconds. `fields` are all of its own as written."""

    uid: str
    title: str
    group: str
    folder: str
    interval: float
    fields: Block = field(repr=False)
    queries: tuple[GrafanaQuery, ...]
    origin: Position


@dataclass(frozen=True)
class ContactPoint:
    """One integration of a contact point: the name of the contact point, its own uid and its type."""

    name: str
    uid: str
    type: str
    origin: Position


@dataclass(frozen=True)
class Policy:
    """A policy of Grafana's tree: the contact point that gets its alerts, "" for that of the policy above.

    `matchers` are the label, operator and value of each of its conditions, None where they are written as texts.
    """

    receiver: str
    matchers: frozenset[tuple[str, str, str]] | None
    routes: tuple[Policy, ...] = ()
    origin: Position | None = field(default=None, compare=False)

    def is_like(self, other: Policy) -> bool:
        """Return whether a tree sends the same alerts to the same contact points, as far as both are known.

        A name with a variable, which Grafana replaces, is taken for any.
        """
        to_same = "$" in self.receiver + other.receiver or self.receiver == other.receiver
        of_same = None in (self.matchers, other.matchers) or self.matchers == other.matchers
        if not to_same or not of_same or len(self.routes) != len(other.routes):
            return False
        return all(own.is_like(their) for own, their in zip(self.routes, other.routes, strict=True))


def policy_of(value: Mapping[str, Any], origin: Position | None = None) -> Policy:
    """Read a policy with all below it, as files and Grafana's API have it."""
    matchers: set[tuple[str, str, str]] = set()
    for key, operator in {"match": "=", "match_re": "=~"}.items():
        given = value.get(key)
        matchers |= {(str(name), operator, str(each)) for name, each in given.items()} if _is_map(given) else set()
    for each in _list(value.get("object_matchers")):
        if isinstance(each, list) and len(each) == 3:
            matchers.add((str(each[0]), str(each[1]), str(each[2])))
    routes = tuple(policy_of(each) for each in _list(value.get("routes")) if _is_map(each))
    known = None if value.get("matchers") or "$" in str(matchers) else frozenset(matchers)
    return Policy(str(value.get("receiver") or ""), known, routes, origin)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_map(value: Any) -> TypeGuard[Mapping[str, Any]]:
    return isinstance(value, Mapping)


@dataclass(frozen=True)
class AlertingFile:
    """A file that Grafana provisions alerting from, byte for byte. `path` is its path from the manifest's folder."""

    path: str
    text: str = field(repr=False)
    rules: tuple[GrafanaRule, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    policy: Policy | None = None

    @property
    def secret(self) -> bool:
        """Return whether it may hold secrets, as the settings of contact points do."""
        return "contactPoints" in self.text
