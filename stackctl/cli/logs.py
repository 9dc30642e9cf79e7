"""`stackctl logs`: what the components say."""

from __future__ import annotations

from typing import Annotated

import typer

from stackctl.cli.options import options, own_manifest


def logs(
    context: typer.Context,
    component: Annotated[str | None, typer.Argument(help="Component or service to show.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Follow the log output.")] = False,
    tail: Annotated[int | None, typer.Option("--tail", min=0, metavar="N", help="Show only the last N lines.")] = None,
) -> None:
    """Show the logs of the stack, or of one component."""
    from stackctl.operations import logs as here
    from stackctl.operations.cluster import logs as in_cluster
    from stackctl.report import console

    manifest = own_manifest(context)
    stack = options(context).in_cluster
    if stack:
        found = in_cluster.lines(stack, component, follow=follow, tail=tail)
    else:
        found = here.lines(manifest, component, follow=follow, tail=tail)
    for line in found:
        if not console.out(line):
            return
