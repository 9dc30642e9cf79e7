"""A simulated day in the scenario `normal`, in a real Prometheus: no panel of a pack warns, and no alert fires."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.showcase.past import Period, jobs, prometheus_with
from stackctl.clients.prometheus import Prometheus
from stackctl.design.classic import PanelJson, panels
from stackctl.manifest import load
from stackctl.preview.fields import Field
from stackctl.preview.frames import Source
from stackctl.preview.variables import filled
from stackctl.promql import duration
from stackctl.render.grafana import dashboard_json
from stackctl.render.rules import groups
from stackctl.render.scope import scope_of
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
SHOWCASE = ROOT / "docs/showcase/stack.yml"
STACK = load(SHOWCASE, {})
SCOPE = scope_of(STACK)
MIDNIGHT, DAY, STEP = 1_782_000_000.0 // 86400 * 86400, 86400.0, 120.0
GOOD = ("green", "blue")
# What the showcase cannot be in a day: an objective looks back over 30 days.
NOT_OF_A_DAY = ("SLO",)
# Alerts that fire in a normal day, and why: what is counted under failures is counted now and then without them.
CAUSED = {
    "ClickHouseInsertsRejected": "one insert in hours is rejected",
    "GoGoroutinesGrow": "goroutines follow the load of the morning",
    "MemcachedRefusesConnections": "one connection in hours is refused",
    "PythonMemoryGrows": "memory follows the load of the morning",
    "RedisRejectsConnections": "one connection in minutes is rejected",
}


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


def alerts(folder: Path) -> list[dict[str, Any]]:
    """The alerts of every rules pack about what the showcase has."""
    showcase = yaml.safe_load(SHOWCASE.read_text())
    packs = [{"pack": "http", "services": ["api"]}, *showcase["dashboards"]]
    chosen = [pack for pack in packs if (ROOT / f"rules/{pack['pack']}.yml").exists()]
    manifest = folder / "stack.yml"
    manifest.write_text(yaml.safe_dump({**showcase, "rules": chosen}))
    rules = [rule for file in load(manifest, {}).rules for group in groups(file) for rule in group["rules"]]
    return [rule for rule in rules if "alert" in rule]


def fires(rule: dict[str, Any], day: Prometheus) -> bool:
    """Whether the expression of an alert holds for as long as the alert waits."""
    steps = duration.seconds(str(rule.get("for", "0s"))) / STEP
    for series in day.over(rule["expr"], MIDNIGHT + 7200, MIDNIGHT + DAY, STEP, 200):
        begin = before = -math.inf
        for at, _ in series.points:
            begin = begin if at - before <= STEP else at
            if (at - begin) / STEP >= steps:
                return True
            before = at
    return False


def test_normal_fires_no_alert(day: Prometheus, tmp_path: Path) -> None:
    assert {rule["alert"] for rule in alerts(tmp_path) if fires(rule, day)} == set(CAUSED)
