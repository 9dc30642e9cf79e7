"""Dashboards drawn by a Prometheus that answers every query alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Series
from stackctl.preview.frames import Source
from stackctl.preview.page import draw
from stackctl.preview.shapes import Label

NOW = 1_700_000_100.0


@dataclass
class Fake:
    """A Prometheus that answers every query with the same series; `asked` are the queries."""

    series: Sequence[Series] = ()
    asked: list[str] = field(default_factory=list)
    error: str = ""

    def over(self, query: str, start: float, end: float, step: float, limit: int) -> Sequence[Series]:
        self.asked.append(query)
        if self.error:
            raise NoAnswer.of("server.no-answer", self.error)
        return self.series[:limit]

    def values(self, query: str, at: float, limit: int) -> list[tuple[Any, float]]:
        return [(each.labels, each.points[-1][1]) for each in self.over(query, at, at, 1, limit)]

    def label_values(self, label: str, selector: str = "") -> tuple[str, ...]:
        self.asked.append(f"{label} of {selector}")
        return ("b", "a")

    def label_names(self, selector: str) -> tuple[str, ...]:
        return ("job",)


def series(labels: dict[str, str], *values: float, step: float = 15) -> Series:
    return Series(labels, tuple((NOW - (len(values) - 1 - n) * step, value) for n, value in enumerate(values)))


def panel(kind: str, expr: str = "x", legend: str = "{{a}}", /, instant: bool = False, **fields: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "title": "P",
        "gridPos": {"x": 0, "y": 0, "w": 12, "h": 8},
        "targets": [{"expr": expr, "legendFormat": legend, "refId": "A", "instant": instant, "range": not instant}],
        "fieldConfig": {"defaults": fields.pop("defaults", {}), "overrides": fields.pop("overrides", [])},
        **fields,
    }


def drawn(*panels: dict[str, Any], client: Fake, **fields: Any) -> list[Any]:
    """All shapes of a dashboard."""
    dashboard = {"title": "D", "panels": list(panels), **fields}
    page = draw(dashboard, Source.of(client, dashboard, NOW, 15))  # type: ignore[arg-type]
    return [shape for _, _, shapes in page.panels for shape in shapes]


def texts(shapes: Sequence[Any]) -> list[str]:
    return [shape.text for shape in shapes if isinstance(shape, Label)]


RED, GREEN, ORANGE, BLUE = "#F2495C", "#73BF69", "#FF9830", "#5794F2"
