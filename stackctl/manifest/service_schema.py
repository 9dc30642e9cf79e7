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
    Duration,
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
    env: dict[Text, MaybeSecret] = Field(
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
    sample_limit: Integer | None = Field(None, description="A scrape with more samples than this fails.")
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
