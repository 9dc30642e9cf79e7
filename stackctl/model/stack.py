"""A whole stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from pathlib import Path

from stackctl.diagnostic import Diagnostic
from stackctl.model.alerting import GrafanaRule
from stackctl.model.block import Block
from stackctl.model.dashboards import Dashboard
from stackctl.model.rules import RuleFile, Waiver
from stackctl.model.servers import (
    Alertmanager,
    Datasources,
    Exporter,
    External,
    Grafana,
    Kubernetes,
    Prometheus,
    Server,
    Thanos,
)
from stackctl.model.services import Container, Service
from stackctl.promql.duration import DEFAULT_LOOKBACK, seconds
from stackctl.source import Nowhere, Places, Position


@dataclass(frozen=True)
class Stack:
    """A whole stack. `root` is the folder of the manifest; `origin` the manifest itself.

    `notes` are remarks on its variables. `packs` are those that have become rules and dashboards: (kind, name, service
    or component). `places` knows where in the manifest each value of a block is that another program defines; `secrets`
    are all texts at places of secrets, those in blocks that are passed on too. `external` are the servers that
    somebody else runs; with them the stack has no others, and the settings of its own are the defaults. `kubernetes` is
    the cluster that runs the stack, None where none does; `thanos` is the one view of all replicas of Prometheus there.
    """

    name: str
    root: Path
    origin: Position
    prometheus: Prometheus
    alertmanager: Alertmanager | None = None
    grafana: Grafana | None = None
    pushgateway: Server | None = None
    exporters: tuple[Exporter, ...] = ()
    services: tuple[Service, ...] = ()
    containers: tuple[Container, ...] = ()
    networks: tuple[str, ...] = ()
    rules: tuple[RuleFile, ...] = ()
    dashboards: tuple[Dashboard, ...] = ()
    packs: frozenset[tuple[str, str, str]] = frozenset()
    waivers: tuple[Waiver, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    external: tuple[External, ...] = ()
    kubernetes: Kubernetes | None = None
    thanos: Thanos | None = None
    places: Places = field(default=Nowhere(), compare=False, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @property
    def components(self) -> tuple[Server, ...]:
        """All servers of the stack, in the order in which they are shown."""
        optional = (self.alertmanager, self.grafana, self.pushgateway)
        return (self.prometheus, *(c for c in optional if c), *self.exporters)

    @property
    def kept_seconds(self) -> float:
        """For how long samples can be queried: without an end where that is not known here."""
        is_elsewhere = self.external or not self.prometheus.origin.file or "remote_read" in self.prometheus.extra
        kept = self.prometheus.retention.time
        return inf if is_elsewhere or not kept else seconds(kept) or inf

    @property
    def lookback(self) -> str:
        """Return how far back Prometheus looks for a sample, as a duration: by default where that is not known here."""
        return self.prometheus.query.lookback_delta or DEFAULT_LOOKBACK

    @property
    def datasource_uid(self) -> str:
        """Return the uid of the datasource of the stack's own Prometheus."""
        return self.grafana.own_uid if self.grafana else Datasources.uid

    @property
    def grafana_rules(self) -> tuple[GrafanaRule, ...]:
        """Return the alert rules that Grafana itself evaluates."""
        return tuple(rule for file in (self.grafana.alerting if self.grafana else ()) for rule in file.rules)

    @property
    def grafana_interval(self) -> float:
        """Return the seconds between evaluations of the slowest rule that Grafana evaluates, 0 without rules."""
        return max((rule.interval for rule in self.grafana_rules), default=0)

    @property
    def panel_interval(self) -> str:
        """The interval of scrapes of which Grafana makes `$__rate_interval`."""
        given = self.grafana.settings.get("timeInterval") if self.grafana else None
        return str(given or self.prometheus.scrape_interval)

    @property
    def composed(self) -> Mapping[str, Block]:
        """The Compose services that the manifest holds, by name: those of its services, and its containers."""
        run = {service.name: service.run.docker for service in self.services if service.run.docker is not None}
        return {**run, **{container.name: container.fields for container in self.containers}}

    @property
    def compose_fields(self) -> tuple[Block, ...]:
        """All Compose fields that the manifest holds: those of `composed`, and those of components."""
        return (*self.composed.values(), *(server.docker for server in self.components if server.docker))
