"""The language of rules: Prometheus' own groups, in a file or in the manifest, and the overrides of single alerts."""

from __future__ import annotations

from pydantic import Field, model_validator

from stackctl.manifest.base import Model
from stackctl.manifest.fields import (
    Duration,
    Expression,
    Filled,
    Given,
    Integer,
    Off,
    Pause,
    ServiceName,
    Text,
    Texts,
    wrong,
)


class RuleModel(Model):
    """An alerting or a recording rule, in Prometheus' own fields."""

    record: Text | None = Field(None, description="The name of the series it writes. This or `alert` is needed.")
    alert: Text | None = Field(None, description="The name of the alert.")
    expr: Expression = Field(description="The PromQL expression.")
    for_: Pause | None = Field(None, alias="for", description="How long it must hold before the alert fires.")
    keep_firing_for: Pause | None = Field(None, description="How long the alert fires on after it has ended.")
    labels: Texts | None = Field(None, description="Labels that it adds, like `severity`.")
    annotations: Texts | None = Field(
        None, description="Texts for people; `{{ $value | humanizePercentage }}` and the like are Prometheus' own."
    )

    @model_validator(mode="after")
    def _alert_or_record(self) -> RuleModel:
        if bool(self.alert) == bool(self.record):
            raise wrong("a rule has either `alert` or `record`")
        if self.record and (self.for_ or self.keep_firing_for or self.annotations):
            raise wrong("a recording rule has no `for`, `keep_firing_for` or `annotations`", "Remove them.")
        return self


class _GroupKeys(Model):
    interval: Duration | None = Field(None, description="Of a group: how often it is evaluated.")
    query_offset: Pause | None = Field(None, description="Of a group: how far in the past it queries.")
    limit: Integer | None = Field(None, description="Of a group: the most alerts or series a rule may produce.")
    labels: Texts | None = Field(None, description="Of a group: labels that all its rules add.")


class GroupModel(_GroupKeys):
    """A group of rules, evaluated one after the other."""

    omissible = frozenset({"rules"})

    name: Text = Field(description="The group's name.")
    rules: list[RuleModel] = Field(default_factory=list, description="The rules, in the order of their evaluation.")


class RuleFileModel(Model):
    """A Prometheus rule file."""

    omissible = frozenset({"groups"})

    groups: list[GroupModel] = Field(default_factory=list, description="The groups.")


class OverrideModel(Model):
    """Changes to the alerts of one name, instead of what their file says; `off` leaves them out."""

    shorthand = "off"

    off: Off = Field(False, description="Leaves the alert out; the short form is `NoisyAlert: off`.")
    expr: Expression | None = Field(None, description="Another expression.")
    for_: Pause | None = Field(None, alias="for", description="A different `for`.")
    keep_firing_for: Pause | None = Field(None, description="A different `keep_firing_for`.")
    labels: Texts | None = Field(None, description="Labels to add or replace.")
    annotations: Texts | None = Field(None, description="Annotations to add or replace.")

    @model_validator(mode="after")
    def _changes_something(self) -> OverrideModel:
        if not self.model_fields_set:
            raise wrong("the override changes nothing", "Say what is different, like `for: 10m`, or write `off`.")
        return self


class PackSourceModel(Model):
    """Entry of rules or dashboards that can use a pack."""

    pack: Filled | None = Field(None, description="A pack, by its name: `stackctl packs list` shows them.")
    services: list[ServiceName] = Field(
        default_factory=list, description="With `pack`: the services it is for; by default all, or its exporter."
    )
    with_: dict[Text, Given] = Field(
        default_factory=dict, alias="with", description="With `pack`: its parameters; `stackctl packs show` lists them."
    )

    def says(self, *keys: str) -> set[str]:
        """Return those of `keys` that are written here."""
        return self.model_fields_set & set(keys)


class RuleSourceModel(_GroupKeys, PackSourceModel):
    """Rules: a Prometheus `file`, kept as you wrote it, a `pack`, or a group written here with `name` and `rules`."""

    file: Filled | None = Field(
        None,
        description="A rule file, relative to the manifest; a pattern like `rules/*.yml` names several, and `**` is "
        "any number of folders.",
    )
    override: dict[Text, OverrideModel] = Field(
        default_factory=dict,
        description="With `file` or `pack`: changes to single alerts, by name. Not with a pattern: name the file in an "
        "entry of its own, which the pattern then leaves to it.",
    )
    name: Text | None = Field(None, description="Of a group written here: its name.")
    rules: list[RuleModel] | None = Field(None, description="Of a group written here: its rules.")

    @model_validator(mode="after")
    def _file_pack_or_group(self) -> RuleSourceModel:
        of_pack = {"pack", "services", "with_"}
        if self.pack is not None:
            if self.model_fields_set - {*of_pack, "override"}:
                raise wrong("a pack and rules in one entry", "Make them two entries of the list.")
        elif self.says("services", "with_"):
            raise wrong("`services` and `with` are for a `pack`", "Remove them, or name the pack.")
        elif self.file is None:
            if self.name is None or self.rules is None:
                raise wrong("neither a rule file, a pack nor a group", "Write `file`, `pack`, or `name` and `rules`.")
            if self.override:
                raise wrong("`override` is for the alerts of a `file` or a `pack`", "Change the rules themselves.")
        elif self.model_fields_set - {"file", "override"}:
            raise wrong("both a rule file and a group", "Make them two entries of the list.")
        return self
