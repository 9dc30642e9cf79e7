"""`stackctl impact`: what depends on a metric or a service."""

from __future__ import annotations

from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, GraphOutput, options
from stackctl.cli.values import GraphFormat


def impact(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="METRIC|SERVICE", help="Its name: http_requests_total, api, or a component.")
    ],
    output: GraphOutput = GraphFormat.text,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Show all that depends on a metric, or on a service with its metrics and its job.

    These are recording rules, SLOs, alerts, the receivers that they reach, and panels: what stops working when the
    metric is renamed or the service is removed. Where the stack runs, it also shows how each part is now.
    """
    from stackctl.operations.lineage import find_dependants
    from stackctl.report import console, lineage

    found = find_dependants(options(context).manifest, name)
    lineage.warn_of_silence(found)
    if output is not GraphFormat.text:
        console.document(lineage.as_json(found) if output is GraphFormat.json else lineage.as_mermaid(found))
        return
    console.outline(lineage.tree(found))
    console.out()
    console.out(lineage.summary(found))
    if found.unused:
        console.out(f"nothing uses {', '.join(found.unused)}")
