"""The field of a series: defaults, overrides, thresholds, mappings and colors."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.design.classic import PanelJson
from stackctl.preview.colors import code_of
from stackctl.preview.fields import Field, fields

STEPS = {"steps": [{"color": "green", "value": None}, {"color": "red", "value": 80}]}


def overridden(matcher: dict[str, Any], name: str = "errors", ref: str = "A") -> Field:
    properties = [{"id": "unit", "value": "reqps"}, {"id": "custom.lineWidth", "value": 3}]
    config = {"defaults": {"unit": "s"}, "overrides": [{"matcher": matcher, "properties": properties}]}
    return fields(PanelJson({"fieldConfig": config}), [(name, ref)])[0]


@pytest.mark.parametrize(
    "matcher",
    [
        {"id": "byName", "options": "errors"},
        {"id": "byRegexp", "options": "/^ERR/i"},
        {"id": "byRegexp", "options": "err.*"},
        {"id": "byFrameRefID", "options": "A"},
        {"id": "byType", "options": "number"},
    ],
)
def test_override_applies_to_what_it_matches(matcher: dict[str, Any]) -> None:
    field = overridden(matcher)
    assert (field.unit, field.custom["lineWidth"]) == ("reqps", 3)


@pytest.mark.parametrize(
    "matcher",
    [{"id": "byName", "options": "x"}, {"id": "byRegexp", "options": "("}, {"id": "byRegexp", "options": "rr"}, {}],
)
def test_override_leaves_other_series_alone(matcher: dict[str, Any]) -> None:
    assert overridden(matcher).unit == "s"


def test_display_name_replaces_the_name() -> None:
    override = {"matcher": {"id": "byName", "options": "a"}, "properties": [{"id": "displayName", "value": "All"}]}
    assert fields(PanelJson({"fieldConfig": {"overrides": [override]}}), [("a", "A")])[0].name == "All"


@pytest.mark.parametrize(("value", "color"), [(-5, "green"), (79.9, "green"), (80, "red"), (1e9, "red")])
def test_value_has_the_color_of_its_threshold(value: float, color: str) -> None:
    assert Field("x", 0, {"thresholds": STEPS}).color(value) == code_of(color)


def test_percentage_thresholds_are_shares_of_the_range() -> None:
    field = Field("x", 0, {"thresholds": {**STEPS, "mode": "percentage"}, "min": 0, "max": 10})
    assert field.steps[1] == (8.0, "red")


@pytest.mark.parametrize(
    ("mapping", "value", "text"),
    [
        ({"type": "value", "options": {"1": {"text": "up"}}}, 1.0, "up"),
        ({"type": "range", "options": {"from": 0, "to": 5, "result": {"text": "low"}}}, 5.0, "low"),
        ({"type": "range", "options": {"to": 5, "result": {"text": "low"}}}, 6.0, "6"),
        ({"type": "special", "options": {"match": "nan", "result": {"text": "none"}}}, float("nan"), "none"),
        ({"type": "value", "options": {"up": {"text": "x"}}}, 2.0, "2"),
    ],
)
def test_mapping_replaces_the_number(mapping: dict[str, Any], value: float, text: str) -> None:
    assert Field("x", 0, {"mappings": [mapping]}).text(value) == text


@pytest.mark.parametrize(
    ("color", "code"),
    [
        ({"mode": "fixed", "fixedColor": "blue"}, code_of("blue")),
        ({"mode": "palette-classic"}, code_of("semi-dark-yellow")),
        ({}, code_of("green")),
    ],
)
def test_line_has_the_color_of_its_mode(color: dict[str, str], code: str) -> None:
    assert Field("x", 1, {"color": color}).series_color(1.0) == code
