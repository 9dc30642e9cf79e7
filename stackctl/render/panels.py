"""Panels of a compact dashboard, from the types of grafana-foundation-sdk: what they share, and each kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders import prometheus
from grafana_foundation_sdk.models import bargauge, common, gauge, heatmap, stat, statetimeline, table, text, timeseries
from grafana_foundation_sdk.models import dashboard as sdk
from grafana_foundation_sdk.models.prometheus import PromQueryFormat, QueryEditorMode

from stackctl import conventions as c
from stackctl.design import axis, colors
from stackctl.design.series import FEW, Scope, legend_of, possible, result_of, told_by
from stackctl.model import Link, Panel, Query
from stackctl.render.layout import Box

# Longer gaps are outages and stay open; shorter ones are a scrape that was missed.
_BRIDGED_GAP_MS = 60_000
_NEUTRAL = "blue"
_TIME_AND_VARIABLES = "${__url_time_range}&${__all_variables}"
_NOW = common.ReduceDataOptions(calcs=["lastNotNull"], values=False, fields="")


def build_panel(panel: Panel, box: Box, id: int, scope: Scope) -> sdk.Panel:
    """Return `panel` with its `id`, in its place on the grid."""
    builder = build.Panel().id(id).type(panel.kind).title(panel.title).grid_pos(grid(box))
    if panel.description:
        builder.description(panel.description)
    if panel.links:
        builder.links([_panel_link(link) for link in panel.links])
    if panel.kind != "text":
        builder.datasource(source(scope)).targets(list(_targets(panel, scope)))
        _field(builder, panel)
    _KINDS[panel.kind](builder, panel, scope)
    return builder.build()


def source(scope: Scope) -> sdk.DataSourceRef:
    """Return the datasource of the stack's Prometheus, as a dashboard refers to it."""
    return sdk.DataSourceRef(type_val="prometheus", uid=scope.datasource or c.DATASOURCE_UID)


def grid(box: Box) -> sdk.GridPos:
    """Return a place on the grid, as Grafana writes it."""
    return sdk.GridPos(h=box.h, w=box.w, x=box.x, y=box.y)


def _targets(panel: Panel, scope: Scope) -> Iterator[prometheus.Dataquery]:
    formats = {"table": PromQueryFormat.TABLE, "heatmap": PromQueryFormat.HEATMAP}
    legends = _legends(panel, scope)
    for index, query in enumerate(panel.queries):
        legend = "{{le}}" if panel.kind == "heatmap" and not query.legend else legends[index]
        expr = _sorted(panel, query) if panel.kind in ("bargauge", "table", "stat") else query.expr
        target = prometheus.Dataquery().ref_id(_ref_id(index)).datasource(source(scope)).expr(expr)
        target = target.instant() if query.instant else target.range()
        target.format(formats.get(panel.kind, PromQueryFormat.TIME_SERIES))
        yield target.legend_format(legend).editor_mode(QueryEditorMode.CODE)


def _legends(panel: Panel, scope: Scope) -> list[str]:
    """The legend of each query: as written, or made of the labels that tell its series apart."""
    return [query.legend or legend_of(result_of(query.expr), panel.title, scope) for query in panel.queries]


def series_count(panel: Panel, scope: Scope) -> int | None:
    """Return how many series a panel can show; None when nothing limits them."""
    return possible([told_by(result_of(query.expr), query.legend) for query in panel.queries], scope)


def has_legend_table(panel: Panel, scope: Scope) -> bool:
    """Return whether the legend is a table: a panel may have many series."""
    count = series_count(panel, scope)
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


def _timeseries(builder: build.Panel, panel: Panel, scope: Scope) -> None:
    count = series_count(panel, scope)
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


def _panel_link(link: Link) -> build.DashboardLink:
    builder = build.DashboardLink(link.title).type(sdk.DashboardLinkType.LINK)
    if link.uid:
        return builder.url(f"/d/{link.uid}?{_TIME_AND_VARIABLES}")
    return builder.url(link.url).target_blank(True)
