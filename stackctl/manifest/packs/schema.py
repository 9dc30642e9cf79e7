"""The language of packs: parameters, and the rules or the dashboard in which `[[ name ]]` stands for them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, model_validator

from stackctl.manifest.base import Model
from stackctl.manifest.fields import Boolean, LabelName, Regex, Text, wrong
from stackctl.manifest.rule_schema import RuleModel

RULES = "rules"
DASHBOARD = "dashboard"


class FindModel(Model):
    """Condition by which a contract determines a parameter, when exactly one thing in it fits."""

    type: Literal["counter", "gauge", "histogram"] | None = Field(None, description="Of a metric: its type.")
    name: Regex | None = Field(None, description="Of a metric: what its whole name matches.")
    labels: list[LabelName] = Field(default_factory=list, description="Labels of which it has at least one.")
    of: Text | None = Field(None, description="Of a label: the parameter whose metric has it.")


class ParameterModel(Model):
    """Something of a pack that the manifest can set with `with`."""

    type: Literal["duration", "number", "text", "regex", "metric", "label", "labels", "boolean"] = Field(
        description="The values it may have."
    )
    default: Text | None = Field(None, description="Its value if neither the manifest nor a contract sets it.")
    description: Text = Field(description="Its purpose.")
    optional: Boolean = Field(False, description="Of a metric: `off` leaves out what needs it.")
    find: FindModel | None = Field(None, description="How to find it in a contract.")
    unless: Text | None = Field(None, description="The parameter that makes it unnecessary.")


class NeedModel(Model):
    """A metric that a pack asks for."""

    shorthand = "type"

    type: Literal["counter", "gauge", "histogram", "summary", "info"] = Field(description="Its type.")
    labels: list[Text] = Field(default_factory=list, description="The labels that matter.")
    help: Text = Field("", description="Its meaning, or what serves it.")


class LookModel(Model):
    """One of the first things to look at when an alert fires."""

    shorthand = "what"

    what: Text = Field(description="What to look for.")
    query: Text | None = Field(None, description="PromQL that shows it.")


class RunbookModel(Model):
    """Information for somebody who is woken by an alert."""

    meaning: Text = Field(description="What the alert means.")
    impact: Text = Field(description="What it means for users.")
    look: list[LookModel] = Field(min_length=1, description="What to look at first.")


class PackRuleModel(RuleModel):
    """A rule of a pack."""

    if_: Text | None = Field(None, alias="if", description="The parameter without which the rule is left out.")
    runbook: RunbookModel | None = Field(None, description="Of an alert: its runbook.")


class CaseModel(Model):
    """A test of an alert: the samples of a time, and how many alerts fire when."""

    alert: Text = Field(description="The alert.")
    what: Text = Field(description="What the test shows, in a few words.")
    with_: dict[Text, Any] = Field(default_factory=dict, alias="with", description="Parameters, where they matter.")
    interval: Text = Field("1m", description="The time between two samples.")
    input: dict[Text, Text] = Field(description="Series -> samples, in promtool's notation.")
    fires: dict[Text, Text] = Field(description="Time -> the number of alerts that fire then.")


class PackFile(Model):
    """A pack."""

    name: Text = Field(description="Its name, which is also that of the file.")
    title: Text = Field(description="Its title.")
    description: Text = Field(description="What it is for.")
    kind: Literal["rules", "dashboard"] = Field(description="Its kind.")
    scope: Literal["service", "services", "stack", "slo"] = Field(
        "service", description="Once for each service, once for all of them, once for the stack, or for each `slo`."
    )
    component: Text | None = Field(None, description="The component it is about, where no services are named.")
    parameters: dict[Text, ParameterModel] = Field(default_factory=dict, description="What can be set, by name.")
    metrics: dict[Text, NeedModel] = Field(default_factory=dict, description="The metrics that it queries.")
    rules: list[Any] | None = Field(None, description="Rules in Prometheus' form.")
    dashboard: dict[str, Any] | None = Field(None, description="A dashboard in the compact form.")
    tests: list[CaseModel] = Field(default_factory=list, description="Tests of the alerts.")

    @model_validator(mode="after")
    def _holds_its_kind(self) -> PackFile:
        if (self.rules is None) == (self.kind == RULES) or (self.dashboard is None) == (self.kind == DASHBOARD):
            raise wrong(f"a pack of the kind `{self.kind}` has `{self.kind}`, and nothing else")
        return self
