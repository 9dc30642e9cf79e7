"""Suggestions for how the user's own dashboards are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackctl.diagnostic import Diagnostic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stackctl.model import Stack

# A dashboard of a pack is ours to improve.
_OF_PACK = "pack "
_NAMED = 3


def advise(stack: Stack) -> list[Diagnostic]:
    """One problem for each of the user's dashboards of which something can be drawn better: for information only."""
    from dataclasses import replace

    from stackctl.design.lint import review
    from stackctl.metrics import catalogue
    from stackctl.render.grafana import dashboard_json
    from stackctl.render.scope import scope_of

    scope = replace(scope_of(stack), known=catalogue(stack))
    found = []
    for dashboard in stack.dashboards:
        if dashboard.path.startswith(_OF_PACK):
            continue
        advice = review(dashboard_json(dashboard, scope), scope)
        if advice:
            lines = [f"  - {each.summary}{_in(each.panels)}: {each.remedy}" for each in advice]
            count = f"{len(advice)} suggestion{'s' if len(advice) != 1 else ''}"
            found.append(
                Diagnostic(
                    "dashboard.advice",
                    f"{dashboard.path}: {count} for its panels",
                    dashboard.origin,
                    "\n".join(lines),
                    status="info",
                )
            )
    return found


def _in(panels: Sequence[str]) -> str:
    if not panels:
        return ""
    more = len(panels) - _NAMED
    named = ", ".join(f"`{panel}`" for panel in panels[:_NAMED])
    return f" in {named}{f' and {more} more' if more > 0 else ''}"
