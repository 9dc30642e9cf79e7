"""The field of a series: its unit, decimals, colours and texts, as defaults and overrides together say."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stackctl.bounds.regex import BadPattern, compiled
from stackctl.design.classic import PanelJson, mapping, mappings, number
from stackctl.preview import colors
from stackctl.report.quantity import shown


@dataclass(frozen=True)
class Field:
    """Display of one series' values. `index` is its place among the series of its panel."""

    name: str
    index: int
    config: Mapping[str, Any]
    custom: Mapping[str, Any] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        return str(self.config.get("unit") or "")

    @property
    def decimals(self) -> int | None:
        found = number(self.config.get("decimals"))
        return None if found is None else max(0, min(int(found), 10))

    @property
    def low(self) -> float | None:
        return number(self.config.get("min"))

    @property
    def high(self) -> float | None:
        return number(self.config.get("max"))

    @property
    def steps(self) -> list[tuple[float, str]]:
        """The thresholds from low to high, the first from minus infinity on."""
        config = mapping(self.config.get("thresholds"))
        found = [
            (-math.inf if number(step.get("value")) is None else float(step["value"]), str(step.get("color") or ""))
            for step in mappings(config.get("steps"))
        ]
        if config.get("mode") == "percentage":
            low, high = self.low or 0.0, 100.0 if self.high is None else self.high
            found = [(low + (high - low) * value / 100, color) for value, color in found]
        return sorted(found, key=lambda step: step[0]) or [(-math.inf, "green")]

    @property
    def color_mode(self) -> str:
        return str(mapping(self.config.get("color")).get("mode") or "thresholds")

    def text(self, value: float) -> str:
        """A value as it is written: the text mapped to it, else the number with its unit."""
        mapped = self._mapped(value).get("text")
        return str(mapped) if mapped else self.number(value)

    def number(self, value: float) -> str:
        return shown(value, self.unit, self.decimals)

    def color(self, value: float) -> str:
        """The colour of a value: that of the text mapped to it, else by the mode."""
        mapped = self._mapped(value).get("color")
        if mapped:
            return colors.code_of(str(mapped))
        mode = self.color_mode
        if mode.startswith("continuous"):
            low, high = self.low or 0.0, 100.0 if self.high is None else self.high
            return colors.continuous(mode, (value - low) / (high - low) if high > low else 0.0)
        return self.step_color(value) if mode == "thresholds" else self.series_color(value)

    def step_color(self, value: float) -> str:
        """The colour of the highest threshold that `value` reaches."""
        reached = [color for start, color in self.steps if value >= start]
        return colors.code_of(reached[-1] if reached else self.steps[0][1])

    def series_color(self, last: float) -> str:
        """The colour of the series' line; by value it is that of the last one."""
        chosen = mapping(self.config.get("color"))
        fixed = str(chosen.get("fixedColor") or "green")
        match self.color_mode:
            case "fixed":
                return colors.code_of(fixed)
            case "shades":
                return colors.shade(fixed, self.index)
            case "thresholds":
                return self.step_color(last)
        return colors.classic(self.index)

    def _mapped(self, value: float) -> Mapping[str, Any]:
        for each in mappings(self.config.get("mappings")):
            options = mapping(each.get("options"))
            found = _matching(str(each.get("type") or ""), options, value)
            if found:
                return found
        return {}


def _matching(kind: str, options: Mapping[str, Any], value: float) -> Mapping[str, Any]:
    if kind == "value":
        return mapping(next((shown for text, shown in options.items() if _same(text, value)), None))
    if kind == "range":
        low, high = number(options.get("from")), number(options.get("to"))
        inside = (low is None or value >= low) and (high is None or value <= high)
        return mapping(options.get("result")) if inside else {}
    if kind == "special":
        matches = {"nan": math.isnan(value), "null+nan": math.isnan(value)}
        return mapping(options.get("result")) if matches.get(str(options.get("match"))) else {}
    return {}


def _same(text: str, value: float) -> bool:
    try:
        return float(text) == value
    except ValueError:
        return False


def fields(panel: PanelJson, names: Sequence[tuple[str, str]]) -> list[Field]:
    """The field of each series of a panel, by its name and the id of its query."""
    return [_field(panel, name, ref, index) for index, (name, ref) in enumerate(names)]


def _field(panel: PanelJson, name: str, ref: str, index: int) -> Field:
    config, custom = dict(panel.defaults), dict(panel.custom)
    shown_name = name
    for override in panel.overrides:
        if not _matches(mapping(override.get("matcher")), name, ref):
            continue
        for key, value in _properties(override):
            if key.startswith("custom."):
                custom[key.removeprefix("custom.")] = value
            elif key == "displayName" and value:
                shown_name = str(value)
            else:
                config[key] = value
    return Field(shown_name, index, config, custom)


def _properties(override: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for each in mappings(override.get("properties")):
        yield str(each.get("id") or ""), each.get("value")


def _matches(matcher: Mapping[str, Any], name: str, ref: str) -> bool:
    options = matcher.get("options")
    match matcher.get("id"):
        case "byName":
            return options == name
        case "byRegexp":
            return _found(str(options), name)
        case "byFrameRefID":
            return options == ref
        case "byType":
            return options == "number"
    return False


def _found(pattern: str, name: str) -> bool:
    """Return whether a regular expression in Grafana's form (`/5../i`) matches a name; an invalid one does not."""
    written = re.fullmatch(r"/(.*)/([gimuy]*)", pattern, re.DOTALL)
    body, flags = written.groups() if written else (f"^{pattern}$", "")
    try:
        return compiled(body, ignore_case="i" in flags).search(name) is not None
    except BadPattern:
        return False
