"""The stack: a manifest after validation, with nothing left to guess. Frozen, and without any I/O.

Durations stay in Prometheus' own notation ("15s"), because that is what is rendered; `stackctl.promql.duration`
converts them to seconds. Blocks that belong to Prometheus, Alertmanager or Compose are kept as plain mappings;
values in them that must not be shown are `Secret`s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.promql.choice import Choice
from stackctl.source import Nowhere, Passage, Places, Position, Secret

Block = Mapping[str, Any]


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
class Server:
    """A component that the stack runs.

    `name` is a name of `stackctl.components`, `labels` are those of its scrape, and `docker` are more fields of its
    container, in Compose's words.
    """

    name: str
    image: str
    listen: Listen
    resources: Resources
    origin: Position
    labels: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    docker: Block = field(default_factory=dict, kw_only=True)


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


@dataclass(frozen=True)
class Alertmanager(Server):
    """The Alertmanager. `route` (its own tree) or `routing`; with neither all goes to the first receiver.

    `external_url` is the address that people open, "" where that is `listen`.
    """

    receivers: tuple[Receiver, ...]
    route: Block | None
    extra: Block
    routing: Routing | None = None
    external_url: str = ""


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
class Grafana(Server):
    """The Grafana server. `admin_password` is None when stackctl has to make one and keep it."""

    admin_user: str
    admin_password: Secret | None
    extra_env: Mapping[str, str | Secret]
    plugins: tuple[str, ...] = ()
    datasources: tuple[Datasource, ...] = ()


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

    `job` and `scrape_interval` are those of its scrape, `args` more arguments of the user's.
    """

    settings: Any
    job: str
    probes: tuple[Probe, ...] = ()
    scrape_interval: str | None = None
    args: tuple[str, ...] = ()


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
class Label:
    """A label of a metric. `values` are all that it may have, () when they are open; then `examples` may be known."""

    name: str
    values: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """A metric that a service promises. `kind` is a type of OpenMetrics ("counter", "histogram", "stateset", ...).

    buckets    upper bounds of a histogram, ascending, without +Inf; () leaves them to the client library
    quantiles  of a summary
    states     of a state set
    range      what it measures when the service is at rest, and when it is saturated: for `simulate`
    native     whether it is a native histogram, which has series of its own name; with `buckets` it is both
    """

    name: str
    kind: str
    origin: Position
    labels: tuple[Label, ...] = ()
    unit: str = ""
    help: str = ""
    buckets: tuple[float, ...] = ()
    quantiles: tuple[float, ...] = ()
    states: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    native: bool = False

    @property
    def samples(self) -> tuple[str, ...]:
        """The names under which its series are found."""
        if self.native and not self.buckets:
            return (self.name,)
        parts = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}.get(self.kind, ("",))
        return tuple(f"{self.name}{part}" for part in parts)


@dataclass(frozen=True)
class Contract:
    """The metrics that a service promises.

    `file` is the file that holds them, "" where the manifest does; `values` are those of its placeholders.
    """

    metrics: tuple[Metric, ...]
    origin: Position
    file: str = ""
    values: Mapping[str, str] = field(default_factory=dict)


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


@dataclass(frozen=True)
class Rule:
    """One alerting or recording rule: `kind` is "alert" or "record". `labels` are those it adds, its group's too.

    `places` are those of its texts, by ("label" or "annotation", key). `passage` is where its expression is written,
    None where that is in no file of the user's, as in a pack. `for_seconds` is the `for` of an alert, and
    `interval_seconds` the time between two evaluations where its group says it, else 0.0.
    """

    kind: str
    name: str
    expr: str
    group: str
    origin: Position
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[tuple[str, str], Position] = field(default_factory=dict, repr=False)
    passage: Passage | None = field(default=None, compare=False, repr=False)
    for_seconds: float = 0.0
    interval_seconds: float = 0.0

    def place(self, part: str, key: str) -> Position:
        """Return the position of the label or annotation `key`, or else of the rule."""
        return self.places.get((part, key), self.origin)


@dataclass(frozen=True)
class Waiver:
    """Findings that the user accepts: those of a check or a family about subjects like `subject`, up to `until`.

    `origin` is None for one of the command line. With a `place`, it is about findings of that position only: those of
    the rule at which a comment accepts them.
    """

    check: str
    subject: str
    reason: str
    until: date | None
    origin: Position | None
    place: Position | None = None


@dataclass(frozen=True)
class RuleFile:
    """A Prometheus rule file. `path` is unique and relative, for the tree; `source` is the user's file, if any.

    `content` is the file as the user wrote it, or Prometheus' block where the manifest changes or holds the rules.
    `rules` are those that Prometheus gets; `notes` are what is hardly meant, though Prometheus accepts it.
    `waivers` are what its comments accept.
    """

    path: str
    content: bytes | Block = field(repr=False)
    rules: tuple[Rule, ...]
    origin: Position
    source: str = ""
    notes: tuple[Diagnostic, ...] = ()
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True)
class PanelQuery:
    """A PromQL expression as a dashboard holds it, with Grafana's macros and variables.

    `panel` is the title of the panel, or `$name` for the query of a variable. `repeats` are the variables of which the
    panel shows one value at a time; a `hidden` query is not shown. `passage` is where it is written. `legend`, which is
    written at `legend_origin`, and `unit` are Grafana's words for how the result is shown, "" where there are none.
    `label` is that of which a variable takes the values.

    In a Grafana that somebody else runs `datasource` is the uid of what it asks; one that `is_elsewhere` asks another
    Prometheus than the one that is verified.
    """

    panel: str
    expr: str
    origin: Position
    repeats: tuple[str, ...] = ()
    hidden: bool = False
    passage: Passage | None = field(default=None, compare=False, repr=False)
    legend: str = ""
    legend_origin: Position | None = field(default=None, compare=False, repr=False)
    unit: str = ""
    label: str = ""
    datasource: str = ""
    is_elsewhere: bool = False


@dataclass(frozen=True)
class OtherQuery:
    """A panel, or `$name` for a variable, that asks another datasource than the stack's Prometheus, by its name."""

    panel: str
    datasource: str
    origin: Position


@dataclass(frozen=True)
class Link:
    """A link of a dashboard or a panel: to the dashboard `uid` of the same stack, or to a `url`."""

    title: str
    uid: str = ""
    url: str = ""


@dataclass(frozen=True)
class Variable:
    """A choice at the top of a dashboard, from a query or from `values`. `default` is "" where Grafana chooses."""

    name: str
    label: str = ""
    query: str = ""
    values: tuple[str, ...] = ()
    multi: bool = False
    all: bool = False
    default: str = ""


@dataclass(frozen=True)
class Query:
    """Query of a panel: `legend` is Grafana's format ("" leaves it to Grafana); `instant` shows the current value."""

    expr: str
    legend: str = ""
    instant: bool = False


@dataclass(frozen=True)
class Threshold:
    """The colour from a value on; the first of a panel has no value: it is the colour below all others."""

    color: str
    value: float | None = None


@dataclass(frozen=True)
class ValueText:
    """The text, and perhaps the colour, that stands for a value."""

    value: str
    text: str
    color: str = ""


@dataclass(frozen=True)
class Panel:
    """A panel in the compact form. `width` and `height` are in units of Grafana's grid; None is for the layout.

    `soft_max` is the least upper end of the axis; `by_value` draws a line in the colours of its thresholds.
    """

    title: str
    kind: str = "timeseries"
    description: str = ""
    queries: tuple[Query, ...] = ()
    markdown: str = ""
    unit: str = ""
    min: float | None = None
    max: float | None = None
    decimals: int | None = None
    thresholds: tuple[Threshold, ...] = ()
    values: tuple[ValueText, ...] = ()
    stack: bool = False
    soft_max: float | None = None
    by_value: bool = False
    width: int | None = None
    height: int | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Row:
    """Panels under a heading; without a title there is no heading."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


@dataclass(frozen=True)
class Board:
    """Content of a dashboard in the compact form. `refresh` ("" is off) and `time` are durations."""

    rows: tuple[Row, ...]
    description: str = ""
    tags: tuple[str, ...] = ()
    refresh: str = "30s"
    time: str = "1h"
    variables: tuple[Variable, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class DashboardVariable:
    """A variable of a classic dashboard that may hold several values, of which only a server knows.

    They are those of `label` in the series of `selector`, as far as `regex` takes them; both are "" where that cannot
    be read off. `chosen` are those that the file selects; `everything` is whether it can be all of them, as it then is
    when none of the chosen exists.
    """

    name: str
    label: str = ""
    selector: str = ""
    regex: str = ""
    everything: bool = False
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """A Grafana dashboard; `uid` is settled.

    `definition` is Grafana's classic JSON as the file held it, or a `Board`. `queries` are all its PromQL, those of
    its variables too; `values` are the variables whose values are known without asking a server, `variables` those
    that may hold several which only a server knows. `others` are what asks other datasources.
    """

    path: str
    uid: str
    title: str
    folder: str
    definition: Block | Board = field(repr=False)
    origin: Position
    queries: tuple[PanelQuery, ...] = ()
    values: Mapping[str, str | Choice] = field(default_factory=dict)
    variables: tuple[DashboardVariable, ...] = ()
    others: tuple[OtherQuery, ...] = ()


@dataclass(frozen=True)
class Stack:
    """A whole stack. `root` is the folder of the manifest; `origin` the manifest itself.

    `packs` are those that have become rules and dashboards: (kind, name, service or component). `places` knows where
    in the manifest each value of a block is that another program defines; `secrets` are all texts at places of secrets,
    those in blocks that are passed on too.
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
    places: Places = field(default=Nowhere(), compare=False, repr=False)
    secrets: frozenset[str] = field(default=frozenset(), compare=False, repr=False)

    @property
    def components(self) -> tuple[Server, ...]:
        """All servers of the stack, in the order in which they are shown."""
        optional = (self.alertmanager, self.grafana, self.pushgateway)
        return (self.prometheus, *(c for c in optional if c), *self.exporters)

    @property
    def composed(self) -> Mapping[str, Block]:
        """The Compose services that the manifest holds, by name: those of its services, and its containers."""
        run = {service.name: service.run.docker for service in self.services if service.run.docker is not None}
        return {**run, **{container.name: container.fields for container in self.containers}}

    @property
    def compose_fields(self) -> tuple[Block, ...]:
        """All Compose fields that the manifest holds: those of `composed`, and those of components."""
        return (*self.composed.values(), *(server.docker for server in self.components if server.docker))
