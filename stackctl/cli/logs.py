"""`stackctl logs`: what the components say."""

from __future__ import annotations

from typing import Annotated

import typer

from stackctl.cli.options import options


def logs(
    context: typer.Context,
    component: Annotated[str | None, typer.Argument(help="Only this component or service.")] = None,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on with what is added.")] = False,
    tail: Annotated[int | None, typer.Option("--tail", min=0, metavar="N", help="Only the last N lines.")] = None,
) -> None:
    """Show the logs of the stack, or of one component."""
    from stackctl.errors import Unavailable
    from stackctl.report import console
    from stackctl.runtime import open_runtime, selected
    from stackctl.state import State

    state = State.beside(options(context).manifest)
    generation = state.current()
    if generation is None:
        raise Unavailable.of("this stack was never brought up", remedy="Run `stackctl up`.")
    stack, runtime, units = generation.index()
    names = [unit.name for unit in selected(units, only=[component])] if component else []
    for line in open_runtime(runtime, stack, state.root).logs(names, follow=follow, tail=tail):
        if not console.out(line):
            return
