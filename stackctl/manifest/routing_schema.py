"""The language of the Alertmanager's section: receivers, and the routing that reads as it is said."""

from __future__ import annotations

from typing import Any

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stackctl import conventions as c
from stackctl.manifest.base import Model
from stackctl.manifest.block_fields import PlainBlock, integration
from stackctl.manifest.fields import (
    Boolean,
    Clock,
    Duration,
    LabelName,
    Pause,
    Regex,
    Text,
    TimeZone,
    Weekdays,
    wrong,
)


class ReceiverModel(Model):
    """A receiver: one or more integrations, each a mapping of Alertmanager's own fields, or a list of them.

    What is not set is filled in for the first six: texts from stackctl's templates, and that the end of an alert is
    sent too. The others have Alertmanager's own texts.
    """

    listable = frozenset(
        {
            *("slack", "email", "pagerduty", "webhook", "opsgenie", "teams", "telegram", "discord", "pushover"),
            *("rocketchat", "mattermost", "victorops", "webex", "wechat", "jira", "sns", "incidentio", "msteams"),
        }
    )

    slack: list[PlainBlock] = Field(default_factory=list, description="`slack_configs`: needs `api_url` and `channel`.")
    email: list[PlainBlock] = Field(
        default_factory=list, description="`email_configs`: needs `to`, `from`, `smarthost`."
    )
    pagerduty: list[PlainBlock] = Field(
        default_factory=list, description="`pagerduty_configs`: needs `routing_key` or `service_key`."
    )
    webhook: list[PlainBlock] = Field(default_factory=list, description="`webhook_configs`: needs `url`.")
    opsgenie: list[PlainBlock] = Field(default_factory=list, description="`opsgenie_configs`: needs `api_key`.")
    teams: list[PlainBlock] = Field(default_factory=list, description="`msteamsv2_configs`: needs `webhook_url`.")
    telegram: list[PlainBlock] = Field(
        default_factory=list, description="`telegram_configs`: needs `bot_token` and `chat_id`."
    )
    discord: list[PlainBlock] = Field(default_factory=list, description="`discord_configs`: needs `webhook_url`.")
    pushover: list[PlainBlock] = Field(
        default_factory=list, description="`pushover_configs`: needs `user_key` and `token`."
    )
    rocketchat: list[PlainBlock] = Field(
        default_factory=list, description="`rocketchat_configs`: needs `token_id` and `token`."
    )
    mattermost: list[PlainBlock] = Field(default_factory=list, description="`mattermost_configs`: needs `webhook_url`.")
    victorops: list[PlainBlock] = Field(
        default_factory=list, description="`victorops_configs`: needs `api_key` and `routing_key`."
    )
    webex: list[PlainBlock] = Field(
        default_factory=list, description="`webex_configs`: needs `room_id` and `http_config.authorization`."
    )
    wechat: list[PlainBlock] = Field(default_factory=list, description="`wechat_configs`: needs `api_secret`.")
    jira: list[PlainBlock] = Field(
        default_factory=list, description="`jira_configs`: needs `project`, `issue_type` and a login in `http_config`."
    )
    sns: list[PlainBlock] = Field(
        default_factory=list, description="`sns_configs`: needs `topic_arn`, `phone_number` or `target_arn`."
    )
    incidentio: list[PlainBlock] = Field(
        default_factory=list, description="`incidentio_configs`: needs `url` and `alert_source_token`."
    )
    msteams: list[PlainBlock] = Field(
        default_factory=list, description="`msteams_configs`, the retired connectors: needs `webhook_url`."
    )

    @model_validator(mode="before")
    @classmethod
    def _with_secrets(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: integration(key, item) if key in cls.listable else item for key, item in value.items()}


class MatchModel(Model):
    """Condition on the value of a label: a value, a list of them (any), or a mapping. A missing label is `""`."""

    shorthand = "is"
    listable = frozenset({"is", "not"})

    is_: list[Text] = Field(default_factory=list, alias="is", description="One of these; a plain list works too.")
    not_: list[Text] = Field(default_factory=list, alias="not", description="None of these.")
    matches: Regex | None = Field(None, description="The whole value matches this regular expression.")

    @model_validator(mode="before")
    @classmethod
    def _list_is_any_of(cls, value: Any) -> Any:
        return {"is": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _says_something(self) -> MatchModel:
        if not (self.is_ or self.not_ or self.matches):
            raise wrong("nothing to match", "Write a value, a list of values, `{not: x}` or `{matches: regex}`.")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        return {"anyOf": [schema["anyOf"][1]["properties"]["is"], schema["anyOf"][1]]}


class GroupingModel(Model):
    """Grouping of alerts into messages, and their timing."""

    group_by: list[Text] = Field(
        default_factory=list, description="Alerts with equal values of these labels share a message."
    )
    group_wait: Pause | None = Field(None, description="How long a new group waits for more; `30s` by default.")
    group_interval: Duration | None = Field(
        None, description="How long to wait before sending changes of a group; `5m` by default."
    )
    repeat_interval: Duration | None = Field(
        None, description="How long to wait before repeating a message; `4h` by default."
    )


class RoutingRuleModel(GroupingModel):
    """Alerts that match all of `when` go to a receiver. The first rule that matches decides."""

    listable = frozenset({"during"})

    when: dict[LabelName, MatchModel] = Field(
        default_factory=dict, description="Labels and what they are: `{severity: critical, team: [data, core]}`."
    )
    to: Text = Field(description=f"The receiver, or `{c.NOBODY}` to drop them.")
    during: list[Text] = Field(
        default_factory=list, description="Names of `times`: outside of all of them, this rule sends nothing."
    )
    otherwise: Text | None = Field(None, description="With `during`: the receiver outside of these times.")
    continue_: Boolean = Field(False, alias="continue", description="Let later rules match the alert too.")

    @model_validator(mode="after")
    def _otherwise_than_when(self) -> RoutingRuleModel:
        if self.otherwise is not None and not self.during:
            raise wrong("`otherwise` needs `during`", "Say when `to` is notified, or remove it.")
        return self


class PeriodModel(Model):
    """Hours and days of the week. A period may go over midnight: it belongs to the day on which it begins."""

    listable = frozenset({"weekdays"})

    weekdays: list[Weekdays] = Field(default_factory=list, description="Days and ranges of days; all by default.")
    from_: Clock = Field("00:00", alias="from", description="The time of day at which it begins.")
    to: Clock = Field("24:00", description="The time of day at which it ends.")
    location: TimeZone = Field("UTC", description="The time zone, like `Europe/Berlin`.")

    @model_validator(mode="after")
    def _lasts(self) -> PeriodModel:
        if self.from_ in (self.to, "24:00"):
            raise wrong("the period is empty", "Let it begin before 24:00 and end at another time of day.")
        return self


class CriticalsModel(Model):
    """While a critical alert fires, warnings that agree with it in some labels are not sent."""

    shorthand = "enabled"

    enabled: Boolean = Field(True, description="The short form is `warnings-by-criticals: true`.")
    equal: list[LabelName] = Field(
        default_factory=lambda: ["job", "instance"],
        min_length=1,
        description="The labels that must be equal; `[job, instance]` by default. A critical alert without the first "
        "of them inhibits nothing.",
    )


class InhibitModel(Model):
    """Alerts not to send while others fire. More of Alertmanager's `inhibit_rules` go into `extra`."""

    warnings_by_criticals: CriticalsModel | None = Field(
        None,
        alias="warnings-by-criticals",
        description="Inhibit warnings while a critical alert about the same thing fires.",
    )


class RoutingModel(GroupingModel):
    """Routing of alerts: rules from top to bottom, the first that matches decides."""

    default: Text = Field(description=f"The receiver of alerts that no rule matches, or `{c.NOBODY}`.")
    rules: list[RoutingRuleModel] = Field(default_factory=list, description="The rules.")
    times: dict[Text, list[PeriodModel]] = Field(
        default_factory=dict, description="Times for `during`, by name: one period, or a list of them."
    )
    inhibit: InhibitModel = Field(default_factory=InhibitModel, description="Alerts not to send while others fire.")

    @model_validator(mode="before")
    @classmethod
    def _period_is_a_list(cls, value: Any) -> Any:
        times = value.get("times") if isinstance(value, dict) else None
        if not isinstance(times, dict):
            return value
        return {**value, "times": {name: [each] if isinstance(each, dict) else each for name, each in times.items()}}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = super().__get_pydantic_json_schema__(core, handler)
        periods = schema["properties"]["times"]["additionalProperties"]
        schema["properties"]["times"]["additionalProperties"] = {"anyOf": [periods["items"], periods]}
        return schema
