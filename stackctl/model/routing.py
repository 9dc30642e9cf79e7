"""Receivers of alerts, and the routes that lead to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stackctl.model.block import Block
from stackctl.source import Position


@dataclass(frozen=True)
class Receiver:
    """One Alertmanager receiver: integration ("slack", "webhook") -> its configurations, in Alertmanager's fields."""

    name: str
    integrations: Mapping[str, tuple[Block, ...]]
    origin: Position


@dataclass(frozen=True)
class Match:
    """Condition on a label of an alert: `operator` is "=", "!=", "=~" or "!~"."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True)
class Period:
    """From `start` to `end` ("09:00") on `weekdays` (() for all). An end before the start is on the next day."""

    weekdays: tuple[str, ...]
    start: str
    end: str
    location: str


@dataclass(frozen=True)
class RoutingRule:
    """Alerts with all `matches` go to `receiver`: during these times, and to `otherwise` outside of them.

    `onward` lets the rules after it take them as well; `grouping` holds Alertmanager's fields for groups.
    """

    receiver: str
    origin: Position
    matches: tuple[Match, ...] = ()
    during: tuple[str, ...] = ()
    otherwise: str | None = None
    onward: bool = False
    grouping: Block = field(default_factory=dict)


@dataclass(frozen=True)
class Routing:
    """Routing of alerts. `inhibit` are the labels in which a warning agrees with the critical that silences it."""

    default: str
    grouping: Block
    rules: tuple[RoutingRule, ...] = ()
    times: Mapping[str, tuple[Period, ...]] = field(default_factory=dict)
    inhibit: tuple[str, ...] = ()
