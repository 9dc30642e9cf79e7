"""A simulated day in the scenario `normal`, in a real Prometheus: no panel of a pack shows a warning."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docs.showcase.past import Period, jobs, prometheus_with
from stackctl.clients.prometheus import Prometheus
from stackctl.design.classic import PanelJson, panels
from stackctl.manifest import load
from stackctl.preview.fields import Field
from stackctl.preview.frames import Source
from stackctl.preview.variables import filled
from stackctl.render.grafana import dashboard_json
from stackctl.render.scope import scope_of
from tests.ports import free_port

STACK = load(Path(__file__).parents[2] / "docs/showcase/stack.yml", {})
SCOPE = scope_of(STACK)
MIDNIGHT, DAY, STEP = 1_782_000_000.0 // 86400 * 86400, 86400.0, 120.0
GOOD = ("green", "blue")
# What the showcase cannot be in a day: an objective looks back over 30 days.
NOT_OF_A_DAY = ("SLO",)


@pytest.fixture(scope="module")
def day() -> Iterator[Prometheus]:
    """A Prometheus that holds the scrapes of one day."""
    with prometheus_with(STACK, [(Period(MIDNIGHT, MIDNIGHT + DAY, STEP), jobs(STACK))], free_port()) as client:
        yield client


def boards() -> Iterator[tuple[str, dict[str, Any]]]:
    for dashboard in STACK.dashboards:
        if not dashboard.title.startswith(NOT_OF_A_DAY):
            yield dashboard.title, json.loads(json.dumps(dashboard_json(dashboard, SCOPE)))


def judged() -> list[tuple[str, PanelJson]]:
    """The panels that have colours for what is bad."""
    found = [(title, panel) for title, board in boards() for panel in panels(board)]
    return [(title, panel) for title, panel in found if len(Field("", 0, panel.defaults).steps) > 1]


@pytest.mark.parametrize(("title", "panel"), judged(), ids=lambda each: each if isinstance(each, str) else each.title)
def test_normal_crosses_no_threshold(day: Prometheus, title: str, panel: PanelJson) -> None:
    source = Source.of(day, {"time": {"from": "now-22h"}}, MIDNIGHT + DAY, STEP)
    field = Field("", 0, panel.defaults)
    seen = 0
    for target in panel.targets:
        expr = filled(target["expr"], {}, source.macros).removeprefix("sort_desc").removeprefix("sort")
        for series in day.over(expr, MIDNIGHT + 7200, MIDNIGHT + DAY, STEP, 200):
            for _, value in series.points:
                step = [color for start, color in field.steps if value >= start][-1] if math.isfinite(value) else "blue"
                assert step in GOOD, f"{title}, {panel.title}: {value:g} in {dict(series.labels)}"
                seen += 1
    assert seen, "the showcase serves nothing for this panel"
