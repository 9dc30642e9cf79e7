"""The data of a panel: each query's series over the time that the dashboard shows, or their values of now."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus, Series
from stackctl.design.classic import PanelJson, mapping
from stackctl.preview.variables import Chosen, filled
from stackctl.report.chart import GREATEST
from stackctl.report.panel_history import name_of

# Bounds: a preview is a page, and a dashboard may ask for anything.
SERIES = 60
POINTS = 240
_PATIENCE_SECONDS = 60.0
_SPAN = re.compile(r"now-(\d{1,6})([smhdwMy])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "M": 2592000, "y": 31536000}
_USUAL_SPAN = 3600.0
_LABEL_VALUES = re.compile(r"label_values\(\s*(?:(?P<expr>.+),\s*)?(?P<label>[A-Za-z_]\w*)\s*\)", re.DOTALL)
_QUERY_RESULT = re.compile(r"query_result\((?P<expr>.+)\)", re.DOTALL)
_METRICS = re.compile(r"metrics\((?P<regex>.+)\)", re.DOTALL)
_LABEL_NAMES = re.compile(r"label_names\((?P<expr>.*)\)", re.DOTALL)


@dataclass(frozen=True)
class Window:
    """The time that a dashboard shows, with a point every `step` seconds (Unix time)."""

    start: float
    end: float
    step: float

    @classmethod
    def of(cls, dashboard: Mapping[str, Any], now: float) -> Window:
        """The window that ends `now`, as long as the dashboard says."""
        written = _SPAN.fullmatch(str(mapping(dashboard.get("time")).get("from") or ""))
        span = float(written[1]) * _SECONDS[written[2]] if written else _USUAL_SPAN
        step = max(1.0, math.ceil(span / POINTS))
        return cls(now - span, now, step)


@dataclass(frozen=True)
class Frame:
    """One series of a query: its name by the legend, its labels, and its finite points in order, within GREATEST."""

    ref: str
    name: str
    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]

    @property
    def last(self) -> float:
        return self.points[-1][1]


@dataclass(frozen=True)
class Data:
    """The frames of a panel; `trouble` says why there are none, `more` that there are too many to draw."""

    frames: tuple[Frame, ...] = ()
    trouble: str = ""
    more: bool = False


@dataclass(frozen=True)
class Source:
    """A Prometheus and the time of one dashboard. `interval` is that of its scrapes, in seconds."""

    client: Prometheus
    window: Window
    interval: float
    give_up: float

    @classmethod
    def of(cls, client: Prometheus, dashboard: Mapping[str, Any], now: float, interval: float) -> Source:
        return cls(client, Window.of(dashboard, now), interval, time.monotonic() + _PATIENCE_SECONDS)

    @property
    def macros(self) -> dict[str, str]:
        """The macros of Grafana, for this window."""
        step, span = max(self.window.step, self.interval), self.window.end - self.window.start
        rate = max(step + self.interval, 4 * self.interval)
        return {
            "__interval": f"{step:.0f}s",
            "__interval_ms": f"{step * 1000:.0f}",
            "__rate_interval": f"{rate:.0f}s",
            "__rate_interval_ms": f"{rate * 1000:.0f}",
            "__range": f"{span:.0f}s",
            "__range_s": f"{span:.0f}",
            "__range_ms": f"{span * 1000:.0f}",
            "__from": f"{self.window.start * 1000:.0f}",
            "__to": f"{self.window.end * 1000:.0f}",
        }

    def data(self, panel: PanelJson, chosen: Mapping[str, Chosen]) -> Data:
        """The data of a panel, with the variables that are `chosen`."""
        frames: list[Frame] = []
        trouble, more = "", False
        for number, target in enumerate(panel.targets):
            expr = filled(target["expr"], chosen, self.macros)
            try:
                series = self._ask(expr, bool(target.get("instant")) and not target.get("range"))
            except NoAnswer as error:
                trouble = getattr(error, "said", "") or error.summary
                continue
            more = more or len(series) > SERIES
            ref = str(target.get("refId") or chr(ord("A") + number % 26))
            legend = filled(str(target.get("legendFormat") or ""), chosen)
            frames += _frames(ref, legend, series[:SERIES])
        return Data(tuple(frames), trouble, more)

    def values(self, query: str) -> Sequence[str]:
        """The values of a variable with this query; none where Prometheus does not answer."""
        try:
            return self._values(filled(query, {}, self.macros).strip())[: SERIES * 4]
        except NoAnswer:
            return []

    def _values(self, query: str) -> list[str]:
        if found := _LABEL_VALUES.fullmatch(query):
            return sorted(self.client.label_values(found["label"], (found["expr"] or "").strip()))
        if found := _LABEL_NAMES.fullmatch(query):
            return sorted(self.client.label_names(found["expr"].strip() or '{__name__!=""}'))
        if found := _METRICS.fullmatch(query):
            return sorted(self.client.label_values("__name__", f'{{__name__=~"{found["regex"]}"}}'))
        if found := _QUERY_RESULT.fullmatch(query):
            return sorted(_written(each) for each in self._ask(found["expr"], now=True))
        return []

    def _ask(self, expr: str, now: bool) -> Sequence[Series]:
        if time.monotonic() > self.give_up:
            raise NoAnswer.of(
                "server.no-answer", f"not queried: the dashboard took more than {_PATIENCE_SECONDS:.0f} s"
            )
        if now:  # in the order of the answer: the query may sort it
            found = self.client.values(expr, self.window.end, SERIES + 1)
            return [Series(labels, ((self.window.end, value),)) for labels, value in found]
        return self.client.over(expr, self.window.start, self.window.end, self.window.step, SERIES + 1)


def _written(series: Series) -> str:
    labels = ",".join(f'{name}="{value}"' for name, value in sorted(series.labels.items()) if name != "__name__")
    return f"{series.labels.get('__name__', '')}{{{labels}}}"


def _frames(ref: str, legend: str, series: Sequence[Series]) -> list[Frame]:
    made = []
    for each in series:
        points = tuple((at, min(max(value, -GREATEST), GREATEST)) for at, value in each.points if math.isfinite(value))
        if points:
            made.append(Frame(ref, name_of(each.labels, legend, series) or "Value", each.labels, points))
    return made
