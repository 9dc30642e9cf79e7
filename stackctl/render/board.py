"""Compact dashboards in Grafana's classic JSON, built from the types of grafana-foundation-sdk.

Only the rendering of such a dashboard imports this module: the package takes its time, and needs Python 3.11.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import bargauge, common, gauge, heatmap, stat, statetimeline, table, text, timeseries
from grafana_foundation_sdk.models import dashboard as sdk
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

from stackctl import conventions as c
from stackctl.design import axis, colors
from stackctl.design.series import FEW, Scope, legend_of, possible, result_of, told_by
from stackctl.model import Board, Dashboard, Link, Panel, Query, Row, Variable
from stackctl.render.layout import Box, least_width, place

# The schema of Grafana 10.0. Later ones migrate a dashboard up from it; what is newer they could only misread.
SCHEMA_VERSION = 38

# Longer gaps are outages and stay open; shorter ones are a scrape that was missed.
_BRIDGED_GAP_MS = 60_000
# Ids below this are short enough for an address, and rarely meet.
_PANEL_IDS = 1_000_000
_NEUTRAL = "blue"
# A table of names and values next to a chart leaves room for the chart from this width on.
_WIDE = 12
# So high is a bar in a panel with few of them, in pixels.
_BAR_HEIGHT = 36
_TIME_AND_VARIABLES = "${__url_time_range}&${__all_variables}"

_SOURCE = sdk.DataSourceRef(type_val="prometheus", uid=c.DATASOURCE_UID)
_NOW = common.ReduceDataOptions(calcs=["lastNotNull"], values=False, fields="")


def board_json(dashboard: Dashboard, board: Board, scope: Scope) -> dict[str, Any]:
    """The classic JSON of `board`, which is the definition of `dashboard`; `scope` is what is known of the stack."""
    builder = (
        build.Dashboard(dashboard.title)
        .uid(dashboard.uid)
        .description(board.description)
        .tags(list(board.tags))
        .tooltip(sdk.DashboardCursorSync.CROSSHAIR)
        .refresh(board.refresh)
        .time(f"now-{board.time}", "now")
        .timezone("browser")
        .annotations([])
        .variables([_variable(variable) for variable in board.variables])
        .links([_link(link) for link in board.links])
    )
    built = builder.build()
    built.schema_version = SCHEMA_VERSION
    built.panels = list(_panels(_fitted(board, scope), scope))
    result: dict[str, Any] = json.loads(json.dumps(built, cls=JSONEncoder))
    return {"id": None, **_beyond_the_types(result)}


def _fitted(board: Board, scope: Scope) -> Board:
    """`board` with each bar gauge that can only have one bar as a stat: a bar alone is as high as its panel."""

    def fitted(panel: Panel) -> Panel:
        return replace(panel, kind="stat") if panel.kind == "bargauge" and _series(panel, scope) == 1 else panel

    return replace(board, rows=tuple(replace(row, panels=tuple(map(fitted, row.panels))) for row in board.rows))


def _beyond_the_types(dashboard: dict[str, Any]) -> dict[str, Any]:
    """`dashboard` with what the types of the package cannot express, or express wrongly."""
    for variable in dashboard.get("templating", {}).get("list", []):
        # Grafana keys its store of variables by the id where there is one, and the package gives all the same.
        variable.pop("id", None)
    panels = dashboard["panels"]
    for panel in [*panels, *(inner for row in panels for inner in row.get("panels", []))]:
        if panel["type"] == "bargauge":
            panel["options"] |= {"sizing": "manual", "maxVizHeight": _BAR_HEIGHT, "namePlacement": "left"}
    return dashboard


# -- panels and their places ------------------------------------------------------------------------------------


def _panels(board: Board, scope: Scope) -> Iterator[sdk.Panel | sdk.RowPanel]:
    ids = _Ids()

    def least(panel: Panel) -> int:
        wide = panel.width is None and panel.kind == "timeseries" and _has_table(panel, scope)
        return _WIDE if wide else least_width(panel)

    for row, (heading, boxes) in zip(board.rows, place(board.rows, least), strict=True):
        head = _heading(row, heading, ids) if heading else None
        panels = [
            _panel(panel, box, ids.of(row.title, panel.title), scope)
            for panel, box in zip(row.panels, boxes, strict=True)
        ]
        if head:
            yield head
        if head and row.collapsed:
            head.panels = panels
        else:
            yield from panels


def _heading(row: Row, box: Box, ids: _Ids) -> sdk.RowPanel:
    return build.Row(row.title).id(ids.of(row.title)).collapsed(row.collapsed).grid_pos(_grid(box)).build()


def _panel(panel: Panel, box: Box, id: int, scope: Scope) -> sdk.Panel:
    builder = build.Panel().id(id).type(panel.kind).title(panel.title).grid_pos(_grid(box))
    if panel.description:
        builder.description(panel.description)
    if panel.links:
        builder.links([_panel_link(link) for link in panel.links])
    if panel.kind != "text":
        builder.datasource(_SOURCE).targets(list(_targets(panel, scope)))
        _field(builder, panel)
    _KINDS[panel.kind](builder, panel, scope)
    return builder.build()


class _Ids:
    """Ids of panels, from their titles: a link to a panel holds when others are added or moved."""

    def __init__(self) -> None:
        self.taken: set[int] = set()

    def of(self, *titles: str) -> int:
        id = crc32("\0".join(titles).encode()) % _PANEL_IDS + 1
        while id in self.taken:
            id = id % _PANEL_IDS + 1
        self.taken.add(id)
        return id


def _grid(box: Box) -> sdk.GridPos:
    return sdk.GridPos(h=box.h, w=box.w, x=box.x, y=box.y)


# -- what panels have in common ---------------------------------------------------------------------------------


def _targets(panel: Panel, scope: Scope) -> Iterator[prometheus.Dataquery]:
    formats = {"table": PromQueryFormat.TABLE, "heatmap": PromQueryFormat.HEATMAP}
    legends = _legends(panel, scope)
    for index, query in enumerate(panel.queries):
        legend = "{{le}}" if panel.kind == "heatmap" and not query.legend else legends[index]
        expr = _sorted(panel, query) if panel.kind in ("bargauge", "table", "stat") else query.expr
        target = prometheus.Dataquery().ref_id(_ref_id(index)).datasource(_SOURCE).expr(expr)
        target = target.instant() if query.instant else target.range()
        target.format(formats.get(panel.kind, PromQueryFormat.TIME_SERIES))
        yield target.legend_format(legend).editor_mode(QueryEditorMode.CODE)


def _legends(panel: Panel, scope: Scope) -> list[str]:
    """The legend of each query: as written, or made of the labels that tell its series apart."""
    return [query.legend or legend_of(result_of(query.expr), panel.title, scope) for query in panel.queries]


def _series(panel: Panel, scope: Scope) -> int | None:
    """Return how many series a panel can show; None when nothing limits them."""
    return possible([told_by(result_of(query.expr), query.legend) for query in panel.queries], scope)


def _has_table(panel: Panel, scope: Scope) -> bool:
    count = _series(panel, scope)
    return count is None or count > FEW


def _sorted(panel: Panel, query: Query) -> str:
    """A query of now in the order of size, the worst first: Prometheus gives its result in no order."""
    steps = [threshold.color for threshold in panel.thresholds]
    less_is_worse = "red" in steps and steps.index("red") == 0
    ordered = query.expr.lstrip().startswith(("sort", "topk", "bottomk"))
    result = told_by(result_of(query.expr), query.legend)
    if not query.instant or ordered or (result is not None and result.is_one):
        return query.expr
    return f"sort({query.expr})" if less_is_worse else f"sort_desc({query.expr})"


def _ref_id(index: int) -> str:
    """A, B, ... Z, AA, AB, ... as Grafana counts."""
    return (_ref_id(index // 26 - 1) if index >= 26 else "") + chr(ord("A") + index % 26)


def _field(builder: build.Panel, panel: Panel) -> None:
    if panel.unit:
        builder.unit(panel.unit)
    decimals = panel.decimals if panel.decimals is not None or not _counts(panel) else 0
    if decimals is not None:
        builder.decimals(decimals)
    if panel.min is not None:
        builder.min(panel.min)
    if panel.max is not None:
        builder.max(panel.max)
    steps = [sdk.Threshold(threshold.value, threshold.color) for threshold in panel.thresholds]
    builder.thresholds(
        build.ThresholdsConfig().mode(sdk.ThresholdsMode.ABSOLUTE).steps(steps or [sdk.Threshold(None, _NEUTRAL)])
    )
    builder.color_scheme(build.FieldColor().mode(_color_mode(panel)))
    if panel.values:
        builder.mappings([_mapping(panel)])


def _color_mode(panel: Panel) -> sdk.FieldColorModeId:
    # A state timeline by thresholds merges values by them, and then shows no mapped texts and colours.
    series = panel.kind in ("timeseries", "heatmap") or (panel.kind == "state-timeline" and panel.values)
    return sdk.FieldColorModeId.PALETTE_CLASSIC if series and not panel.by_value else sdk.FieldColorModeId.THRESHOLDS


def _counts(panel: Panel) -> bool:
    """Return whether all of a panel's values are whole numbers by how they are made."""
    results = [result_of(query.expr) for query in panel.queries]
    return panel.unit in ("", "none", "short") and bool(results) and all(each and each.counts for each in results)


def _mapping(panel: Panel) -> sdk.ValueMap:
    return sdk.ValueMap(
        {
            shown.value: sdk.ValueMappingResult(
                shown.text, shown.color or colors.meaning_of(shown.text) or None, index=index
            )
            for index, shown in enumerate(panel.values)
        }
    )


# -- each kind of panel -----------------------------------------------------------------------------------------


def _timeseries(builder: build.Panel, panel: Panel, scope: Scope) -> None:
    count = _series(panel, scope)
    levels = [threshold.value for threshold in panel.thresholds if threshold.value is not None]
    fitting = axis.soft_max(panel.unit, levels) if panel.soft_max is None else panel.soft_max
    custom = common.GraphFieldConfig(
        draw_style=common.GraphDrawStyle.LINE,
        line_width=2 if not panel.stack else 1,
        # Filled areas of several lines hide each other.
        fill_opacity=40 if panel.stack else 10 if count == 1 else 0,
        show_points=common.VisibilityMode.NEVER,
        # A flat line is drawn at its value and not blown up to the whole height.
        axis_soft_min=0 if panel.min is None else None,
        axis_soft_max=fitting if panel.max is None else None,
        span_nulls=_BRIDGED_GAP_MS,
    )
    if panel.stack:
        custom.stacking = common.StackingConfig(mode=common.StackingMode.NORMAL, group="A")
    if panel.by_value:
        custom.gradient_mode = common.GraphGradientMode.SCHEME
    if panel.thresholds:
        custom.thresholds_style = common.GraphThresholdsStyleConfig(mode=common.GraphTresholdsStyleMode.DASHED)
    _color_by_meaning(builder, _legends(panel, scope))
    builder.custom(custom).options(timeseries.Options(legend=_legend(count), tooltip=_tooltip()))


def _color_by_meaning(builder: build.Panel, legends: Sequence[str]) -> None:
    """Series whose name says how something ended have the colour of that, in whichever order they come."""
    if any(colors.status_of(legend) for legend in legends):
        for color in colors.MEANINGS:
            # Shades, as 500 and 503 are both red.
            shade = {"mode": "shades", "fixedColor": color}
            builder.override_by_regexp(colors.regex_of(color), [sdk.DynamicConfigValue("color", shade)])
    for name, color in colors.named(legends).items():
        builder.override_by_name(name, [sdk.DynamicConfigValue("color", {"mode": "fixed", "fixedColor": color})])


def _stat(builder: build.Panel, panel: Panel, _scope: Scope) -> None:
    course = any(not query.instant for query in panel.queries)
    builder.options(
        stat.Options(
            graph_mode=common.BigValueGraphMode.AREA if course else common.BigValueGraphMode.NONE,
            color_mode=common.BigValueColorMode.VALUE,
            justify_mode=common.BigValueJustifyMode.AUTO,
            text_mode=common.BigValueTextMode.AUTO,
            orientation=common.VizOrientation.AUTO,
            reduce_options=_NOW,
        )
    )


def _gauge(builder: build.Panel, panel: Panel, _scope: Scope) -> None:
    _whole_scale(builder, panel)
    builder.options(gauge.Options(reduce_options=_NOW, orientation=common.VizOrientation.AUTO))


def _bargauge(builder: build.Panel, panel: Panel, _scope: Scope) -> None:
    _whole_scale(builder, panel)
    builder.options(
        bargauge.Options(
            display_mode=common.BarGaugeDisplayMode.BASIC,
            value_mode=common.BarGaugeValueMode.COLOR,
            orientation=common.VizOrientation.HORIZONTAL,
            reduce_options=_NOW,
        )
    )


def _whole_scale(builder: build.Panel, panel: Panel) -> None:
    """A share is shown on a scale from none to all, unless the panel says otherwise."""
    if panel.min is None:
        builder.min(0)
    if panel.max is None and panel.unit in axis.WHOLE:
        builder.max(axis.WHOLE[panel.unit])


def _table(builder: build.Panel, panel: Panel, _scope: Scope) -> None:
    cell = common.TableColorTextCellOptions() if panel.thresholds or panel.values else common.TableAutoCellOptions()
    builder.custom(common.TableFieldOptions(cell_options=cell, filterable=True))
    builder.options(table.Options(cell_height=common.TableCellHeight.SM))
    several = len(panel.queries) > 1
    if several:
        builder.with_transformation(sdk.DataTransformerConfig("merge", options={}))
    names = {
        f"Value #{_ref_id(index)}" if several else "Value": _column(query.legend, panel.title)
        for index, query in enumerate(panel.queries)
    }
    tidy = {"excludeByName": {"Time": True, "__name__": True}, "indexByName": {}, "renameByName": names}
    builder.with_transformation(sdk.DataTransformerConfig("organize", options=tidy))


def _column(legend: str, title: str) -> str:
    """The name of a column. The labels of a series have columns of their own, so they are left out of it."""
    return " ".join(re.sub(r"\{\{.*?\}\}", " ", legend).split()) or title


def _heatmap(builder: build.Panel, panel: Panel, _scope: Scope) -> None:
    unit = panel.unit or None
    colors = heatmap.HeatmapColorOptions(
        mode=heatmap.HeatmapColorMode.SCHEME,
        scheme="Oranges",
        fill="dark-orange",
        scale=heatmap.HeatmapColorScale.EXPONENTIAL,
        exponent=0.5,
        steps=64,
    )
    axis = heatmap.YAxisConfig(
        unit=unit,
        decimals=panel.decimals,
        min_val=panel.min,
        max_val=panel.max,
        axis_placement=common.AxisPlacement.LEFT,
    )
    builder.custom(heatmap.FieldConfig())
    builder.options(
        heatmap.Options(
            # Prometheus has already counted by bucket.
            calculate=False,
            color=colors,
            y_axis=axis,
            rows_frame=heatmap.RowsHeatmapOptions(layout=common.HeatmapCellLayout.AUTO),
            legend=heatmap.HeatmapLegend(show=True),
            tooltip=heatmap.HeatmapTooltip(show=True, y_histogram=True),
            exemplars=heatmap.ExemplarConfig(color="rgba(255,0,255,0.7)"),
            filter_values=heatmap.FilterValueRange(le=1e-9),
        )
    )


def _state_timeline(builder: build.Panel, _panel: Panel, _scope: Scope) -> None:
    builder.custom(statetimeline.FieldConfig(line_width=0, fill_opacity=80))
    builder.options(
        statetimeline.Options(
            show_value=common.VisibilityMode.AUTO,
            align_value=common.TimelineValueAlignment.LEFT,
            merge_values=True,
            # The values are written into the bars.
            legend=common.VizLegendOptions(show_legend=False),
            tooltip=_tooltip(),
        )
    )


def _text(builder: build.Panel, panel: Panel, _scope: Scope) -> None:
    builder.options(text.Options(mode=text.TextMode.MARKDOWN, content=panel.markdown))


_KINDS: dict[str, Callable[[build.Panel, Panel, Scope], None]] = {
    "timeseries": _timeseries,
    "stat": _stat,
    "gauge": _gauge,
    "bargauge": _bargauge,
    "table": _table,
    "heatmap": _heatmap,
    "state-timeline": _state_timeline,
    "text": _text,
}


def _legend(count: int | None) -> common.VizLegendOptions:
    """None for one series, a list for a few, and for many (or who knows how many) a table in the order of size."""
    if count is not None and count <= FEW:
        return common.VizLegendOptions(
            display_mode=common.LegendDisplayMode.LIST,
            placement=common.LegendPlacement.BOTTOM,
            show_legend=count > 1,
        )
    return common.VizLegendOptions(
        display_mode=common.LegendDisplayMode.TABLE,
        placement=common.LegendPlacement.RIGHT,
        show_legend=True,
        calcs=["lastNotNull", "max"],
        sort_by="Last *",
        sort_desc=True,
    )


def _tooltip() -> common.VizTooltipOptions:
    return common.VizTooltipOptions(mode=common.TooltipDisplayMode.MULTI, sort=common.SortOrder.DESCENDING)


# -- links and variables ----------------------------------------------------------------------------------------


def _link(link: Link) -> build.DashboardLink:
    """A link at the top. To a dashboard of ours it takes the time and the variables along."""
    builder = build.DashboardLink(link.title).type(sdk.DashboardLinkType.LINK)
    if link.uid:
        return builder.url(f"/d/{link.uid}").icon("dashboard").include_vars(True).keep_time(True)
    return builder.url(link.url).icon("external link").target_blank(True)


def _panel_link(link: Link) -> build.DashboardLink:
    builder = build.DashboardLink(link.title).type(sdk.DashboardLinkType.LINK)
    if link.uid:
        return builder.url(f"/d/{link.uid}?{_TIME_AND_VARIABLES}")
    return builder.url(link.url).target_blank(True)


def _variable(variable: Variable) -> build.QueryVariable | build.CustomVariable:
    builder = _query_variable(variable) if variable.query else _custom_variable(variable)
    builder.multi(variable.multi).include_all(variable.all)
    if variable.label:
        builder.label(variable.label)
    if variable.all:
        # Shorter than all values joined, and it also holds while there are none yet.
        builder.all_value(".*")
    chosen = _chosen(variable)
    if chosen:
        shown, value = ([part] if variable.multi else part for part in chosen)
        builder.current(sdk.VariableOption(selected=True, text=shown, value=value))
    return builder


def _query_variable(variable: Variable) -> build.QueryVariable:
    query: dict[str, object] = {"query": variable.query, "refId": f"variable-{variable.name}"}
    builder = build.QueryVariable(variable.name).datasource(_SOURCE).query(query)
    return builder.refresh(sdk.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(sdk.VariableSort.ALPHABETICAL_ASC)


def _custom_variable(variable: Variable) -> build.CustomVariable:
    chosen = _chosen(variable)
    options = [("All", "$__all")] if variable.all else []
    options += [(value, value) for value in variable.values]
    return (
        build.CustomVariable(variable.name)
        .values(",".join(value.replace(",", "\\,") for value in variable.values))
        .options(
            [sdk.VariableOption(selected=(shown, value) == chosen, text=shown, value=value) for shown, value in options]
        )
    )


def _chosen(variable: Variable) -> tuple[str, str] | None:
    """Return the initial choice, as shown and as a value; None where only Grafana knows it."""
    if variable.default:
        return variable.default, variable.default
    if variable.all:
        return "All", "$__all"
    return (variable.values[0], variable.values[0]) if variable.values else None
