"""`stackctl down`: stop everything, from the state alone, so that an edited or broken manifest is no obstacle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stackctl.cli.options import options


def down(
    context: typer.Context,
    volumes: Annotated[bool, typer.Option("--volumes", help="Remove the data too.")] = False,
) -> None:
    """Stop the stack and remove what runs. Data is kept unless --volumes is given."""
    from stackctl.report import console

    stopped = take_down(options(context).manifest, volumes=volumes)
    for name in stopped:
        console.out(f"stopped {name}")
    if not stopped:
        console.out("nothing was running")
    if volumes:
        console.out("removed the data")


def take_down(manifest: Path, *, volumes: bool) -> tuple[str, ...]:
    """Stop the stack whose state lies beside `manifest`, and return the names of what was there.

    Raises Unavailable when its runtime does not answer. Without any state nothing is touched.
    """
    from stackctl.runtime import open_runtime
    from stackctl.state import State

    state = State.beside(manifest)
    generation = state.current()
    if generation is None:
        return ()
    stack, runtime, _ = generation.index()
    with state.lock():
        stopped = open_runtime(runtime, stack, state.root).stop(volumes=volumes)
        state.record(None)
    return stopped
