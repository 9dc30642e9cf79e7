"""The manifest language, version 1: one schema for validation, for editors and for the reference page.

The descriptions here are the documentation.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stackctl import conventions as c
from stackctl.manifest.base import Model
from stackctl.manifest.fields import (
    Address,
    Boolean,
    Bounds,
    DatabaseUrl,
    Duration,
    Filling,
    Fraction,
    Integer,
    LabelName,
    ListenAddress,
    MaybeSecret,
    Memory,
    MetricName,
    Number,
    Objective,
    OpenExpression,
    Passthrough,
    Password,
    PlainBlock,
    Range,
    Regex,
    SecretText,
    ServiceName,
    Size,
    SloWindow,
    StackName,
    Text,
    Url,
    UrlPath,
    UserName,
    wrong,
)
from stackctl.manifest.routing_schema import ReceiverModel, RoutingModel
from stackctl.manifest.rule_schema import PackSourceModel, RuleSourceModel


class Resources(Model):
    """Upper limits of a container. The native runtime does not enforce them."""

    memory: Memory | None = Field(None, description="The most memory it may use, like `512m` or `2g`.")
    cpus: Number | None = Field(None, description="The most processor cores it may use, like `0.5`.")


class ComponentModel(Model):
    """What every server of the stack can be told."""

    component: ClassVar[str] = ""

    image: Text | None = Field(None, description="Container image with its tag. A pinned default for every component.")
    listen: ListenAddress | None = Field(
        None, description="Where it listens on this machine: `host:port`, or a port on loopback. Loopback by default."
    )
    resources: Resources = Field(default_factory=Resources, description="Upper limits.")


class Retention(Model):
    """How long Prometheus keeps samples. What is reached first counts."""

    time: Duration = Field(c.DEFAULT_RETENTION_TIME, description="By age.")
    size: Size | None = Field(None, description="By size on disk, like `10GB`. No limit by default.")


class WebUserModel(Model):
    """The one user whom Prometheus answers. stackctl, Grafana and Prometheus' own scrape log in as this one too."""

    username: UserName = Field(description="The user name.")
    password: Password = Field(description="The password; best given as `${VARIABLE}`.")


class WebTlsModel(Model):
    """TLS of the server. The files are in PEM form, and their paths begin at the manifest."""

    cert_file: Text = Field(description="The certificate, followed by those between it and the authority.")
    key_file: Text = Field(description="Its private key, without a passphrase.")
    ca_file: Text | None = Field(
        None, description="The authority that vouches for it; needed where this machine or an image does not know it."
    )


class AuthModel(Model):
    """Who may ask Prometheus, and how: `basic_auth`, `tls`, or both."""

    basic_auth: WebUserModel | None = Field(None, description="The user and the password that every request needs.")
    tls: WebTlsModel | None = Field(None, description="HTTPS instead of HTTP.")

    @model_validator(mode="after")
    def _says_something(self) -> AuthModel:
        if self.basic_auth is None and self.tls is None:
            raise wrong("`auth` needs `basic_auth` or `tls`", "Add one of the two, or remove `auth`.")
        return self


class PrometheusModel(ComponentModel):
    """The Prometheus server. It always runs; the section is needed only to change a default."""

    component = c.PROMETHEUS

    scrape_interval: Duration = Field(c.DEFAULT_INTERVAL, description="How often targets are scraped.")
    evaluation_interval: Duration = Field(c.DEFAULT_INTERVAL, description="How often rules are evaluated.")
    retention: Retention = Field(default_factory=Retention, description="How long samples are kept.")
    external_labels: dict[LabelName, Text] = Field(
        default_factory=dict, description="Labels added to everything that leaves this Prometheus."
    )
    remote_write: list[Passthrough] = Field(
        default_factory=list,
        description="Prometheus' own `remote_write` blocks. Files that a `tls_config` names begin at the manifest.",
    )
    auth: AuthModel | None = Field(None, description="Basic auth and TLS of the server itself.")
    extra: Passthrough = Field(default_factory=dict, description="Merged last into prometheus.yml: the way out.")


class AlertmanagerModel(ComponentModel):
    """The Alertmanager. It runs when the section is there, if only as `alertmanager: {}`."""

    component = c.ALERTMANAGER

    receivers: dict[Text, ReceiverModel] = Field(default_factory=dict, description="Who can be told, by name.")
    route: Passthrough | None = Field(
        None, description="Alertmanager's own routing tree. By default all alerts go to the first receiver."
    )
    routing: RoutingModel | None = Field(None, description="Who is told what, in place of `route`.")
    extra: Passthrough = Field(default_factory=dict, description="Merged last into alertmanager.yml: the way out.")


class AdminModel(Model):
    """Grafana's administrator."""

    user: Text = Field("admin", description="The login name.")
    password: SecretText | None = Field(None, description="The password. Generated and kept when not given.")


class GrafanaModel(ComponentModel):
    """The Grafana server. It runs when the section is there, if only as `grafana: {}`."""

    component = c.GRAFANA

    admin: AdminModel = Field(default_factory=AdminModel, description="The administrator.")
    extra_env: dict[Text, Text] = Field(default_factory=dict, description="More `GF_*` environment variables.")


class PushgatewayModel(ComponentModel):
    """The Pushgateway, for batch jobs. It runs, and is scraped, when the section is there."""

    component = c.PUSHGATEWAY


class NodeModel(ComponentModel):
    """The node exporter: the machine's processor, memory, disks and network."""

    component = c.NODE


class ProbeModel(Model):
    """Something that the blackbox exporter asks."""

    url: Text = Field(description="What is asked: a URL, or host:port for a TCP module.")
    module: Literal["http_2xx", "http_post_2xx", "tcp_connect", "icmp"] = Field(
        "http_2xx", description="How it is asked."
    )


class BlackboxModel(ComponentModel):
    """The blackbox exporter: probes of URLs and ports from outside."""

    component = c.BLACKBOX

    probes: dict[ServiceName, ProbeModel] = Field(default_factory=dict, description="What is probed, by name.")


class CadvisorModel(ComponentModel):
    """cAdvisor: processor, memory, disks and network of every container. It runs in Docker only."""

    component = c.CADVISOR


class PostgresModel(ComponentModel):
    """The PostgreSQL exporter."""

    component = c.POSTGRES

    dsn: DatabaseUrl = Field(description="The database: `postgresql://user:password@host:5432/name?sslmode=disable`.")


class RedisModel(ComponentModel):
    """The Redis exporter."""

    component = c.REDIS

    address: Address = Field(description="The server's `host:port`.")
    password: SecretText | None = Field(None, description="Its password, when it has one.")


class KafkaModel(ComponentModel):
    """The Kafka exporter: brokers, topics, and the lag of consumer groups."""

    component = c.KAFKA

    brokers: list[Address] = Field(min_length=1, description="The brokers' `host:port`.")


class NginxModel(ComponentModel):
    """The nginx exporter: connections and requests, from the page of nginx's `stub_status`."""

    component = c.NGINX

    url: Url = Field(description="Where nginx serves `stub_status`, like `http://localhost:8080/stub_status`.")


class MemcachedModel(ComponentModel):
    """The memcached exporter."""

    component = c.MEMCACHED

    address: Address = Field(description="The server's `host:port`.")


class ClickhouseModel(Model):
    """ClickHouse, which exports its metrics itself: nothing is started, its endpoint is scraped."""

    target: Address = Field(description="`host:port` of its Prometheus endpoint, 9363 as ClickHouse suggests.")
    metrics_path: UrlPath = Field("/metrics", description="The path of the metrics.")


class ExportersModel(Model):
    """Third-party exporters that the stack runs and scrapes."""

    node: NodeModel | None = Field(None, description="The node exporter.")
    cadvisor: CadvisorModel | None = Field(None, description="cAdvisor, for containers.")
    blackbox: BlackboxModel | None = Field(None, description="The blackbox exporter.")
    postgres: PostgresModel | None = Field(None, description="The PostgreSQL exporter.")
    redis: RedisModel | None = Field(None, description="The Redis exporter.")
    kafka: KafkaModel | None = Field(None, description="The Kafka exporter.")
    nginx: NginxModel | None = Field(None, description="The nginx exporter.")
    memcached: MemcachedModel | None = Field(None, description="The memcached exporter.")
    clickhouse: ClickhouseModel | None = Field(None, description="ClickHouse's own endpoint.")


class TargetModel(Model):
    """One target: `host:port`, or a mapping when it has labels of its own."""

    shorthand = "address"

    address: Address = Field(description="`host:port`. `localhost` means this machine, under Docker too.")
    labels: dict[LabelName, Text] = Field(default_factory=dict, description="Labels of this target alone.")


class BasicAuthModel(Model):
    """HTTP basic authentication of the scrape."""

    username: Text = Field(description="The user name.")
    password: SecretText = Field(description="The password; best given as `${VARIABLE}`.")


class RelabelModel(Model):
    """One step of Prometheus' relabelling."""

    source_labels: list[Text] = Field(default_factory=list, description="The labels whose values are joined.")
    separator: Text | None = Field(None, description="What joins them; `;` by default.")
    regex: Regex | None = Field(None, description="What the joined value must match, whole; `(.*)` by default.")
    modulus: Integer | None = Field(None, description="For `hashmod`.")
    target_label: Text | None = Field(None, description="The label that is written.")
    replacement: Text | None = Field(None, description="What is written; `$1` by default.")
    action: Literal[
        "replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep",
        "lowercase", "uppercase",
    ] | None = Field(None, description="What is done; `replace` by default.")  # fmt: skip


class HealthModel(Model):
    """Paths that answer 2xx, probed by `verify`."""

    live: UrlPath | None = Field(None, description="Answers while the service is alive.")
    ready: UrlPath | None = Field(None, description="Answers when the service can do its work.")


class NativeRunModel(Model):
    """A process of the native runtime."""

    command: list[Text] = Field(min_length=1, description="The program and its arguments; no shell is involved.")
    env: dict[Text, MaybeSecret] = Field(
        default_factory=dict, description="Environment variables beside the user's own."
    )
    cwd: Text = Field(".", description="The folder it runs in, relative to the manifest.")


class RunModel(Model):
    """How the stack starts the service itself. Without it, the service is expected to run already."""

    docker: PlainBlock | None = Field(None, description="A Compose service, in Compose's own fields.")
    native: NativeRunModel | None = Field(None, description="A process, for the native runtime.")


class LabelModel(Model):
    """The values of a label: a list when they are a closed set, else nothing, or `{examples: [...]}`."""

    values: list[Text] = Field(default_factory=list, description="All that it may be; the list itself is enough.")
    examples: list[Text] = Field(default_factory=list, description="Some of what it may be, for `simulate`.")

    @model_validator(mode="before")
    @classmethod
    def _list_is_closed(cls, value: Any) -> Any:
        return {"values": value} if isinstance(value, list) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(super().__get_pydantic_json_schema__(core, handler))
        return {"anyOf": [schema["properties"]["values"], schema]}


class MetricModel(Model):
    """A metric that a service promises. Its type alone is enough: `jobs_total: counter`."""

    shorthand = "type"

    type: Literal["counter", "gauge", "histogram", "summary", "info", "stateset"] = Field(
        description="The type of the metric."
    )
    labels: dict[LabelName, LabelModel] = Field(
        default_factory=dict, description="Its labels: a list of names, or each name with its values."
    )
    unit: Text = Field("", description="What is measured: `seconds`, `bytes`, `ratio`, `percent`, ...")
    help: Text = Field("", description="What it tells.")
    buckets: Bounds | None = Field(None, description="Of a histogram: the upper bounds, ascending.")
    quantiles: list[Fraction] = Field(default_factory=list, description="Of a summary.")
    states: list[Text] = Field(default_factory=list, description="Of a state set, from good to bad.")
    range: Range | None = Field(
        None,
        description="For `simulate`, two numbers: what it measures at rest, and when saturated. "
        "Of a counter, what it counts in a second.",
    )

    @model_validator(mode="before")
    @classmethod
    def _names_are_open(cls, value: Any) -> Any:
        labels = value.get("labels") if isinstance(value, dict) else None
        if not isinstance(labels, list) or not all(isinstance(name, str) for name in labels):
            return value
        return {**value, "labels": {name: {} for name in labels}}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        labels = schema["anyOf"][1]["properties"]["labels"]
        names = {"type": "array", "items": {"type": "string"}}
        schema["anyOf"][1]["properties"]["labels"] = {
            "anyOf": [names, labels],
            "description": labels.pop("description"),
        }
        return schema


class ContractModel(Model):
    """The metrics that a service promises: by name, in a file of the same form, or both."""

    shorthand = "file"

    file: Text | None = Field(None, description="A file of metrics, relative to the manifest; several may share it.")
    with_: dict[Text, Filling] = Field(
        default_factory=dict, alias="with", description="With `file`: what stands for each `{placeholder}` in it."
    )
    metrics: dict[MetricName, MetricModel] = Field(
        default_factory=dict, description="The metrics by name. Without `file`, this mapping itself is enough."
    )

    @model_validator(mode="before")
    @classmethod
    def _mapping_is_metrics(cls, value: Any) -> Any:
        if not isinstance(value, dict) or isinstance(value.get("file"), str) or "with" in value:
            return value
        return {"metrics": value}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        text, mapping = schema["anyOf"]
        return {"anyOf": [text, {**mapping, "required": ["file"]}, mapping["properties"]["metrics"]]}


class PushModel(Model):
    """A batch job: it pushes its metrics to the stack's Pushgateway before it ends, instead of being scraped."""

    job: Text | None = Field(None, description="The job that it pushes as; the service's name by default.")
    grouping: dict[LabelName, Text] = Field(default_factory=dict, description="The grouping key beside the job.")


class LatencyModel(Model):
    """What is fast enough."""

    histogram: MetricName = Field(description="The histogram of how long it takes, without `_bucket`.")
    under: Number = Field(description="What counts as good: at most this, one of its buckets.")


class SloModel(Model):
    """A service level objective: the share of events that has to be good, by `good` and `total`, or by `latency`."""

    objective: Objective = Field(description="The percentage that has to be good, like `99.9`.")
    window: SloWindow = Field("30d", description="The time over which; Prometheus has to keep samples as long.")
    good: OpenExpression | None = Field(
        None, description='Good events in a second: `rate(requests_total{status!~"5.."}[$window])`.'
    )
    total: OpenExpression | None = Field(None, description="All events in a second: `rate(requests_total[$window])`.")
    latency: LatencyModel | None = Field(None, description="In place of both: what a histogram says is fast enough.")

    @model_validator(mode="after")
    def _counted_one_way(self) -> SloModel:
        counted = [each for each in (self.good, self.total) if each is not None]
        if self.latency and counted:
            raise wrong("an SLO has either `latency`, or `good` and `total`", "Remove one of the two.")
        if not self.latency and len(counted) < 2:
            raise wrong(
                "an SLO needs `good` and `total`, or `latency`", "Say what is counted: docs/slo.md has examples."
            )
        return self


class ServiceModel(Model):
    """What you monitor: one scrape job."""

    targets: list[TargetModel] | None = Field(
        None, description="What is scraped. This, `discovery` or `push` is needed."
    )
    discovery: Passthrough | None = Field(
        None, description="Prometheus service discovery instead of targets: `{dns_sd_configs: [...]}` and the like."
    )
    metrics_path: UrlPath = Field("/metrics", description="The path of the metrics.")
    scheme: Literal["http", "https"] = Field("http", description="How targets are spoken to.")
    scrape_interval: Duration | None = Field(None, description="How often; the stack's interval by default.")
    scrape_timeout: Duration | None = Field(None, description="How long a scrape may take; at most the interval.")
    labels: dict[LabelName, Text] = Field(default_factory=dict, description="Labels of every target of the service.")
    basic_auth: BasicAuthModel | None = Field(None, description="User and password of the scrape.")
    authorization: Passthrough | None = Field(None, description="Prometheus' `authorization` block, for tokens.")
    tls: Passthrough | None = Field(
        None, description="Prometheus' `tls_config` block. `ca_file`, `cert_file` and `key_file` begin at the manifest."
    )
    params: dict[Text, list[Text]] = Field(default_factory=dict, description="URL parameters of the scrape.")
    honor_labels: Boolean = Field(False, description="Keep labels that the target sends, when they clash.")
    fallback_scrape_protocol: Literal[
        "PrometheusText0.0.4", "PrometheusText1.0.0", "OpenMetricsText0.0.1", "OpenMetricsText1.0.0", "PrometheusProto"
    ] | None = Field(None, description="What to assume when a target sends no usable Content-Type.")  # fmt: skip
    relabel: list[RelabelModel] = Field(default_factory=list, description="Prometheus' `relabel_configs`.")
    metric_relabel: list[RelabelModel] = Field(
        default_factory=list, description="Prometheus' `metric_relabel_configs`."
    )
    health: HealthModel = Field(default_factory=HealthModel, description="Health endpoints.")
    run: RunModel = Field(default_factory=RunModel, description="How the stack starts it.")
    profiles: list[ServiceName] = Field(
        default_factory=list, description="With `run`: started only when `up --profile` names one of these."
    )
    metrics: ContractModel | None = Field(None, description="The contract: the metrics that it promises to serve.")
    push: PushModel | None = Field(None, description="Instead of targets: it pushes to the stack's Pushgateway.")
    slo: dict[ServiceName, SloModel] = Field(
        default_factory=dict, description="Service level objectives by name: rules, alerts and a dashboard of each."
    )


class NetworksModel(Model):
    """Docker networks."""

    join: list[Text] = Field(default_factory=list, description="Existing networks that Prometheus must reach.")


class DashboardSourceModel(PackSourceModel):
    """A Grafana dashboard: a file, in the compact form when it ends in `.yml`, else Grafana's own JSON; or a `pack`."""

    file: Text | None = Field(None, description="The file, relative to the manifest.")
    folder: Text = Field(
        "", description="The Grafana folder; by default the one a compact file names, or the top level."
    )

    @model_validator(mode="after")
    def _file_or_pack(self) -> DashboardSourceModel:
        if (self.file is None) == (self.pack is None):
            raise wrong("a dashboard is either a `file` or a `pack`", "Name one of the two.")
        if self.file is not None and self.says("services", "with_"):
            raise wrong("`services` and `with` are for a `pack`", "Remove them, or name the pack.")
        return self


class Manifest(Model):
    """A monitoring stack."""

    version: Literal["1"] = Field(
        description="The version of this language. There is one: `1`.",
        # Scalars are text until the schema reads them, but an editor sees the number.
        json_schema_extra=lambda schema: schema.update(const=1, type="integer"),
    )
    name: StackName = Field(description="The stack's name, and the Compose project's.")
    prometheus: PrometheusModel = Field(default_factory=PrometheusModel, description="The Prometheus server.")
    alertmanager: AlertmanagerModel | None = Field(None, description="The Alertmanager.")
    grafana: GrafanaModel | None = Field(None, description="The Grafana server.")
    pushgateway: PushgatewayModel | None = Field(None, description="The Pushgateway.")
    exporters: ExportersModel | None = Field(None, description="Exporters that the stack runs.")
    services: dict[ServiceName, ServiceModel] = Field(default_factory=dict, description="What you monitor, by name.")
    networks: NetworksModel = Field(default_factory=NetworksModel, description="Docker networks.")
    rules: list[RuleSourceModel] = Field(default_factory=list, description="Alerting and recording rules.")
    dashboards: list[DashboardSourceModel] = Field(default_factory=list, description="Dashboards.")
    packs: list[Text] = Field(default_factory=list, description="Folders with packs of your own, beside the manifest.")
