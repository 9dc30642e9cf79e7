"""The first dashboard, in Grafana's classic JSON: what every scrape shows, and the requests where they are counted.

Written as plain data: a dashboard is little more than its panels, and this is the form in which users will edit it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackctl import conventions as c
from stackctl.design import axis, colors
from stackctl.design.series import FEW, Scope, possible, result_of
from stackctl.starter.probe import Service

# Grafana migrates a dashboard up from the version it was written in; 10 to 13 all know this one.
SCHEMA_VERSION = 39
COLUMNS = 24
PANEL_HEIGHT = 8
STAT_HEIGHT = 4
DATASOURCE = {"type": "prometheus", "uid": c.DATASOURCE_UID}
UID_LENGTH = 40

Panel = dict[str, Any]


def dashboard(name: str, services: Iterable[Service]) -> dict[str, Any]:
    """The dashboard of the stack `name`."""
    panels = [*_overview(), *(panel for service in services for panel in _requests(service))]
    return {
        "uid": f"{name[: UID_LENGTH - len('-start')]}-start",
        "title": f"{name}: overview",
        "tags": [name],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "30s",
        "timezone": "browser",
        "templating": {"list": []},
        "annotations": {"list": []},
        "panels": list(_placed(panels)),
    }


def _overview() -> list[Panel]:
    target = "{{job}} {{instance}}"
    return [
        _stat("Targets up", "count(up == 1) or vector(0)"),
        _stat("Targets down", "count(up == 0) or vector(0)", red_from=1),
        _stat("Firing alerts", 'count(ALERTS{alertstate="firing"}) or vector(0)', red_from=1),
        _state_timeline("Target status", "up", target, {"1": "up", "0": "down"}),
        _timeseries("Scrape duration", "scrape_duration_seconds", target, "s"),
        _timeseries("Samples per scrape", "scrape_samples_scraped", target, "short", decimals=0),
    ]


def _requests(service: Service) -> Iterator[Panel]:
    job = f'job="{service.name}"'
    if service.requests:
        series, status = service.requests.series, service.requests.status
        by = f" by ({status})" if status else ""
        legend = f"{{{{{status}}}}}" if status else "requests"
        requests = f"sum{by} (rate({series}{{{job}}}[$__rate_interval]))"
        yield _timeseries(f"{service.name}: requests", requests, legend, "reqps", stack=bool(status))
        if status:
            errors = f'sum(rate({series}{{{job}, {status}=~"5.."}}[$__rate_interval]))'
            ratio = f"({errors} or vector(0)) / sum(rate({series}{{{job}}}[$__rate_interval]))"
            yield _timeseries(f"{service.name}: error rate", ratio, "errors", "percentunit", soft_max=0.1)
    if service.latency:
        buckets = f"sum by (le) (rate({service.latency}_bucket{{{job}}}[$__rate_interval]))"
        yield _timeseries(f"{service.name}: latency (p95)", f"histogram_quantile(0.95, {buckets})", "p95", "s")


def _placed(panels: Iterable[Panel]) -> Iterator[Panel]:
    """The panels from left to right, a new row where the next one does not fit."""
    x = y = row_height = 0
    for number, panel in enumerate(panels, start=1):
        width, height = _size(panel)
        if x + width > COLUMNS:
            x, y = 0, y + row_height
        row_height = height
        yield {"id": number, "gridPos": {"x": x, "y": y, "w": width, "h": height}, **panel}
        x += width


def _size(panel: Panel) -> tuple[int, int]:
    if panel["type"] == "state-timeline":
        return COLUMNS, PANEL_HEIGHT
    if panel["type"] == "stat":
        return COLUMNS // 3, STAT_HEIGHT
    return COLUMNS // (2 if panel["options"]["legend"]["displayMode"] == "table" else 3), PANEL_HEIGHT


def _panel(kind: str, title: str, target: dict[str, Any], defaults: dict[str, Any], options: dict[str, Any]) -> Panel:
    return {
        "type": kind,
        "title": title,
        "datasource": DATASOURCE,
        "targets": [{"refId": "A", "datasource": DATASOURCE, "editorMode": "code", **target}],
        "fieldConfig": {"defaults": defaults, "overrides": _overrides(target["legendFormat"])},
        "options": options,
    }


def _stat(title: str, expr: str, *, red_from: int | None = None) -> Panel:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    steps += [{"color": "red", "value": red_from}] if red_from is not None else []
    return _panel(
        "stat",
        title,
        {"expr": expr, "legendFormat": title, "range": False, "instant": True},
        {"unit": "short", "decimals": 0, "thresholds": {"mode": "absolute", "steps": steps}},
        {
            "colorMode": "value",
            "graphMode": "none",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
    )


def _state_timeline(title: str, expr: str, legend: str, texts: dict[str, str]) -> Panel:
    shown = {value: {"text": text, "color": colors.meaning_of(text)} for value, text in texts.items()}
    return _panel(
        "state-timeline",
        title,
        {"expr": expr, "legendFormat": legend, "range": True},
        {
            "color": {"mode": "palette-classic"},
            "custom": {"lineWidth": 0, "fillOpacity": 80},
            "mappings": [{"type": "value", "options": shown}],
        },
        {"mergeValues": True, "showValue": "auto", "legend": {"showLegend": False}, "tooltip": {"mode": "single"}},
    )


def _timeseries(
    title: str,
    expr: str,
    legend: str,
    unit: str,
    *,
    stack: bool = False,
    decimals: int | None = None,
    soft_max: float | None = None,
) -> Panel:
    count = possible([result_of(expr)], Scope())
    custom: dict[str, Any] = {
        "lineWidth": 1 if stack else 2,
        "fillOpacity": 40 if stack else 10 if count == 1 else 0,
        "showPoints": "never",
        "axisSoftMax": axis.soft_max(unit, []) if soft_max is None else soft_max,
    }
    if stack:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    defaults = {"unit": unit, "min": 0, "custom": custom, **({} if decimals is None else {"decimals": decimals})}
    options = {"legend": _legend(count), "tooltip": {"mode": "multi", "sort": "desc"}}
    return _panel("timeseries", title, {"expr": expr, "legendFormat": legend, "range": True}, defaults, options)


def _legend(count: int | None) -> dict[str, Any]:
    if count is not None and count <= FEW:
        return {"displayMode": "list", "placement": "bottom", "showLegend": count > 1}
    order = {"calcs": ["lastNotNull", "max"], "sortBy": "Last *", "sortDesc": True}
    return {"displayMode": "table", "placement": "right", "showLegend": True, **order}


def _overrides(legend: str) -> list[dict[str, Any]]:
    """Series by status in the colour of what their status means."""
    return [
        {
            "matcher": {"id": "byRegexp", "options": colors.regex_of(color)},
            "properties": [{"id": "color", "value": {"mode": "shades", "fixedColor": color}}],
        }
        for color in (colors.MEANINGS if colors.status_of(legend) else ())
    ]
