"""The window that Grafana writes for `$__rate_interval` in a panel, when its dashboard is opened.

Grafana knows one interval of scrapes, that of the datasource or of the query (`Min step`), and adds to it what a point
of the panel stands for. So a job that is scraped less often than others may have no two samples in the window.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from stackctl.model import Dashboard, PanelQuery
from stackctl.promql import duration
from stackctl.verification.context import Context

_MACRO = re.compile(r"\$(?:__rate_interval\b|\{__rate_interval\})")
_SPAN = re.compile(r"now-(\d{1,6}[smhdw])")
# What a dashboard shows that does not say it.
_USUAL = "6h"
# The seconds between two points to which Grafana rounds, to the nearest and of two that are as near to the longer one.
_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 21600, 43200, 86400)


def rate_seconds(context: Context, dashboard: Dashboard, query: PanelQuery) -> float:
    """Return the seconds of `$__rate_interval` in a query, at most; 0.0 where it is not in it, or is not known."""
    if not _MACRO.search(query.expr) or not query.points or context.given:
        return 0.0
    span = _shown_seconds(dashboard)
    try:
        least = duration.seconds(query.interval.lstrip("<>= ") or context.stack.panel_interval)
    except ValueError:  # a variable is in it
        return 0.0
    return window(span, query.points, least) if span and least else 0.0


def window(span: float, points: int, least: float) -> float:
    """Return the seconds of `$__rate_interval` in a panel of so many points over a span, both in seconds.

    `least` is the interval of scrapes that Grafana knows of. Its documentation has the rule, its code the rounding.
    """
    return max(max(_rounded(span / points), least) + least, 4 * least)


def _rounded(seconds: float) -> float:
    """The seconds between two points as Grafana rounds them, or more."""
    return min(_STEPS, key=lambda step: (abs(step - seconds), -step)) if seconds < _STEPS[-1] else seconds


def _shown_seconds(dashboard: Dashboard) -> float:
    """The time that a dashboard shows at first, in seconds; 0.0 where it depends on the time of day."""
    definition = dashboard.definition
    if isinstance(definition, Mapping):
        time = definition.get("time")
        given = str(time.get("from") or "") if isinstance(time, Mapping) else ""
    else:
        given = f"now-{definition.time}"
    written = _SPAN.fullmatch(given or f"now-{_USUAL}")
    return duration.seconds(written[1]) if written else 0.0
