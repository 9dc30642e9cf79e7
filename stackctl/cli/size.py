"""`stackctl size`: how much memory and disk Prometheus needs for what the manifest declares."""

from __future__ import annotations

from typing import Annotated

import typer

from stackctl.cli.options import AllowOutside, options
from stackctl.cli.values import Output


def size(
    context: typer.Context,
    series_per_target: Annotated[
        int | None,
        typer.Option(min=1, metavar="N", help="Series of a target of which nothing else says how many it has."),
    ] = None,
    output: Annotated[Output, typer.Option("--output", "-o", help="Output format.")] = Output.text,
    allow_outside: AllowOutside = False,  # noqa: ARG001 - read by its callback
) -> None:
    """Show how many series each job has, and how much memory and disk Prometheus needs for all of them.

    Where the stack runs, its jobs are counted as they are; else by contracts, and by what components like its own
    were seen to serve.
    """
    from stackctl.operations.sizing import size_of
    from stackctl.report import console, sizing

    found = size_of(options(context).manifest, series_per_target)
    if output is Output.json:
        console.document(sizing.as_json(found))
    else:
        sizing.write(found)
