"""`stackctl down`: stop everything, from the state alone, so that an edited or broken manifest is no obstacle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from stackctl import conventions as c
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
        left = left_in_docker(options(context).manifest)
        if left:
            console.out(f"{console.mark('warn')} Docker still has data of a stack of this name: {', '.join(left)}")
            console.out(f"  If it is from when this one ran there: docker volume rm {' '.join(left)}")


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
        if volumes and runtime == c.DOCKER:
            # What it had when it ran natively lies in this folder too.
            open_runtime(c.NATIVE, stack, state.root).stop(volumes=True)
        state.record(None)
    return stopped


def left_in_docker(manifest: Path) -> tuple[str, ...]:
    """The volumes in Docker of a stack of this name that runs natively: another folder's may have the same name, so
    they are not removed unasked."""
    from stackctl.runtime import volumes_in_docker
    from stackctl.state import State

    state = State.beside(manifest)
    generation = state.current()
    if generation is None:
        return ()
    stack, runtime, _ = generation.index()
    return () if runtime == c.DOCKER else volumes_in_docker(stack, state.root)
