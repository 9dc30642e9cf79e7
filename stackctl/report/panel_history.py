"""Values that the panels of the dashboards have shown over the last minutes: no check, but part of a report.

Prometheus is asked for few lines with few points of each panel, so that hundreds of panels stay a page.
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from stackctl.checks import panels
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus, Series
from stackctl.model import Board, Dashboard
from stackctl.verification.context import Context

# The longest and the shortest time shown, in seconds. A stack that has just started shows the time since.
WINDOW = 900
_LEAST = 60
LINES = 8
POINTS = 90
_CONCURRENCY = 8
# No query is begun after so many seconds: a report is not worth more.
_PATIENCE_SECONDS = 30.0
_LABEL = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_AUTO = ("", "__auto")

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A series of a panel: (Unix time, value) in order, finite values only."""

    name: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Chart:
    """A panel over time. `subject` is that of its finding; `more` lines are not shown; `trouble` says why none are."""

    dashboard: str
    title: str
    subject: str
    unit: str
    lines: tuple[Line, ...] = ()
    more: int = 0
    trouble: str = ""


@dataclass(frozen=True)
class History:
    """The charts of all panels from `start` to `end` (Unix time, Prometheus' clock), a point every `step` seconds."""

    start: float
    end: float
    step: float
    charts: tuple[Chart, ...]


@dataclass(frozen=True)
class Shown:
    """Display of a dashboard's panels: title -> unit, and (title, PromQL) -> the format of the legend."""

    units: Mapping[str, str]
    legends: Mapping[tuple[str, str], str]


def look(context: Context) -> History | None:
    """The charts of every panel; None when there is no panel, or Prometheus does not answer."""
    asked = [(board, query) for board in context.stack.dashboards for query in panels.asked(context, board)]
    by_panel: dict[tuple[str, str], list[tuple[Dashboard, panels.Query]]] = {}
    for board, query in asked:
        if not query.query.panel.startswith("$"):
            by_panel.setdefault(query.panel, []).append((board, query))
    if not by_panel:
        return None
    client = context.prometheus()
    try:
        now, first = client.clock(WINDOW)
    except NoAnswer:
        return None
    # Whole steps: the same moments for all panels, and round numbers in the report.
    span = min(max(now - first, _LEAST), WINDOW)
    step = float(math.ceil(span / POINTS))
    end = math.floor(now / step) * step
    start = end - step * math.ceil(span / step)
    give_up = time.monotonic() + _PATIENCE_SECONDS

    def over(expr: str) -> Sequence[Series]:
        if time.monotonic() > give_up:
            raise NoAnswer.of(
                "server.no-answer",
                f"not queried: Prometheus took more than {_PATIENCE_SECONDS:.0f} s for the previous panels",
            )
        return client.over(expr, start, end, step, LINES + 1)

    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        charts = pool.map(lambda queries: _chart(client, queries, over), by_panel.values())
        return History(start, end, step, tuple(charts))


def _chart(
    client: Prometheus, queries: Sequence[tuple[Dashboard, panels.Query]], over: Callable[[str], Sequence[Series]]
) -> Chart:
    """The chart of the panel that asks `queries`."""
    board, first = queries[0]
    title, shown = first.query.panel, shown_by(board)
    lines: list[Line] = []
    more, trouble = 0, ""
    for _, query in queries:
        try:
            found = over(query.expr)
            # One more than is shown was asked for: it says that there are more, and Prometheus how many.
            more += _uncounted(client, query.expr) if len(found) > LINES else 0
        except NoAnswer as error:
            trouble = getattr(error, "said", "") or error.summary
            continue
        lines += _named(found[:LINES], shown.legends.get((title, query.query.expr), ""), title)
    more += max(0, len(lines) - LINES)
    unit = shown.units.get(title, "")
    return Chart(board.title or board.path, title, "/".join(first.panel), unit, tuple(lines[:LINES]), more, trouble)


def _uncounted(client: Prometheus, expr: str) -> int:
    """Return how many series an expression has beyond those that are shown: at least one."""
    return max(1, client.counts([expr])[0] - LINES)


def _named(found: Sequence[Series], legend: str, title: str) -> list[Line]:
    """The series as lines; one that nothing tells from others has the name of its panel."""
    names = [name_of(series.labels, legend, found) or title for series in found]
    finite = (tuple(point for point in series.points if math.isfinite(point[1])) for series in found)
    return [Line(name, points) for name, points in zip(names, finite, strict=True) if points]


def name_of(labels: Mapping[str, str], legend: str, others: Sequence[Series]) -> str:
    """The name of a series by the format of its legend; else by the labels that tell it from the others."""
    if legend not in _AUTO:
        return _LABEL.sub(lambda match: labels.get(match[1], ""), legend)
    telling = {
        label: value
        for label, value in sorted(labels.items())
        if any(other.labels.get(label) != value for other in others)
    }
    if len(telling) == 1:
        return next(iter(telling.values()))
    written = ", ".join(f"{label}={value}" for label, value in telling.items() if label != "__name__")
    return " ".join(part for part in (telling.get("__name__", ""), written) if part) or labels.get("__name__", "")


def shown_by(dashboard: Dashboard) -> Shown:
    """Return the display of the panels of a dashboard, in either form."""
    units: dict[str, str] = {}
    legends: dict[tuple[str, str], str] = {}
    for title, unit, queries in _panels(dashboard.definition):
        units.setdefault(title, unit)
        legends |= {(title, expr): legend for expr, legend in queries}
    return Shown(units, legends)


_Panel = tuple[str, str, list[tuple[str, str]]]


def _panels(definition: Board | Mapping[str, Any]) -> Iterator[_Panel]:
    """Title, unit and queries (PromQL, legend) of each panel."""
    if isinstance(definition, Board):
        for row in definition.rows:
            for panel in row.panels:
                yield panel.title, panel.unit, [(query.expr, query.legend) for query in panel.queries]
    else:
        yield from _classic(definition)


def _classic(owner: Mapping[str, Any]) -> Iterator[_Panel]:
    """Of Grafana's own JSON, whatever it holds: the panels in rows too."""
    for panel in _mappings(owner.get("panels")):
        config = panel.get("fieldConfig")
        defaults = config.get("defaults") if isinstance(config, Mapping) else None
        unit = defaults.get("unit") if isinstance(defaults, Mapping) else None
        queries = [
            (str(target.get("expr")), str(target.get("legendFormat") or ""))
            for target in _mappings(panel.get("targets"))
        ]
        yield str(panel.get("title") or ""), str(unit or ""), queries
        yield from _classic(panel)


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list) else []
