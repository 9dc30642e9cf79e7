"""Names of stacks, services, metrics and labels, and of things in Grafana."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BeforeValidator

from stackctl import conventions
from stackctl.manifest.fields.text import matching, schema, text_of, wrong


def _metric_name(value: Any) -> str:
    text = text_of(value)
    if not conventions.METRIC_NAME.fullmatch(text):
        fixed = re.sub(r"[^a-zA-Z0-9_:]+", "_", text).strip("_")
        remedy = f"Write `{fixed}`." if conventions.METRIC_NAME.fullmatch(fixed) else ""
        raise wrong(f"a metric name can contain only letters, digits, `_` and `:`: `{text}`", remedy)
    return text


_datasource_uid = matching(
    conventions.DASHBOARD_UID,
    "not a uid",
    "Use at most 40 of the characters a-z, A-Z, 0-9, - and _.",
)
# The form that Compose and every release of Kubernetes take.
_environment_name = matching(
    "[A-Za-z_.-][A-Za-z0-9_.-]*",
    "not a name of an environment variable",
    "Use letters from A to Z, digits and underscores, not beginning with a digit.",
)
# A section or a key that Grafana reads from a variable.
_setting_name = matching("[A-Za-z0-9_.-]+", "not a name in grafana.ini", "Write it as Grafana's documentation has it.")
_plugin_name = matching(
    r"[A-Za-z0-9][A-Za-z0-9-]*(@[A-Za-z0-9.+-]+)?",
    "not the id of a plugin",
    "Write an id like `grafana-clock-panel`, or `ID@VERSION`.",
)
# An RFC 1123 label, which is what Kubernetes takes.
_kubernetes_name = matching(
    conventions.KUBERNETES_NAME,
    "not a name that Kubernetes accepts",
    "Use up to 63 lowercase letters, digits and `-`, with a letter or digit at both ends.",
)
_feature_name = matching(
    r"[a-z0-9-]+",
    "not the name of a feature",
    "Write one for each item, like `exemplar-storage`.",
)


def _label_name(value: Any) -> str:
    text = _external_label_name(value)
    if text.startswith("__"):
        raise wrong(f"the label `{text}` is reserved", "Names that begin with two underscores belong to Prometheus.")
    return text


def _external_label_name(value: Any) -> str:
    """The name of a label. Prometheus 3 takes any text, like `service.name`; Mimir and Cortex need `__replica__`."""
    text = text_of(value)
    if not text or not text.isprintable():
        raise wrong(f"not a label name: `{text}`", "Write at least one letter, and no line breaks.")
    return text


def _grouping_label(value: Any) -> str:
    """A label of a grouping key, which is a part of the Pushgateway's URLs."""
    text = _label_name(value)
    if not conventions.LABEL_NAME.fullmatch(text):
        raise wrong(
            f"not a label of a push: `{text}`", "Use letters, digits and underscores, not beginning with a digit."
        )
    return text


def _stack_name(value: Any) -> str:
    text = text_of(value)
    _bounded(text)
    if not conventions.STACK_NAME.fullmatch(text):
        fixed = re.sub(r"[^a-z0-9_-]+", "-", text.lower()).strip("-_")
        remedy = f"Write `{fixed}`." if fixed else "Begin with a letter or a digit."
        raise wrong(f"a stack name can contain only lower-case letters, digits, `-` and `_`: `{text}`", remedy)
    return text


def _service_name(value: Any) -> str:
    text = text_of(value)
    _bounded(text)
    if not conventions.SERVICE_NAME.fullmatch(text):
        fixed = re.sub(r"[^a-zA-Z0-9_.-]+", "-", text).strip("-_.")
        remedy = f"Write `{fixed}`." if fixed else ""
        message = f"a name must begin with a letter or a digit, and can contain only these, `-`, `_` and `.`: `{text}`"
        raise wrong(message, remedy)
    return text


def _bounded(name: str) -> None:
    if len(name) > conventions.LONGEST_NAME:
        message = f"the name is {len(name)} characters long, the limit is {conventions.LONGEST_NAME}: `{name}`"
        raise wrong(message, "Shorten it: it becomes a host name.")


def _check_name(value: Any) -> str:
    text = text_of(value)
    if not re.fullmatch(r"[a-z_]+(\.[a-z_-]+)?", text):
        raise wrong("not the name of a check", "Write it as reports show it: `panel.data`, or `panel` for its family.")
    return text


CheckName = Annotated[str, BeforeValidator(_check_name), schema("string", examples=["panel.data"])]
MetricName = Annotated[str, BeforeValidator(_metric_name), schema("string")]
PluginName = Annotated[str, BeforeValidator(_plugin_name), schema("string", examples=["grafana-clock-panel@2.1.5"])]
FeatureName = Annotated[str, BeforeValidator(_feature_name), schema("string", pattern="^[a-z0-9-]+$")]
KubernetesName = Annotated[
    str, BeforeValidator(_kubernetes_name), schema("string", pattern=f"^{conventions.KUBERNETES_NAME.pattern}$")
]
DatasourceUid = Annotated[str, BeforeValidator(_datasource_uid), schema("string", pattern="^[a-zA-Z0-9_-]{1,40}$")]
LabelName = Annotated[str, BeforeValidator(_label_name), schema("string")]
ExternalLabelName = Annotated[str, BeforeValidator(_external_label_name), schema("string")]
GroupingLabel = Annotated[str, BeforeValidator(_grouping_label), schema("string")]
StackName = Annotated[str, BeforeValidator(_stack_name), schema("string", pattern="^[a-z0-9][a-z0-9_-]*$")]
SettingName = Annotated[str, BeforeValidator(_setting_name), schema("string")]
EnvironmentName = Annotated[str, BeforeValidator(_environment_name), schema("string")]
ServiceName = Annotated[str, BeforeValidator(_service_name), schema("string")]
