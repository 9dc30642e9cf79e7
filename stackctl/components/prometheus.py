"""The Prometheus server. `render/prometheus.py` renders its configuration, `render/web.py` its login and TLS."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, ClassVar

from pydantic import Field, model_validator

from stackctl import conventions as c
from stackctl.bounds.json_text import loads
from stackctl.components.component import (
    BLOCK_FILE,
    EXTERNAL_URL,
    Component,
    Container,
    Place,
    Started,
    StoredData,
    Support,
    links,
)
from stackctl.components.release import Program, Release, image_version
from stackctl.components.settings import StoringSettings
from stackctl.manifest.base import Model
from stackctl.manifest.block_fields import Passthrough
from stackctl.manifest.fields import (
    Boolean,
    Count,
    Duration,
    ExternalLabelName,
    FeatureName,
    Filled,
    Password,
    Replicas,
    Size,
    Text,
    Url,
    UserName,
    wrong,
)
from stackctl.model import Prometheus, QueryLimits
from stackctl.runtimes.facts import Facts

# From this version on the configuration file is the place of the retention; before, it was read wrongly there.
_RETENTION_IN_CONFIG = (3, 11)
# Of the blocks of a TSDB since Prometheus 2.0.
_BLOCK_VERSION = 1


class RetentionSettings(Model):
    """Limits on how long Prometheus keeps samples. The limit that is reached first applies."""

    time: Duration = Field(c.DEFAULT_RETENTION_TIME, description="By age.")
    size: Size | None = Field(None, description="By size on disk, like `10GB`. No limit by default.")


class WebUserSettings(Model):
    """The one user whom Prometheus answers. stackctl, Grafana and Prometheus' own scrape log in as this one too."""

    username: UserName = Field(description="The user name.")
    password: Password = Field(description="The password; preferably given as `${VARIABLE}`.")


class WebTlsSettings(Model):
    """TLS of the server. The files are in PEM form, and their paths begin at the manifest."""

    cert_file: Filled = Field(description="The certificate, followed by intermediate certificates.")
    key_file: Filled = Field(description="Its private key, without a passphrase.")
    ca_file: Filled | None = Field(
        None, description="The CA that signed it; needed if this machine or an image does not trust it."
    )


class AuthSettings(Model):
    """Authentication that Prometheus requires: `basic_auth`, `tls`, or both."""

    basic_auth: WebUserSettings | None = Field(None, description="The user and the password that every request needs.")
    tls: WebTlsSettings | None = Field(None, description="HTTPS instead of HTTP.")

    @model_validator(mode="after")
    def _says_something(self) -> AuthSettings:
        if self.basic_auth is None and self.tls is None:
            raise wrong("`auth` needs `basic_auth` or `tls`", "Add one of the two, or remove `auth`.")
        return self


class QuerySettings(Model):
    """Limits of queries."""

    timeout: Duration | None = Field(None, description="How long a query may take; 2m by default.")
    max_samples: Count | None = Field(None, description="How many samples it may load; 50000000 by default.")
    max_concurrency: Count | None = Field(None, description="How many run at the same time; 20 by default.")
    lookback_delta: Duration | None = Field(
        None, description="For how long the last sample of a series counts; 5m by default."
    )


class PrometheusSettings(StoringSettings):
    """The Prometheus server. It always runs; the section is needed only to change a default."""

    refused: ClassVar[Mapping[str, tuple[str, str]]] = {
        "shards": (
            "each shard would evaluate all rules on its own targets only, so a sum over all of them would be wrong",
            "Use `replicas`, or send the samples by `remote_write` to a system that has shards.",
        )
    }

    scrape_interval: Duration = Field(c.DEFAULT_INTERVAL, description="How often targets are scraped.")
    evaluation_interval: Duration = Field(c.DEFAULT_INTERVAL, description="How often rules are evaluated.")
    retention: RetentionSettings = Field(default_factory=RetentionSettings, description="How long samples are kept.")
    external_labels: dict[ExternalLabelName, Text] = Field(
        default_factory=dict, description="Labels added to everything that leaves this Prometheus."
    )
    remote_write: list[Passthrough] = Field(
        default_factory=list,
        description="Prometheus' own `remote_write` blocks. File paths are relative to the manifest.",
    )
    auth: AuthSettings | None = Field(None, description="Basic auth and TLS of the server itself.")
    external_url: Url | None = Field(
        None,
        description="The address that people open, for the links in notifications; that of `listen` by default. A "
        "proxy takes its path off: Prometheus itself serves at `/`.",
    )
    enable_features: list[FeatureName] = Field(
        default_factory=list, description="Features for `--enable-feature`, like `exemplar-storage`."
    )
    out_of_order_time_window: Duration | None = Field(
        None, description="How old samples may be that come late; late ones are refused by default."
    )
    series_budget: Count | None = Field(
        None, description="How many series all targets together may serve; more is a finding of `check` and `verify`."
    )
    query: QuerySettings = Field(default_factory=QuerySettings, description="Limits of queries.")
    remote_write_receiver: Boolean = Field(False, description="Take samples that others write, at `/api/v1/write`.")
    otlp_receiver: Boolean = Field(False, description="Take metrics by OTLP, at `/api/v1/otlp/v1/metrics`.")
    replicas: Replicas = Field(
        1,
        description="How many of it a cluster runs (`runtime: kubernetes`): each scrapes all targets and sends all "
        "alerts, and adds the label `prometheus_replica` to what it sends to other systems. Elsewhere one runs.",
    )
    extra: Passthrough = Field(
        default_factory=dict,
        description="Escape hatch: merged last into prometheus.yml. File paths are relative to the manifest.",
    )


def retention_in_config(prometheus: Prometheus, runtime: Facts) -> bool:
    """Return whether this Prometheus takes its retention from prometheus.yml, and not from flags.

    Natively the binary may be older than the image, so it gets the flags: deprecated, but known to every version.
    """
    return runtime.runs_images and image_version(prometheus.image) >= _RETENTION_IN_CONFIG


def _arguments(prometheus: Prometheus, place: Place) -> tuple[str, ...]:
    return (
        f"--config.file={place.tree}/{c.PROMETHEUS_FILE}",
        f"--storage.tsdb.path={place.data}",
        place.web,
        *((f"--web.config.file={place.tree}/{c.WEB_FILE}",) if prometheus.login or prometheus.tls else ()),
        "--web.enable-lifecycle",
        # `backup` asks for a snapshot: data read while Prometheus writes it is damaged. The price: who reaches the
        # address can delete series too, which is one more reason for the default of loopback only.
        "--web.enable-admin-api",
        *_retention(prometheus, place.runtime),
        *links(prometheus.external_url, prometheus.listen),
        *((f"--enable-feature={','.join(prometheus.features)}",) if prometheus.features else ()),
        *_query_limits(prometheus.query),
        *(("--web.enable-remote-write-receiver",) if prometheus.remote_write_receiver else ()),
        *(("--web.enable-otlp-receiver",) if prometheus.otlp_receiver else ()),
    )


def _query_limits(query: QueryLimits) -> Iterator[str]:
    for name, value in vars(query).items():
        if value is not None:
            yield f"--query.{name.replace('_', '-')}={value}"


def _retention(prometheus: Prometheus, runtime: Facts) -> tuple[str, ...]:
    if retention_in_config(prometheus, runtime):
        return ()
    size = prometheus.retention.size
    return (
        f"--storage.tsdb.retention.time={prometheus.retention.time}",
        *((f"--storage.tsdb.retention.size={size}",) if size else ()),
    )


def _adopted(started: Started) -> dict[str, Any]:
    """The settings that say what the options of another Prometheus said."""
    switches = {name for name, value in started.options if value in ("", "true")}
    features = [each for given in started.given("enable-feature") for each in given.split(",") if each]
    retention = {
        key: given[-1] for key in ("time", "size") if (given := started.given(f"storage.tsdb.retention.{key}"))
    }
    if before_2_8 := started.given("storage.tsdb.retention"):
        retention.setdefault("time", before_2_8[-1])
    query = {
        key: given[-1]
        for key in QuerySettings.model_fields
        if (given := started.given(f"query.{key.replace('_', '-')}"))
    }
    found = {
        "retention": retention,
        "external_url": next((each for each in started.given(EXTERNAL_URL) if each.startswith("http")), None),
        "enable_features": [each for each in features if each != "remote-write-receiver"],
        "query": query,
        "remote_write_receiver": "web.enable-remote-write-receiver" in switches or "remote-write-receiver" in features,
        "otlp_receiver": "web.enable-otlp-receiver" in switches,
    }
    return {key: value for key, value in found.items() if value}


# A release ends when the next one appears, but for the long-term ones.
_SUPPORT = Support(
    ends={
        (3, 5): date(2026, 7, 31),
        (3, 11): date(2026, 5, 28),
        (3, 12): date(2026, 7, 1),
        (3, 13): date(2027, 7, 31),
        (3, 14): date(2026, 9, 24),
        (3, 15): date(2026, 11, 4),
    },
    ended_before=(3, 13),
)


def _refuse_data(data: StoredData) -> str:
    """Return why no Prometheus since 2.0 can read some data, "" where it can."""
    if "heads.db" in data.names:
        return "it is the storage of Prometheus 1, which later versions cannot read"
    if not data.blocks and not {"wal", "chunks_head"} & data.names:
        return "it is not a TSDB: it has neither a block nor `wal`"
    for name, text in sorted(data.blocks.items()):
        try:
            meta = loads(text)
        except ValueError:
            return f"{name}/{BLOCK_FILE} is not JSON"
        version = meta.get("version") if isinstance(meta, dict) else None
        if version != _BLOCK_VERSION:
            return f"block {name} has version {version}, and Prometheus reads version {_BLOCK_VERSION}"
    return ""


COMPONENT = Component(
    name=c.PROMETHEUS,
    rank=0,
    settings=PrometheusSettings,
    image="prom/prometheus:v3.13.5",
    minimum=(3,),
    support=_SUPPORT,
    port=9090,
    ready="/-/ready",
    reload="/-/reload",
    container=Container(data="/prometheus", joins_networks=True),
    release=Release(
        project="prometheus",
        programs=(Program("prometheus"), Program("promtool")),
        minimum="3.0",
        packages=("prometheus", "promtool"),
    ),
    series=("prometheus_", "net_conntrack_", "promhttp_"),
    # Not its other secrets. Seen on 3.5: it reads a scrape's password file once and keeps what it held, reload or not.
    reads_on_reload=("prometheus/", c.WEB_FOLDER),
    arguments=_arguments,
    adopted=_adopted,
    refuse_data=_refuse_data,
    own_options=(
        *("config.file", "storage.tsdb.path", "storage.tsdb.retention", "storage.tsdb.no-lockfile"),
        *("web.listen-address", "web.config.file", "web.console.", EXTERNAL_URL, "web.enable-", "enable-feature"),
        "web.route-prefix",
        *("query.timeout", "query.max-samples", "query.max-concurrency", "query.lookback-delta"),
    ),
    target_series=691,
)
