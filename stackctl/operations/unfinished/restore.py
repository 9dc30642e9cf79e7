"""A `restore` that failed or was interrupted: the old data is put back, or removed once all of the new is in place."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.operations.unfinished.restart import READY_SECONDS, listed, start, stop_fully

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Runtime
    from stackctl.state import Entry, Generation, State


def finish_or_undo(_: Path, state: State, entry: Entry, __: Progress) -> str:
    """Return what was done."""
    from stackctl.runtimes.select import reopen_runtime

    runtime = reopen_runtime(entry.runtime, entry.stack, state.root)
    started = (finish if entry.in_place else undo)(state, runtime, entry, READY_SECONDS)
    done = "the restored data is in place" if entry.in_place else "the data is what it was before"
    return f"{done}, {listed(started)} started again" if started else done


def undo(
    state: State, runtime: Runtime, entry: Entry, deadline_seconds: float = READY_SECONDS, *, starting: bool = True
) -> tuple[str, ...]:
    """Put back what was set aside, remove what was added, and start what ran before, on the generation before."""
    before, new = state.generation(entry.before), state.generation(entry.going_to)
    if entry.going_to:
        if running := before or new:
            stop_fully(runtime, running, entry.stopped)
        for unit in entry.aside:
            runtime.put_back(unit, entry.token)
        remove_unused(runtime, entry, new or before)
        runtime.remove_other_data(entry.existed)
        if before:
            state.switch(before)
        else:
            state.unswitch()
        state.intend(replace(entry, aside=(), going_to=""))  # from here on only the start is left
    started = start(runtime, before, entry.stopped, deadline_seconds) if before and starting else ()
    state.end()
    if new and new != before:
        state.discard(new)
    return started


def finish(
    state: State, runtime: Runtime, entry: Entry, deadline_seconds: float = READY_SECONDS, *, starting: bool = True
) -> tuple[str, ...]:
    """Remove what was set aside, now that all of the new is in place, and start what ran before."""
    new, running = state.generation(entry.going_to), state.running()
    for unit in entry.aside:
        runtime.drop_aside(unit, entry.token)
    remove_unused(runtime, entry, new)
    state.intend(replace(entry, aside=()))
    started: tuple[str, ...] = ()
    if entry.stopped and new and starting:
        started = start(runtime, new, entry.stopped, deadline_seconds)
    if entry.stopped and running and starting:
        state.record(replace(running, generation=entry.going_to, started_at=time.time(), partly="", partly_since=0.0))
    else:
        state.record(None)
    state.end()
    return started


def remove_unused(runtime: Runtime, entry: Entry, generation: Generation | None) -> None:
    """Remove the containers that were made for their volumes only."""
    from stackctl.runtimes.protocol import Plan, Step

    unused = [one.name for one in runtime.observe() if one.name in entry.aside and one.state == "created"]
    if unused and generation:
        runtime.execute(
            Plan(tuple(Step("remove", name, "created only to access its data") for name in unused)), generation
        )
