"""`stackctl why`: what an alert, a target or a panel depends on, and where it leads."""

from __future__ import annotations

from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, GraphOutput, options
from stackctl.cli.values import GraphFormat


def why(
    context: typer.Context,
    name: Annotated[
        str,
        typer.Argument(
            metavar="ALERT|TARGET|PANEL", help="Its name, `OWNER/NAME` or `FILE:LINE`: HighErrorRatio, Shop/Errors."
        ),
    ],
    output: GraphOutput = GraphFormat.text,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Show what an alert, a target or a panel depends on, and where it leads.

    The tree goes from services over metrics and recording rules to the alert, and on over routes to receivers. A cross
    marks where it is broken: a metric that nothing serves, a label that an aggregation removed, an alert that no route
    delivers. Where the stack runs, it also shows how each part is now: series, values, alerts that fire, targets that
    are down. Recording rules, SLOs and receivers can be asked about too.
    """
    from stackctl.operations.lineage import explain
    from stackctl.report import console, lineage

    found = explain(options(context).manifest, name)
    lineage.warn_of_silence(found)
    if output is GraphFormat.text:
        console.outline(lineage.tree(found))
    else:
        console.document(lineage.as_json(found) if output is GraphFormat.json else lineage.as_mermaid(found))
