"""The servers of a stack in the manifest: Prometheus, Alertmanager, Grafana, the Pushgateway and the exporters."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field, model_validator

from stackctl import conventions as c
from stackctl.manifest.base import Model
from stackctl.manifest.block_fields import Passthrough
from stackctl.manifest.database_url import DatabaseUrl
from stackctl.manifest.fields import (
    Address,
    Duration,
    ExternalLabelName,
    ListenAddress,
    MaybeSecret,
    Memory,
    MetricsPath,
    Number,
    Password,
    ProbeUrl,
    SecretText,
    ServiceName,
    Size,
    Text,
    Url,
    UserName,
    wrong,
)
from stackctl.manifest.routing_schema import ReceiverModel, RoutingModel


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
    external_labels: dict[ExternalLabelName, Text] = Field(
        default_factory=dict, description="Labels added to everything that leaves this Prometheus."
    )
    remote_write: list[Passthrough] = Field(
        default_factory=list,
        description="Prometheus' own `remote_write` blocks. Paths of files begin at the manifest.",
    )
    auth: AuthModel | None = Field(None, description="Basic auth and TLS of the server itself.")
    extra: Passthrough = Field(
        default_factory=dict,
        description="Escape hatch: merged last into prometheus.yml. Paths of files begin at the manifest.",
    )


class AlertmanagerModel(ComponentModel):
    """The Alertmanager. It runs when the section is there, if only as `alertmanager: {}`."""

    component = c.ALERTMANAGER

    receivers: dict[Text, ReceiverModel] = Field(default_factory=dict, description="Who can be told, by name.")
    route: Passthrough | None = Field(
        None, description="Alertmanager's own routing tree. By default all alerts go to the first receiver."
    )
    routing: RoutingModel | None = Field(None, description="Who is told what, in place of `route`.")
    extra: Passthrough = Field(
        default_factory=dict,
        description="Escape hatch: merged last into alertmanager.yml. Paths of files begin at the manifest.",
    )


class AdminModel(Model):
    """Grafana's administrator."""

    user: Text = Field("admin", description="The login name.")
    password: SecretText | None = Field(None, description="The password. Generated and kept when not given.")


class GrafanaModel(ComponentModel):
    """The Grafana server. It runs when the section is there, if only as `grafana: {}`."""

    component = c.GRAFANA

    admin: AdminModel = Field(default_factory=AdminModel, description="The administrator.")
    extra_env: dict[Text, MaybeSecret] = Field(
        default_factory=dict, description="More `GF_*` environment variables. Secret ones become files."
    )

    @model_validator(mode="after")
    def _one_password(self) -> GrafanaModel:
        name = next((each for each in self.extra_env if each.startswith("GF_SECURITY_ADMIN_PASSWORD")), None)
        if name:
            raise wrong(f"`{name}` is what stackctl sets itself", "Write it as `grafana.admin.password`.")
        return self


class PushgatewayModel(ComponentModel):
    """The Pushgateway, for batch jobs. It runs, and is scraped, when the section is there."""

    component = c.PUSHGATEWAY


class NodeModel(ComponentModel):
    """The node exporter: the machine's processor, memory, disks and network."""

    component = c.NODE


class ProbeModel(Model):
    """Something that the blackbox exporter asks."""

    url: ProbeUrl = Field(description="What is asked: a URL, or host:port for a TCP module.")
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
    metrics_path: MetricsPath = Field("/metrics", description="The path of the metrics.")


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
