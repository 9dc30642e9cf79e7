"""`stackctl logs`: what the components say."""

from __future__ import annotations

from typing import Annotated

import typer

from stackctl.cli.options import own_manifest


def logs(
    context: typer.Context,
    component: Annotated[str | None, typer.Argument(help="Component or service to show.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Follow the log output.")] = False,
    tail: Annotated[int | None, typer.Option("--tail", min=0, metavar="N", help="Show only the last N lines.")] = None,
) -> None:
    """Show the logs of the stack, or of one component."""
    from stackctl.operations.logs import lines
    from stackctl.report import console

    for line in lines(own_manifest(context), component, follow=follow, tail=tail):
        if not console.out(line):
            return
