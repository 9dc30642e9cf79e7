"""Grafana-managed alerting: files in the format of Grafana's provisioning, and the parts of them that are proven."""

from __future__ import annotations

from dataclasses import dataclass, field

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
class AlertingFile:
    """A file that Grafana provisions alerting from, byte for byte. `path` is its path from the manifest's folder."""

    path: str
    text: str = field(repr=False)
    rules: tuple[GrafanaRule, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    policy: Position | None = None

    @property
    def secret(self) -> bool:
        """Return whether it may hold secrets, as the settings of contact points do."""
        return "contactPoints" in self.text
