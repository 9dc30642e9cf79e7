"""Panels and rules of the pretended stack that ask what a test says."""

from __future__ import annotations

from dataclasses import replace

from stackctl.diagnostic import Diagnostic
from stackctl.model import PanelQuery
from stackctl.source import Position
from tests.contract.world import World

PANEL, RULE = "panel.data", "rule.data"
PLACE = Position("d.yml", 7, 9)


def asks(well: World, *exprs: str, panel: str = "P") -> None:
    """Let the dashboard have one panel, with these queries."""
    queries = tuple(PanelQuery(panel, expr, PLACE) for expr in exprs)
    (dashboard,) = well.context.stack.dashboards
    well.change(stack=replace(well.context.stack, dashboards=(replace(dashboard, queries=queries),)))


def rules(well: World, *exprs: str, kind: str = "alert") -> None:
    """Let the rule file have these rules."""
    (file,) = well.context.stack.rules
    made = tuple(replace(file.rules[0], kind=kind, name=f"r{n}", expr=expr) for n, expr in enumerate(exprs))
    well.change(stack=replace(well.context.stack, rules=(replace(file, rules=made),)))


def without_grafana(well: World) -> None:
    well.change(skipped={"grafana": "no binary"})


def told(finding: Diagnostic) -> tuple[str, str, str]:
    return finding.status, finding.summary, finding.remedy
