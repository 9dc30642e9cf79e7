"""The user's services in the manifest: where they are, what they promise to serve, how they are run."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stackctl.manifest.base import Model
from stackctl.manifest.block_fields import Passthrough, PlainBlock
from stackctl.manifest.fields import (
    Boolean,
    Bounds,
    Count,
    Duration,
    EnvironmentName,
    Filled,
    Filling,
    Fraction,
    GroupingLabel,
    Integer,
    LabelName,
    MaybeSecret,
    MetricName,
    MetricsPath,
    Number,
    Objective,
    OpenExpression,
    Range,
    Regex,
    SecretText,
    ServiceName,
    Size,
    SloWindow,
    TargetAddress,
    TargetUrl,
    Text,
    UrlPath,
    read_target,
    wrong,
)


class TargetModel(Model):
    """One target: `host:port` or a URL, or a mapping when it has labels of its own."""

    shorthand = "address"

    address: TargetAddress = Field(
        description="`host:port`, or a URL like `https://shop.example.org/metrics`, whose scheme and path the "
        "service then has; its port is 443 or 80 by default. `localhost` means this machine, under Docker too."
    )
    labels: dict[LabelName, Text] = Field(default_factory=dict, description="Labels of this target alone.")

    @property
    def url(self) -> TargetUrl:
        """Return its parts."""
        return read_target(self.address)


class BasicAuthModel(Model):
    """HTTP basic authentication of the scrape."""

    username: Text = Field(description="The user name.")
    password: SecretText = Field(description="The password; preferably given as `${VARIABLE}`.")


class RelabelModel(Model):
    """One step of Prometheus' relabelling."""

    source_labels: list[Text] = Field(default_factory=list, description="The labels whose values are joined.")
    separator: Text | None = Field(None, description="The text between them; `;` by default.")
    regex: Regex | None = Field(None, description="What the joined value must match, whole; `(.*)` by default.")
    modulus: Integer | None = Field(None, description="For `hashmod`.")
    target_label: Text | None = Field(None, description="The label that is written.")
    replacement: Text | None = Field(None, description="What is written; `$1` by default.")
    action: Literal[
        "replace", "keep", "drop", "keepequal", "dropequal", "hashmod", "labelmap", "labeldrop", "labelkeep",
        "lowercase", "uppercase",
    ] | None = Field(None, description="The action; `replace` by default.")  # fmt: skip


class HealthModel(Model):
    """Paths that answer 2xx, probed by `verify`."""

    live: UrlPath | None = Field(None, description="Answers while the service is alive.")
    ready: UrlPath | None = Field(None, description="Answers when the service can do its work.")


class NativeRunModel(Model):
    """A process of the native runtime."""

    command: list[Text] = Field(min_length=1, description="The program and its arguments; no shell is involved.")
    env: dict[EnvironmentName, MaybeSecret] = Field(
        default_factory=dict, description="Environment variables in addition to the user's own."
    )
    cwd: Text = Field(".", description="The folder it runs in, relative to the manifest.")


class RunModel(Model):
    """Ways to start the service itself. Without them, the service is expected to be running."""

    docker: PlainBlock | None = Field(None, description="A Compose service, in Compose's own fields.")
    native: NativeRunModel | None = Field(None, description="A process, for the native runtime.")


class LabelModel(Model):
    """The values of a label: a list when they are a closed set, else nothing, or `{examples: [...]}`."""

    values: list[Text] = Field(default_factory=list, description="All possible values; a plain list works too.")
    examples: list[Text] = Field(default_factory=list, description="Example values, for `simulate`.")

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
    unit: Text = Field("", description="The unit: `seconds`, `bytes`, `ratio`, `percent`, ...")
    help: Text = Field("", description="Its help text.")
    buckets: Bounds | None = Field(None, description="Of a histogram: the upper bounds, ascending.")
    native: Boolean = Field(
        False, description="Of a histogram: it is a native one; with `buckets`, it is served in both forms."
    )
    quantiles: list[Fraction] = Field(default_factory=list, description="Of a summary.")
    states: list[Text] = Field(default_factory=list, description="Of a state set, from good to bad.")
    range: Range | None = Field(
        None,
        description="For `simulate`, two numbers: its value when idle, and when saturated. "
        "Of a counter, its rate per second.",
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

    file: Filled | None = Field(
        None, description="A file of metrics, relative to the manifest; several services may share it."
    )
    with_: dict[Text, Filling] = Field(
        default_factory=dict, alias="with", description="With `file`: the value of each `{placeholder}` in it."
    )
    metrics: dict[MetricName, MetricModel] = Field(
        default_factory=dict, description="The metrics by name. Without `file`, a plain mapping of metrics works too."
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

    job: Text | None = Field(None, description="The job name that it pushes under; the service's name by default.")
    grouping: dict[GroupingLabel, Text] = Field(
        default_factory=dict, description="The labels of the grouping key besides the job."
    )


class LatencyModel(Model):
    """Limit for what is fast enough."""

    histogram: MetricName = Field(description="The latency histogram, without `_bucket`.")
    under: Number = Field(description="The upper limit for good events; must be one of its buckets.")


class SloModel(Model):
    """A service level objective: the share of events that has to be good, by `good` and `total`, or by `latency`."""

    objective: Objective = Field(description="The percentage of events that must be good, like `99.9`.")
    window: SloWindow = Field("30d", description="The time window; Prometheus must keep samples for at least as long.")
    good: OpenExpression | None = Field(
        None, description='Good events per second: `rate(requests_total{status!~"5.."}[$window])`.'
    )
    total: OpenExpression | None = Field(None, description="All events per second: `rate(requests_total[$window])`.")
    latency: LatencyModel | None = Field(None, description="Instead of both: a latency limit, measured by a histogram.")

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


# The options of a service that Prometheus has under the same name, and takes as they are.
SCRAPE_OPTIONS = (
    "track_timestamps_staleness",
    "sample_limit",
    "target_limit",
    "label_limit",
    "label_name_length_limit",
    "label_value_length_limit",
    "body_size_limit",
    "keep_dropped_targets",
    "scrape_protocols",
    "fallback_scrape_protocol",
    "scrape_native_histograms",
    "always_scrape_classic_histograms",
    "convert_classic_histograms_to_nhcb",
    "native_histogram_bucket_limit",
    "native_histogram_min_bucket_factor",
    "metric_name_validation_scheme",
    "metric_name_escaping_scheme",
    "extra_scrape_metrics",
    "follow_redirects",
    "enable_http2",
    "enable_compression",
    "proxy_url",
    "no_proxy",
    "proxy_from_environment",
    "proxy_connect_header",
    "oauth2",
    "http_headers",
)
ScrapeProtocol = Literal[
    "PrometheusText0.0.4", "PrometheusText1.0.0", "OpenMetricsText0.0.1", "OpenMetricsText1.0.0", "PrometheusProto"
]


class ServiceModel(Model):
    """A service that you monitor: one scrape job."""

    targets: list[TargetModel] | None = Field(
        None, description="The targets to scrape. This, `discovery` or `push` is needed."
    )
    discovery: Passthrough | None = Field(
        None,
        description="Prometheus service discovery instead of targets: `{dns_sd_configs: [...]}` and the like. Paths of "
        "files are relative to the manifest; `localhost` means this machine.",
    )
    metrics_path: MetricsPath = Field("/metrics", description="The path of the metrics.")
    scheme: Literal["http", "https"] = Field("http", description="The protocol of the targets.")
    scrape_interval: Duration | None = Field(None, description="The scrape interval; the stack's by default.")
    scrape_timeout: Duration | None = Field(None, description="How long a scrape may take; at most the interval.")
    labels: dict[LabelName, Text] = Field(default_factory=dict, description="Labels of every target of the service.")
    basic_auth: BasicAuthModel | None = Field(None, description="User and password of the scrape.")
    authorization: Passthrough | None = Field(None, description="Prometheus' `authorization` block, for tokens.")
    tls: Passthrough | None = Field(
        None,
        description="Prometheus' `tls_config` block. Its `ca_file`, `cert_file` and `key_file` are relative to the "
        "manifest.",
    )
    params: dict[Text, list[Text]] = Field(default_factory=dict, description="URL parameters of the scrape.")
    honor_labels: Boolean = Field(False, description="Keep labels that the target sends, if they conflict with others.")
    honor_timestamps: Boolean = Field(True, description="Keep the timestamps that the target sends.")
    track_timestamps_staleness: Boolean | None = Field(
        None, description="End series that the target sends with timestamps when they are gone. Off by default."
    )
    sample_limit: Count | None = Field(None, description="A scrape with more samples than this fails.")
    target_limit: Count | None = Field(None, description="With more targets than this, all scrapes fail.")
    label_limit: Count | None = Field(None, description="A scrape with a series of more labels than this fails.")
    label_name_length_limit: Count | None = Field(
        None, description="A scrape with a longer label name than this, in bytes, fails."
    )
    label_value_length_limit: Count | None = Field(
        None, description="A scrape with a longer label value than this, in bytes, fails."
    )
    body_size_limit: Size | None = Field(None, description="A scrape with a larger response than this fails: `10MB`.")
    keep_dropped_targets: Count | None = Field(None, description="How many dropped targets are remembered.")
    scrape_protocols: list[ScrapeProtocol] | None = Field(
        None, description="The formats that are asked for, the preferred one first."
    )
    fallback_scrape_protocol: ScrapeProtocol | None = Field(
        None, description="What to assume when a target sends no usable Content-Type."
    )
    scrape_native_histograms: Boolean | None = Field(None, description="Scrape native histograms.")
    always_scrape_classic_histograms: Boolean | None = Field(
        None, description="Scrape the classic form of histograms that are native ones too."
    )
    convert_classic_histograms_to_nhcb: Boolean | None = Field(
        None, description="Store classic histograms as native ones with custom buckets."
    )
    native_histogram_bucket_limit: Count | None = Field(
        None, description="Merge buckets of native histograms that have more than this."
    )
    native_histogram_min_bucket_factor: Number | None = Field(
        None, description="Merge buckets of native histograms that grow by less than this factor."
    )
    metric_name_validation_scheme: Literal["legacy", "utf8"] | None = Field(
        None, description="The characters that names of metrics and labels may have."
    )
    metric_name_escaping_scheme: Literal["allow-utf-8", "underscores", "dots", "values"] | None = Field(
        None, description="How targets are asked to write names with other characters."
    )
    extra_scrape_metrics: Boolean | None = Field(None, description="Store limits and sizes of each scrape as metrics.")
    follow_redirects: Boolean | None = Field(None, description="Follow redirects; on by default.")
    enable_http2: Boolean | None = Field(None, description="Speak HTTP/2; on by default.")
    enable_compression: Boolean | None = Field(None, description="Ask for compressed responses; on by default.")
    proxy_url: Text | None = Field(None, description="The proxy through which targets are asked.")
    no_proxy: Text | None = Field(None, description="Hosts that are asked without the proxy, separated by commas.")
    proxy_from_environment: Boolean | None = Field(None, description="Take the proxy from Prometheus' environment.")
    proxy_connect_header: Passthrough | None = Field(None, description="Headers for the proxy, by name.")
    oauth2: Passthrough | None = Field(
        None, description="Prometheus' `oauth2` block. Paths of files are relative to the manifest."
    )
    http_headers: Passthrough | None = Field(
        None, description="Prometheus' `http_headers` block: more headers of the scrape."
    )
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
