"""The language of dashboards in the compact form. The descriptions here are its documentation."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from stackctl import conventions as c
from stackctl.manifest import units
from stackctl.manifest.base import Model
from stackctl.manifest.fields import Boolean, Filled, FolderTitle, RealNumber, Text, kind, wrong

COLUMNS = 24
MAX_HEIGHT = 40
MAX_DECIMALS = 10

# The colours that Grafana names; each but the last two also as `dark-red`, `light-red` and the like.
HUES = ("green", "yellow", "orange", "red", "blue", "purple")
SHADES = ("dark", "semi-dark", "light", "super-light")
COLORS = (*HUES, *(f"{shade}-{hue}" for hue in HUES for shade in SHADES), "text", "transparent")


def _text(value: Any) -> str:
    if isinstance(value, str):
        return str(value)
    raise wrong(f"expected text, got {kind(value)}")


def _between(low: int, high: int) -> Any:
    def validate(value: Any) -> int:
        text = _text(value)
        if not re.fullmatch(r"[0-9]{1,4}", text) or not low <= int(text) <= high:
            raise wrong(f"expected a whole number from {low} to {high}, got `{text}`")
        return int(text)

    return validate


def _span(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"[1-9][0-9]*[smhdw]", text):
        raise wrong(f"not a time span: `{text}`", "Write a number and one unit: `30s`, `5m`, `1h`, `7d`.")
    return text


def _refresh(value: Any) -> str:
    return "" if value in ("off", "never", "false") else _span(value)


def _uid(value: Any) -> str:
    text = _text(value)
    if not c.DASHBOARD_UID.fullmatch(text):
        raise wrong(f"not a uid: `{text}`", "Use at most 40 of the characters a-z, A-Z, 0-9, - and _.")
    return text


def _unit(value: Any) -> str:
    text = _text(value)
    if not units.known(text):
        meant = units.meant(text)
        any_text = f'Write `"suffix: {text}"` to have that text behind the value.'
        raise wrong(f"unknown unit `{text}`", f"Did you mean `{meant}`?" if meant else any_text)
    return text


def _color(value: Any) -> str:
    text = _text(value)
    if text in COLORS or re.fullmatch(r"#([0-9a-fA-F]{3}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})", text):
        return text
    raise wrong(f"unknown colour `{text}`", _color_remedy(text))


def _color_remedy(text: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(text.lower(), COLORS, n=1)
    return f"Did you mean `{close[0]}`?" if close else f"Use one of {', '.join(HUES)}, or one like `#1f60c4`."


def _variable_name(value: Any) -> str:
    text = _text(value)
    if not re.fullmatch(r"[A-Za-z_]\w*", text, re.ASCII):
        raise wrong(f"not a name of a variable: `{text}`", "Use letters, digits and underscores.")
    if text.startswith("__"):
        raise wrong(f"the variable `{text}` is reserved", "Names that begin with two underscores belong to Grafana.")
    return text


def _schema(kind: str | list[str], **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, **more})


Width = Annotated[int, BeforeValidator(_between(1, COLUMNS)), _schema("integer", minimum=1, maximum=COLUMNS)]
Height = Annotated[int, BeforeValidator(_between(1, MAX_HEIGHT)), _schema("integer", minimum=1, maximum=MAX_HEIGHT)]
Decimals = Annotated[
    int, BeforeValidator(_between(0, MAX_DECIMALS)), _schema("integer", minimum=0, maximum=MAX_DECIMALS)
]
Span = Annotated[str, BeforeValidator(_span), _schema("string", examples=["1h", "7d"])]
Refresh = Annotated[str, BeforeValidator(_refresh), _schema("string", examples=["30s", "off"])]
Uid = Annotated[str, BeforeValidator(_uid), _schema("string", pattern=f"^{c.DASHBOARD_UID.pattern}$")]
Unit = Annotated[str, BeforeValidator(_unit), _schema("string", examples=["s", "bytes", "reqps", "percentunit"])]
Color = Annotated[str, BeforeValidator(_color), _schema("string", examples=["green", "dark-red", "#1f60c4"])]
VariableName = Annotated[str, BeforeValidator(_variable_name), _schema("string", pattern="^[A-Za-z_][A-Za-z0-9_]*$")]


class LinkModel(Model):
    """A link to another dashboard of the stack, or to any address."""

    title: Filled = Field(description="The text of the link.")
    dashboard: Text | None = Field(None, description="Another dashboard of the manifest: its uid, or its file.")
    url: Filled | None = Field(None, description="A URL instead; opened in a new tab.")


class VariableModel(Model):
    """A choice at the top of the dashboard, used in queries as `$name`."""

    name: VariableName = Field(description="Its name in queries.")
    label: Text = Field("", description="Its name on the dashboard; the name by default.")
    query: Filled | None = Field(
        None, description="The query for its values: `label_values(up, job)`, `query_result(...)`, `metrics(...)`."
    )
    values: list[Filled] | None = Field(None, description="Fixed values instead of a query.")
    multi: Boolean = Field(False, description="Allow several values; then compare with `=~`.")
    all: Boolean = Field(False, description="Offer `All`, chosen by default; then compare with `=~`.")
    default: Filled | None = Field(None, description="The value chosen by default.")


class QueryModel(Model):
    """One query of a panel."""

    query: Filled = Field(description="PromQL; Grafana's `$__rate_interval`, `$__range` and variables may be in it.")
    legend: Text = Field(
        "", description="The name of a series, like `{{instance}}`; by default made of the labels in `by (...)`."
    )
    instant: Boolean | None = Field(
        None,
        description="The current value instead of values over time. The default for stat, gauge, bargauge and table.",
    )


class ThresholdModel(Model):
    """A colour and the value from which it holds."""

    value: RealNumber | None = Field(
        None, description="The value from which the colour applies; without it, the lowest colour."
    )
    color: Color = Field(description="A colour that Grafana names, or `#rrggbb`.")


class ThresholdsModel(Model):
    """`{warning: 1, critical: 5}`, or a list of values and colours. With `critical` below `warning`, less is worse."""

    warning: RealNumber | None = Field(None, description="Yellow from this value on.")
    critical: RealNumber | None = Field(None, description="Red from this value on.")
    steps: list[ThresholdModel] | None = Field(None, description="Values and colours; a plain list works too.")

    @model_validator(mode="before")
    @classmethod
    def _list_is_steps(cls, value: Any) -> Any:
        return {"steps": value} if isinstance(value, list) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        schema = handler.resolve_ref_schema(super().__get_pydantic_json_schema__(core, handler))
        return {"anyOf": [schema["properties"]["steps"]["anyOf"][0], schema]}


class ValueModel(Model):
    """Text that is shown instead of a value."""

    shorthand = "text"

    text: Filled = Field(description="The text.")
    color: Color | None = Field(None, description="Its colour.")


class PanelModel(Model):
    """One panel: what it asks Prometheus, and how it shows the answer."""

    title: Text = Field(description="Its title.")
    type: Literal[
        "timeseries", "stat", "gauge", "bargauge", "table", "heatmap", "state-timeline", "text"
    ] = Field("timeseries", description="The kind of panel.")  # fmt: skip
    description: Text = Field("", description="Shown behind the panel's `i`, in Markdown.")
    query: Filled | None = Field(None, description="PromQL; `$__rate_interval` and variables may be in it.")
    queries: list[QueryModel] | None = Field(None, description="Several queries instead of one.")
    legend: Text = Field("", description="With `query`: the name of a series, like `{{instance}}`.")
    markdown: Filled | None = Field(None, description="The content of a text panel.")
    unit: Unit | None = Field(
        None, description="A unit of Grafana: `s`, `bytes`, `reqps`, `percentunit`, or `suffix:` and any text."
    )
    min: RealNumber | None = Field(None, description="The lower end of the scale.")
    max: RealNumber | None = Field(None, description="The upper end of the scale.")
    soft_max: RealNumber | None = Field(
        None, description="For a time series: a soft maximum of the scale; by default it fits the unit and thresholds."
    )
    decimals: Decimals | None = Field(None, description="Decimal places; Grafana's choice by default.")
    thresholds: ThresholdsModel | None = Field(None, description="Colours by value.")
    values: dict[Text, ValueModel] = Field(
        default_factory=dict, description="Texts for values: `{1: up, 0: {text: down, color: red}}`."
    )
    stack: Boolean = Field(False, description="For a time series: stack the series.")
    by_value: Boolean = Field(
        False, description="For a time series: draw the line in the colours of its thresholds, as for a budget."
    )
    width: Width | None = Field(None, description="Width in columns, of 24; panels share the row by default.")
    height: Height | None = Field(
        None, description="Height in grid units of about 38 pixels; by default it depends on the type."
    )
    links: list[LinkModel] = Field(default_factory=list, description="Links of the panel.")


class RowModel(Model):
    """Panels side by side, and under each other where they do not fit."""

    title: Text = Field("", description="The heading; none by default.")
    collapsed: Boolean = Field(False, description="Collapsed until it is opened.")
    panels: list[PanelModel] = Field(min_length=1, description="The panels.")


class DashboardFile(Model):
    """A dashboard in the compact form."""

    title: Filled = Field(description="Its title.")
    uid: Uid | None = Field(
        None, description="Its address in Grafana, `/d/UID`; by default derived from the file's path."
    )
    folder: FolderTitle = Field("", description="The Grafana folder, if the manifest names none.")
    description: Text = Field("", description="What it is for.")
    tags: list[Filled] = Field(default_factory=list, description="Tags for searching.")
    refresh: Refresh = Field("30s", description="The refresh interval; `off` for never.")
    time: Span = Field("1h", description="The time range it shows, back from now.")
    variables: list[VariableModel] = Field(default_factory=list, description="Variables, shown at the top.")
    links: list[LinkModel] = Field(default_factory=list, description="Links at the top.")
    rows: list[RowModel] = Field(min_length=1, description="The rows.")
