"""A review of a dashboard in Grafana's classic JSON: what misleads, what cannot be read, what is drawn by chance.

Pure: it takes the JSON as it is rendered, or as somebody else wrote it, and never fails on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from stackctl.design import axis, colors
from stackctl.design.classic import PanelJson, mapping, mappings, number, panels, variables
from stackctl.design.series import FEW, Result, Scope, possible, result_of, told_by
from stackctl.promql import grafana
from stackctl.promql.catalogue import UNKNOWN_PART, Catalogue
from stackctl.promql.types.infer import infer
from stackctl.promql.types.raw import raw_counter

_BY_VALUE = ("stat", "gauge", "bargauge", "state-timeline", "status-history", "table")
_POOR_UNITS = {"cps": "c/s", "cpm": "c/min", "pps": "p/s, and mp/s for a few"}
_PLAIN = ("", "none", "short")
# A panel that is meant to show all that was counted says so.
_IN_ALL = re.compile(
    r"\btotal|\bsum\b|\bcount|\bnumber|cumulat|since|so far|lifetime|all.?time|overall|\bever\b|growth|progress",
    re.IGNORECASE,
)
_ONE = re.compile(r"\binstance\s*=\s*[\"']")
_OFTEN_ZERO = re.compile(
    r"error|fail|drop|reject|refus|timeout|timed_out|retr(y|ies)|evict|lost|exception|throttl|oom|=~?\"5", re.IGNORECASE
)


@dataclass(frozen=True)
class Advice:
    """One rule that a dashboard does not follow: its id, the panels, what is wrong, and what to do."""

    rule: str
    panels: tuple[str, ...]
    summary: str
    remedy: str


@dataclass(frozen=True)
class _Read:
    """A panel with what its queries can have as their result."""

    panel: PanelJson
    results: tuple[Result | None, ...]
    legends: tuple[str, ...]
    count: int | None
    known: Catalogue

    @property
    def is_one(self) -> bool:
        """Return whether no more than one series is possible, whatever runs."""
        return len(self.results) == 1 and self.results[0] is not None and self.results[0].is_one

    @property
    def counts(self) -> bool:
        return bool(self.results) and all(result is not None and result.counts for result in self.results)

    @property
    def is_several(self) -> bool:
        return (
            len(self.results) > 1
            or (self.count is not None and self.count > 1)
            or (self.count is None and not self.is_one)
        )

    @property
    def top(self) -> float | None:
        """Return the least upper end of the axis; None when only the data determines it."""
        return number(self.panel.defaults.get("max")) or number(self.panel.custom.get("axisSoftMax"))


def review(dashboard: Mapping[str, Any], scope: Scope | None = None) -> list[Advice]:
    """All that can be improved in `dashboard`, a rule at a time. `scope` is what is known of the stack it asks."""
    known = scope or Scope()
    read = [_read(panel, known) for panel in panels(dashboard) if panel.kind not in ("row", "text", "")]
    found = []
    for rule, (holds, summary, remedy) in _RULES.items():
        names = [each.panel.title or "(no title)" for each in read if holds(each)]
        if names:
            found.append(Advice(rule, tuple(names), summary, remedy))
    return [*found, *_of_dashboard(dashboard)]


def _read(panel: PanelJson, scope: Scope) -> _Read:
    legends = tuple(str(target.get("legendFormat") or "") for target in panel.targets)
    asked = zip(panel.targets, legends, strict=True)
    results = tuple(told_by(result_of(target["expr"]), legend) for target, legend in asked)
    return _Read(panel, results, legends, possible(results, scope), scope.known)


# -- bars and states --------------------------------------------------------------------------------------------


def _gradient(each: _Read) -> bool:
    return each.panel.kind == "bargauge" and each.panel.options.get("displayMode", "gradient") == "gradient"


def _lone_bar(each: _Read) -> bool:
    return each.panel.kind == "bargauge" and (each.is_one or each.count == 1)


def _unordered(each: _Read) -> bool:
    """Prometheus gives the result of an instant query in no order."""
    if each.panel.kind != "bargauge" or not each.is_several:
        return False
    instant = [target for target in each.panel.targets if target.get("instant") and not target.get("range")]
    ordered = ("sort", "topk", "bottomk")
    return any(not target["expr"].lstrip().startswith(ordered) for target in instant) and len(instant) == 1


def _hidden_states(each: _Read) -> bool:
    """A state timeline by thresholds that merges equal values shows the thresholds instead of mapped texts."""
    panel = each.panel
    if panel.kind != "state-timeline" or not mappings(panel.defaults.get("mappings")):
        return False
    return panel.options.get("mergeValues", True) is not False and panel.color_mode in ("", "thresholds")


# -- legends ----------------------------------------------------------------------------------------------------


def _legend(each: _Read) -> Mapping[str, Any]:
    return mapping(each.panel.options.get("legend"))


def _shows_legend(each: _Read) -> bool:
    legend = _legend(each)
    return (
        each.panel.kind == "timeseries"
        and bool(legend.get("showLegend", True))
        and (legend.get("displayMode") != "hidden")
    )


def _legend_of_one(each: _Read) -> bool:
    return _shows_legend(each) and each.is_one


def _long_legend(each: _Read) -> bool:
    """Too many names for a list at the bottom."""
    if not _shows_legend(each) or each.count is None or each.count <= FEW:
        return False
    legend = _legend(each)
    return legend.get("displayMode", "list") != "table" or not legend.get("sortBy")


def _unnamed(each: _Read) -> bool:
    """Several series named by Grafana, which writes `{__name__="..."}` or the whole expression."""
    if each.panel.kind not in ("timeseries", "bargauge", "stat", "state-timeline", "gauge") or not each.is_several:
        return False
    over_time = each.panel.kind in ("timeseries", "state-timeline")
    asked = zip(each.panel.targets, each.legends, each.results, strict=True)
    auto = [(target["expr"], result) for target, legend, result in asked if legend in ("", "__auto")]
    # Without `by` nothing says that there are several: one value, or one instance, is likely to be a single series.
    return any(
        result is not None and (bool(result.labels) or (result.labels is None and over_time and not _ONE.search(expr)))
        for expr, result in auto
    )


def _literal_column(each: _Read) -> bool:
    """A column named by a legend: only the name of a series fills `{{label}}` in."""
    names = [
        str(name)
        for step in mappings(each.panel.json.get("transformations"))
        for name in mapping(mapping(step.get("options")).get("renameByName")).values()
    ]
    return each.panel.kind == "table" and any("{{" in name for name in names)


def _second_line(each: _Read) -> bool:
    return any(result is not None and result.extra > 0 for result in each.results)


# -- colours ----------------------------------------------------------------------------------------------------


def _colored_by_chance(each: _Read) -> bool:
    """Series by status whose colours follow their order."""
    if each.panel.kind not in ("timeseries", "barchart", "piechart"):
        return False
    by_status = any(colors.status_of(legend) for legend in each.legends)
    return by_status and not _overrides(each.panel, "color") and each.panel.color_mode in ("", "palette-classic")


def _overrides(panel: PanelJson, key: str) -> list[Mapping[str, Any]]:
    return [
        override
        for override in panel.overrides
        if any(str(each.get("id")) == key for each in mappings(override.get("properties")))
    ]


def _wrong_color(each: _Read) -> bool:
    """A text like `up` or `failed` in a colour that says the opposite."""
    for text, color in _mapped(each.panel):
        meant = colors.meaning_of(text)
        if {meant, color.removeprefix("dark-").removeprefix("light-").removeprefix("semi-")} == {"green", "red"}:
            return True
    return False


def _mapped(panel: PanelJson) -> Iterator[tuple[str, str]]:
    for each in mappings(panel.defaults.get("mappings")):
        for shown in mapping(each.get("options")).values():
            if isinstance(shown, Mapping):
                yield str(shown.get("text") or ""), str(shown.get("color") or "")


def _unmapped_up(each: _Read) -> bool:
    """`up` and its like, drawn as 1 and 0 in a panel that can show words."""
    if each.panel.kind not in ("stat", "state-timeline", "status-history") or each.panel.unit.startswith("bool"):
        return False
    names = {name for result in each.results if result is not None and not result.counts for name in result.metrics}
    flags = names and all(name == "up" or name.endswith("_up") for name in names)
    sums = any("sum" in target["expr"] for target in each.panel.targets)
    return bool(flags) and not sums and not mappings(each.panel.defaults.get("mappings"))


# -- lines and axes ---------------------------------------------------------------------------------------------


def _filled(each: _Read) -> bool:
    fill = number(each.panel.custom.get("fillOpacity")) or 0
    return each.panel.kind == "timeseries" and not each.panel.stacked and fill > 0 and each.is_several


def _thin_stack(each: _Read) -> bool:
    fill = number(each.panel.custom.get("fillOpacity")) or 0
    return each.panel.kind == "timeseries" and each.panel.stacked and fill < 40


def _odd_axis(each: _Read) -> bool:
    """A flat zero gives an axis of Grafana's choice, up to 100. What counts failures is zero on a good day."""
    often_zero = any(_OFTEN_ZERO.search(target["expr"]) for target in each.panel.targets)
    return each.panel.kind == "timeseries" and often_zero and each.top is None


def _climbing(each: _Read) -> bool:
    """A counter as it is: a line that only climbs, unless the panel says that this is what it shows."""
    if each.panel.kind not in ("timeseries", "graph"):
        return False
    said = " ".join((each.panel.title, str(each.panel.json.get("description") or ""), *each.legends))
    return not _IN_ALL.search(said) and any(_is_raw(target["expr"], each.known) for target in each.panel.targets)


def _is_raw(expr: str, known: Catalogue) -> bool:
    if "[" in expr:  # the window of a rate, as in nearly each query of a counter
        return False
    try:
        return raw_counter(infer(grafana.runnable(expr, {}, UNKNOWN_PART), known)) is not None
    except ValueError:
        return False


def _threshold_on_zero(each: _Read) -> bool:
    drawn = mapping(each.panel.custom.get("thresholdsStyle")).get("mode", "off") != "off"
    if each.panel.kind != "timeseries" or not drawn or each.panel.color_mode == "thresholds":
        return False
    levels = [value for value, _ in each.panel.steps]
    return bool(axis.lies_on_zero(levels, each.top if each.top is not None else axis.soft_max(each.panel.unit, [])))


def _no_data_as_zero(each: _Read) -> bool:
    return str(each.panel.defaults.get("noValue", "")) == "0" or each.panel.json.get("nullPointMode") == "null as zero"


# -- units ------------------------------------------------------------------------------------------------------


def _no_unit(each: _Read) -> bool:
    """An axis without a unit that is no count: a rate, a share or a time."""
    if each.panel.kind not in ("timeseries", "bargauge", "gauge", "heatmap") or each.panel.unit:
        return False
    rated = any("rate(" in target["expr"] or "_seconds" in target["expr"] for target in each.panel.targets)
    return rated and not each.counts


def _poor_unit(each: _Read) -> bool:
    return each.panel.unit in _POOR_UNITS


def _decimals(each: _Read) -> bool:
    decimals = number(each.panel.defaults.get("decimals"))
    if each.counts and each.panel.unit in _PLAIN:
        return bool(decimals) or (decimals is None and each.panel.kind == "timeseries")
    return decimals is not None and decimals > 3


# -- the dashboard ----------------------------------------------------------------------------------------------


def _of_dashboard(dashboard: Mapping[str, Any]) -> Iterator[Advice]:
    ids = [str(variable["id"]) for variable in variables(dashboard) if variable.get("id")]
    if len(ids) > len(set(ids)):
        yield Advice("variable-id", (), "variables share an `id`: Grafana shows none of them", "Remove their `id`.")
    uneven = _uneven(dashboard)
    if uneven:
        summary = "panels side by side have different heights"
        yield Advice("uneven-row", uneven, summary, "Give all panels of a row the same height (`gridPos.h`).")


def _uneven(dashboard: Mapping[str, Any]) -> tuple[str, ...]:
    """The panels that begin at one height and end at different ones, with nothing under the shorter."""
    placed = [PanelJson(panel) for panel in mappings(dashboard.get("panels")) if panel.get("type") != "row"]
    rows: dict[int, list[PanelJson]] = {}
    for panel in placed:
        rows.setdefault(panel.box[1], []).append(panel)
    tops = {panel.box[1] for panel in placed}
    uneven = []
    for y, row in rows.items():
        ends = {y + panel.box[3] for panel in row}
        # A column of small panels next to a tall one is a layout; a gap is not.
        if len(ends) > 1 and not all(end in tops for end in ends - {max(ends)}):
            uneven += [panel.title for panel in row if y + panel.box[3] != max(ends)]
    return tuple(uneven)


_RULES: dict[str, tuple[Callable[[_Read], bool], str, str]] = {
    "bar-gradient": (
        _gradient, "a bar gauge in mode `gradient` shows red on a value that is good", "Use `displayMode: basic`."
    ),
    "one-bar": (_lone_bar, "a bar gauge with one bar", "Use a stat."),
    "bar-order": (_unordered, "unsorted bars", "Wrap the query in `sort_desc(...)`."),
    "state-colors": (
        _hidden_states, "a state timeline coloured by thresholds hides its value mappings",
        "Use the colour mode `palette-classic`."
    ),
    "legend-of-one": (_legend_of_one, "a legend for a single series", "Hide the legend."),
    "long-legend": (
        _long_legend, f"a legend in a list for more than {FEW} series",
        "Use a table on the right with last and max, sorted by last.",
    ),
    "auto-legend": (
        _unnamed, "several series without a legend are named by their expression or all of their labels",
        "Write a legend with the labels in `by (...)`, like `{{instance}}`.",
    ),
    "column-name": (_literal_column, "a table shows `{{...}}` as the name of a column", "Give the column a name."),
    "or-vector": (
        _second_line, "`or vector(0)` adds a second series to one that has labels",
        "Aggregate first: `sum(...) or vector(0)`."
    ),
    "status-colors": (
        _colored_by_chance, "series by status are coloured by their order", "Add overrides: success green, errors red."
    ),
    "opposite-color": (
        _wrong_color, "a value mapping with a colour that says the opposite", "Use green for good, red for bad."
    ),
    "up-as-number": (_unmapped_up, "`up` is shown as a number", "Add value mappings: 1 up (green), 0 down (red)."),
    "fill": (_filled, "filled areas of several lines hide each other", "Set the fill opacity to 0, or stack them."),
    "thin-stack": (_thin_stack, "a stack with a faint fill", "Set the fill opacity to 40 or more."),
    "odd-axis": (
        _odd_axis, "an axis without a soft maximum ends at 100 while all values are 0", "Set `max`, or a soft maximum."
    ),
    "raw-counter": (
        _climbing, "a line of a counter as it is only climbs, and falls to 0 with a restart",
        "Draw its `rate()` or `increase()`, or show the total in a stat.",
    ),
    "threshold-on-zero": (
        _threshold_on_zero, "a threshold is drawn on the zero line",
        "Lower the soft maximum, or do not draw the threshold."
    ),
    "zero-for-nothing": (_no_data_as_zero, "no data is shown as 0", "Remove the text for no value."),
    "no-unit": (_no_unit, "an axis without a unit", "Set the unit."),
    "unit": (_poor_unit, "an unusual unit: `c/s`, `mp/s`", "Use `reqps`, `ops` or `suffix: /s`."),
    "decimals": (_decimals, "counts with decimals, or more than three decimals", "Set the decimals to 0 for counts."),
}  # fmt: skip
