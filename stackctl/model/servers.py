"""Servers that a stack runs: components with their addresses and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackctl.model.alerting import AlertingFile
from stackctl.model.block import Block
from stackctl.model.routing import Receiver, Routing
from stackctl.source import Position, Secret


@dataclass(frozen=True)
class Listen:
    """The address a server listens on, on the user's machine, and how it is spoken to."""

    host: str
    port: int
    scheme: str = "http"

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def reached(self) -> str:
        """Return the address for a client on the same machine; a wildcard address is reached through loopback."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(  # noqa: S104 - read, not bound
            self.host, f"[{self.host}]" if ":" in self.host else self.host
        )
        return f"{host}:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.reached}"

    @property
    def opened(self) -> str:
        """Return the URL at which a person opens it: `localhost` for what listens on loopback or everywhere."""
        is_here = self.host.startswith("127.") or self.host in ("0.0.0.0", "::", "::1")  # noqa: S104 - read, not bound
        return f"{self.scheme}://localhost:{self.port}" if is_here else self.url


@dataclass(frozen=True)
class Resources:
    """Upper limits: `memory` in Compose notation ("512m"), `cpus` as a number of cores; None is no limit."""

    memory: str | None = None
    cpus: float | None = None


@dataclass(frozen=True)
class Scrape:
    """Scrape of a component by Prometheus: `job` is "" for the component's name, and what is None is as for all."""

    job: str = ""
    interval: str | None = None
    timeout: str | None = None
    metrics_path: str = "/metrics"


@dataclass(frozen=True)
class ExistingData:
    """Data that a server takes over when it starts for the first time: the name of a Docker volume, or a path."""

    name: str
    origin: Position


@dataclass(frozen=True)
class Server:
    """A component that the stack runs.

    `name` is a name of `stackctl.components`, or one of an exporter; `labels` are those of its scrape, and `docker` are
    more fields of its container, in Compose's words. `scrape` is None where it is not scraped, and `existing` where it
    begins without data.
    """

    name: str
    image: str
    listen: Listen
    resources: Resources
    origin: Position
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    docker: Block = field(default_factory=dict, kw_only=True)
    scrape: Scrape | None = field(default=Scrape(), kw_only=True)
    existing: ExistingData | None = field(default=None, kw_only=True)

    @property
    def job(self) -> str:
        """Return the name of its scrape job, "" where it is not scraped."""
        return (self.scrape.job or self.name) if self.scrape else ""

    @property
    def component_name(self) -> str:
        """Return the name of its component."""
        return self.name


@dataclass(frozen=True)
class External:
    """A server that somebody else runs, by the name of its component, and how it is asked.

    `ca` has signed its certificate, "" for what this machine trusts; `certificate` has the paths of a client's own
    certificate and its key.
    """

    name: str
    url: str
    origin: Position
    login: Login | None = None
    token: Secret | None = None
    ca: str = field(default="", repr=False)
    certificate: tuple[str, str] | None = None


@dataclass(frozen=True)
class Kubernetes:
    """A namespace of a cluster that runs the stack. `context` is that of a kubeconfig, which leads there."""

    context: str
    namespace: str
    origin: Position


@dataclass(frozen=True)
class Thanos:
    """The one view of all replicas of Prometheus: a sidecar next to each, and `replicas` of Query, of one `image`."""

    image: str
    replicas: int
    origin: Position


@dataclass(frozen=True)
class Retention:
    """Limits on how long Prometheus keeps samples: by age ("15d") and, when given, by size on disk ("10GB")."""

    time: str
    size: str | None = None


@dataclass(frozen=True)
class Login:
    """Login that a server accepts."""

    username: str
    password: Secret


@dataclass(frozen=True)
class ServerTls:
    """Certificate and key of a server, in PEM form, for clients that use the name `server_name`.

    `ca` has signed the certificate; "" where every system trusts it.
    """

    cert: str
    key: Secret
    server_name: str
    ca: str = ""


@dataclass(frozen=True)
class QueryLimits:
    """Limits of Prometheus' queries; None is its own default."""

    timeout: str | None = None
    max_samples: int | None = None
    max_concurrency: int | None = None
    lookback_delta: str | None = None


@dataclass(frozen=True)
class Prometheus(Server):
    """The Prometheus server. `extra` is merged last into prometheus.yml.

    `external_url` is the address that people open, "" where that is `listen`; `features` are those of its flag.
    `series_budget` is how many series all targets together may serve, None for any number. `replicas` is how many of it
    a cluster runs.
    """

    scrape_interval: str
    evaluation_interval: str
    retention: Retention
    external_labels: Mapping[str, str]
    remote_write: tuple[Block, ...]
    extra: Block
    login: Login | None = None
    tls: ServerTls | None = None
    external_url: str = ""
    features: tuple[str, ...] = ()
    out_of_order_time_window: str | None = None
    query: QueryLimits = QueryLimits()
    remote_write_receiver: bool = False
    otlp_receiver: bool = False
    series_budget: int | None = None
    replicas: int = 1

    @property
    def is_written_to(self) -> bool:
        """Return whether others write samples to it, which may be of any name and have any labels."""
        return self.remote_write_receiver or self.otlp_receiver


@dataclass(frozen=True)
class Alertmanager(Server):
    """The Alertmanager. `route` (its own tree) or `routing`; with neither all goes to the first receiver.

    `external_url` is the address that people open, "" where that is `listen`. `replicas` is how many a cluster runs.
    """

    receivers: tuple[Receiver, ...]
    route: Block | None
    extra: Block
    routing: Routing | None = None
    external_url: str = ""
    replicas: int = 1


@dataclass(frozen=True)
class Datasource:
    """A datasource of Grafana other than the stack's Prometheus.

    `fields` are those of Grafana's provisioning but for `name`, `uid` and `type`; `secrets` its `secureJsonData`.
    """

    name: str
    uid: str
    type: str
    fields: Block
    secrets: Mapping[str, Secret]
    origin: Position


@dataclass(frozen=True)
class Datasources:
    """The datasources of Grafana: that of the stack's own Prometheus by its `name` and `uid`, and the others."""

    name: str = "Prometheus"
    uid: str = "prometheus"
    others: tuple[Datasource, ...] = ()


@dataclass(frozen=True)
class Grafana(Server):
    """The Grafana server. `admin_password` is None when stackctl has to make one and keep it.

    `settings` are those of the user's own for the datasource of the stack's Prometheus, its `jsonData`; `own_name` and
    `own_uid` are what it is called. `alerting` are the files that it provisions its own alerts from.
    """

    admin_user: str
    admin_password: Secret | None
    extra_env: Mapping[str, str | Secret]
    plugins: tuple[str, ...] = ()
    datasources: tuple[Datasource, ...] = ()
    settings: Block = field(default_factory=dict)
    own_name: str = Datasources.name
    own_uid: str = Datasources.uid
    alerting: tuple[AlertingFile, ...] = ()


@dataclass(frozen=True)
class Probe:
    """Something the blackbox exporter asks: a URL (or host:port) and the module that says how."""

    name: str
    url: str
    module: str
    origin: Position


@dataclass(frozen=True)
class Exporter(Server):
    """A third-party exporter that the stack runs and scrapes. `settings` are those of its component.

    `args` are more arguments of the user's. `kind` is the name of its component, "" where that is its own.
    """

    settings: Any
    probes: tuple[Probe, ...] = ()
    args: tuple[str, ...] = ()
    kind: str = ""

    @property
    def component_name(self) -> str:
        """Return the name of its component; its own, where stackctl does not know what it is."""
        return self.kind or self.name
