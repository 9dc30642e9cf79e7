"""Services that a stack monitors or starts, and containers next to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from stackctl.model.block import Block
from stackctl.model.contract import Contract
from stackctl.source import Position, Secret


@dataclass(frozen=True)
class Target:
    """One thing to scrape, `host:port` as the user wrote it, with its own labels."""

    address: str
    labels: Mapping[str, str]
    origin: Position

    @property
    def host(self) -> str:
        return self.address.rsplit(":", 1)[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])


@dataclass(frozen=True)
class Health:
    """Paths that answer 2xx when a service is alive, and ready; None where there is no such path."""

    live: str | None = None
    ready: str | None = None


@dataclass(frozen=True)
class NativeRun:
    """Command of a service in the native runtime. `cwd` is absolute."""

    command: tuple[str, ...]
    env: Mapping[str, str | Secret]
    cwd: Path


@dataclass(frozen=True)
class Run:
    """Ways to start a service itself. `docker` holds Compose service fields, as written."""

    docker: Block | None = None
    native: NativeRun | None = None


@dataclass(frozen=True)
class Container:
    """A container that the stack runs and does not scrape. `fields` are those of a Compose service, as written.

    `unit` is the name of its unit: another one than its own where a component has that.
    """

    name: str
    unit: str
    fields: Block
    origin: Position

    @property
    def profiles(self) -> tuple[str, ...]:
        """Return Compose's profiles of it."""
        named = self.fields.get("profiles")
        return tuple(map(str, named)) if isinstance(named, list | tuple) else ()


@dataclass(frozen=True)
class Push:
    """Job and grouping labels with which a batch job pushes its metrics to the stack's Pushgateway."""

    job: str
    grouping: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """A service that the user monitors: one scrape job.

    `scrape` holds the fields that Prometheus' scrape_config takes as they are (basic_auth, tls_config, params,
    relabel_configs, ...); `relabel_origins` are the places of its relabel_configs. `discovery` holds `*_sd_configs`
    blocks; then `targets` is empty. A service with `push` is a batch job: it has neither, and no scrape job of its own.
    `component` is the name of an exporter that is scraped only, "" for a service of the user's own.
    """

    name: str
    origin: Position
    targets: tuple[Target, ...] = ()
    discovery: Block = field(default_factory=dict)
    metrics_path: str = "/metrics"
    scheme: str = "http"
    scrape_interval: str | None = None
    scrape_timeout: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    scrape: Block = field(default_factory=dict)
    health: Health = Health()
    run: Run = Run()
    profiles: tuple[str, ...] = ()
    contract: Contract | None = None
    push: Push | None = None
    relabel_origins: tuple[Position, ...] = ()
    component: str = ""
