"""The first dashboard, in Grafana's classic JSON: what every scrape tells, and the requests where they are counted.

Written as plain data: a dashboard is little more than its panels, and this is the form in which users will edit it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stackctl import conventions as c
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
    return [
        _stat("Targets up", "count(up == 1)", "none"),
        _stat("Targets down", "count(up == 0) or vector(0)", "none", red_from=1),
        _stat("Alerts firing", 'count(ALERTS{alertstate="firing"}) or vector(0)', "none", red_from=1),
        _timeseries("Up", "up", "{{job}} {{instance}}", "bool_on_off"),
        _timeseries("Scrape duration", "scrape_duration_seconds", "{{job}} {{instance}}", "s"),
        _timeseries("Samples per scrape", "scrape_samples_scraped", "{{job}} {{instance}}", "short"),
    ]


def _requests(service: Service) -> Iterator[Panel]:
    job = f'job="{service.name}"'
    if service.requests:
        series, status = service.requests.series, service.requests.status
        by = f" by ({status})" if status else ""
        legend = f"{{{{{status}}}}}" if status else service.name
        yield _timeseries(
            f"{service.name}: requests", f"sum{by} (rate({series}{{{job}}}[$__rate_interval]))", legend, "reqps"
        )
        if status:
            errors = f'sum(rate({series}{{{job}, {status}=~"5.."}}[$__rate_interval]))'
            ratio = f"({errors} or vector(0)) / sum(rate({series}{{{job}}}[$__rate_interval]))"
            yield _timeseries(f"{service.name}: errors", ratio, "5xx", "percentunit")
    if service.latency:
        buckets = f"sum by (le) (rate({service.latency}_bucket{{{job}}}[$__rate_interval]))"
        yield _timeseries(f"{service.name}: latency, 95 %", f"histogram_quantile(0.95, {buckets})", "p95", "s")


def _placed(panels: Iterable[Panel]) -> Iterator[Panel]:
    """The panels from left to right, a new row where the next one does not fit."""
    x = y = row_height = 0
    for number, panel in enumerate(panels, start=1):
        width, height = (COLUMNS // 3, STAT_HEIGHT if panel["type"] == "stat" else PANEL_HEIGHT)
        if x + width > COLUMNS:
            x, y = 0, y + row_height
        row_height = height
        yield {"id": number, "gridPos": {"x": x, "y": y, "w": width, "h": height}, **panel}
        x += width


def _target(expr: str, legend: str) -> dict[str, Any]:
    return {
        "refId": "A",
        "datasource": DATASOURCE,
        "expr": expr,
        "legendFormat": legend,
        "editorMode": "code",
        "range": True,
    }


def _stat(title: str, expr: str, unit: str, *, red_from: int | None = None) -> Panel:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    steps += [{"color": "red", "value": red_from}] if red_from is not None else []
    return {
        "type": "stat",
        "title": title,
        "datasource": DATASOURCE,
        "targets": [{**_target(expr, ""), "range": False, "instant": True}],
        "fieldConfig": {
            "defaults": {"unit": unit, "decimals": 0, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": {
            "colorMode": "value",
            "graphMode": "none",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
    }


def _timeseries(title: str, expr: str, legend: str, unit: str) -> Panel:
    return {
        "type": "timeseries",
        "title": title,
        "datasource": DATASOURCE,
        "targets": [_target(expr, legend)],
        "fieldConfig": {
            "defaults": {"unit": unit, "min": 0, "custom": {"lineWidth": 2, "fillOpacity": 10, "showPoints": "never"}},
            "overrides": [],
        },
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }
