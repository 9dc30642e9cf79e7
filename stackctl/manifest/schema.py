"""The manifest language, version 1: one schema for validation, for editors and for the reference page.

The descriptions are the documentation. Each part of the language has a file: one for each component in
`stackctl/components`, `service_schema.py`, `routing_schema.py`, `rule_schema.py`, and for compact dashboards
`dashboard_schema.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Union

from pydantic import ConfigDict, Field, ValidationError, WrapValidator, create_model, model_validator
from pydantic_core import InitErrorDetails

from stackctl.components import registry
from stackctl.components.alertmanager import AlertmanagerSettings
from stackctl.components.custom import CustomSettings
from stackctl.components.grafana import GrafanaSettings
from stackctl.components.prometheus import PrometheusSettings
from stackctl.components.pushgateway import PushgatewaySettings
from stackctl.manifest.base import Model
from stackctl.manifest.block_fields import PlainBlock
from stackctl.manifest.external_schema import ExternalModel
from stackctl.manifest.fields import CheckName, Date, Filled, FolderTitle, ServiceName, StackName, Text, kind, wrong
from stackctl.manifest.kubernetes_schema import KubernetesModel
from stackctl.manifest.rule_schema import PackSourceModel, RuleSourceModel
from stackctl.manifest.service_schema import ServiceModel
from stackctl.manifest.thanos_schema import ThanosModel
from stackctl.manifest.validate import unknown_name


class NetworksModel(Model):
    """Docker networks."""

    join: list[Text] = Field(default_factory=list, description="Existing networks that Prometheus must reach.")


class DashboardSourceModel(PackSourceModel):
    """A Grafana dashboard: a file, in the compact form when it ends in `.yml`, else Grafana's own JSON; or a `pack`."""

    file: Filled | None = Field(
        None,
        description="The file, relative to the manifest; a pattern like `dashboards/*.json` names several, and `**` "
        "is any number of folders.",
    )
    folder: FolderTitle = Field(
        "", description="The Grafana folder; by default the one a compact file names, or the top level."
    )

    @model_validator(mode="after")
    def _file_or_pack(self) -> DashboardSourceModel:
        if (self.file is None) == (self.pack is None):
            raise wrong("a dashboard is either a `file` or a `pack`", "Name one of the two.")
        if self.file is not None and self.says("services", "with_"):
            raise wrong("`services` and `with` are for a `pack`", "Remove them, or name the pack.")
        return self


class IgnoreModel(Model):
    """An exception: a failure or a warning that is known and accepted, with its reason."""

    check: CheckName = Field(description="The code of the check, or its family: `panel.data`, `panel`.")
    subject: Text = Field(
        "*", description="The subjects, with `*` and `?`: `node-exporter.json/*`. For codes of `check`, the file."
    )
    reason: Text = Field(description="Why it is accepted. Reports show it.")
    until: Date | None = Field(None, description="The last day on which it is accepted; without it, forever.")


_KIND = "The exporter that it is, where its name is one of your own; so a stack has several of one kind."


def _kinds() -> dict[str, type[Model]]:
    """The settings of each component that is an exporter, with the key that says so under a name of the user's own."""
    found: dict[str, type[Model]] = {}
    for each in registry.exporters():
        key: Any = (Literal[each.name] | None, Field(None, description=_KIND))
        base: Any = each.settings
        found[each.name] = create_model(base.__name__, __base__=base, __doc__=base.__doc__, kind=key)
    return found


_KINDS = _kinds()


def _sections() -> type[Model]:
    """A mapping with a key for each component that is an exporter."""
    fields: dict[str, Any] = {
        each.name: (_KINDS[each.name] | None, Field(None, description=each.summary)) for each in registry.exporters()
    }
    return create_model("Sections", __base__=Model, **fields)


def _of_kind(value: Any, _: Any) -> Any:
    """Return an exporter with a name of the user's own: one of the kind that it names, or else any other."""
    named = value.get("kind") if isinstance(value, dict) else None
    if named is None:
        return CustomSettings.model_validate(value)
    if not isinstance(named, str):
        error = wrong(f"expected text, got {kind(named)}", unknown_name("", _KINDS, "Kinds"))
    elif named in _KINDS:
        return _KINDS[named].model_validate(value)
    else:
        remedy = unknown_name(named, _KINDS, "Kinds")
        error = wrong(f"stackctl does not know an exporter of the kind `{named}`", remedy)
    raise ValidationError.from_exception_data("exporters", [InitErrorDetails(type=error, loc=("kind",), input=named)])


# Any of them is what an editor knows of an exporter with a name of the user's own.
_Named: Any = Annotated[Union[(CustomSettings, *_KINDS.values())], WrapValidator(_of_kind)]


class ExportersModel(_sections()):  # type: ignore[misc]  # its keys are those of the registry
    """Third-party exporters that the stack runs and scrapes.

    They are those below, more of the same kinds under names of your own, like `postgres-users: {kind: postgres, ...}`,
    and any other that has an `image`.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, _Named]

    others: ClassVar[type[Model] | None] = CustomSettings

    @classmethod
    def other(cls, value: Any) -> type[Model] | None:
        """Return the settings of the kind that `value` names, or of any other exporter."""
        named = value.get("kind") if isinstance(value, dict) else None
        return _KINDS.get(str(named), CustomSettings)


class Manifest(Model):
    """A monitoring stack."""

    version: Literal["1"] = Field(
        description="The version of the manifest format. Only `1` exists.",
        # Scalars are text until the schema reads them, but an editor sees the number.
        json_schema_extra=lambda schema: schema.update(const=1, type="integer"),
    )
    name: StackName = Field(description="The stack's name, and the Compose project's.")
    include: list[Filled] = Field(
        default_factory=list,
        description="Other manifests of the same folder, which this one adds to: its mappings are merged over theirs, "
        "its `rules`, `dashboards`, `packs` and `ignore` come after theirs, and all else of it replaces theirs. An "
        "empty value removes what they have.",
    )
    runtime: Literal["external", "kubernetes"] | None = Field(
        None,
        description="`external` for servers that somebody else runs, which `external` names: stackctl proves what they "
        "have loaded, and starts and changes nothing. `kubernetes` for a cluster with the Prometheus Operator, which "
        "`kubernetes` names. Without it, `--runtime` of `stackctl up` chooses where they run.",
    )
    external: ExternalModel | None = Field(
        None, description="Servers that somebody else runs; needed with `runtime: external`, and only with that."
    )
    kubernetes: KubernetesModel | None = Field(
        None, description="The cluster that runs the stack; needed with `runtime: kubernetes`, and only with that."
    )
    prometheus: PrometheusSettings = Field(default_factory=PrometheusSettings, description="The Prometheus server.")
    alertmanager: AlertmanagerSettings | None = Field(None, description="The Alertmanager.")
    grafana: GrafanaSettings | None = Field(None, description="The Grafana server.")
    pushgateway: PushgatewaySettings | None = Field(None, description="The Pushgateway.")
    thanos: ThanosModel | None = Field(
        None, description="One view of all replicas of Prometheus, which Grafana asks; with `runtime: kubernetes` only."
    )
    exporters: ExportersModel | None = Field(None, description="Exporters that the stack runs.")
    services: dict[ServiceName, ServiceModel] = Field(default_factory=dict, description="What you monitor, by name.")
    containers: dict[ServiceName, PlainBlock] = Field(
        default_factory=dict,
        description="What the stack runs and does not scrape, by name: a proxy, a log store, a database. Each is a "
        "Compose service, in Compose's own fields, and nothing is added to them. Others reach it by its name. The "
        "native runtime cannot run it.",
    )
    networks: NetworksModel = Field(default_factory=NetworksModel, description="Docker networks.")
    rules: list[RuleSourceModel] = Field(default_factory=list, description="Alerting and recording rules.")
    dashboards: list[DashboardSourceModel] = Field(default_factory=list, description="Dashboards.")
    packs: list[Text] = Field(
        default_factory=list, description="Folders with packs of your own, relative to the manifest."
    )
    ignore: list[IgnoreModel] = Field(default_factory=list, description="Failures and warnings that are accepted.")
