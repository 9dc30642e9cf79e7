"""A take-over of data that failed or was interrupted: undone, or finished once all of the data is in place."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.operations.unfinished.restore import remove_unused

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Runtime
    from stackctl.state import Entry, State


def finish_or_undo(_: Path, state: State, entry: Entry, __: Progress) -> str:
    """Return what was done."""
    from stackctl.runtimes.select import reopen_runtime

    end(state, reopen_runtime(entry.runtime, entry.stack, state.root), entry)
    return "the data is in place" if entry.in_place else "the copy was removed; `stackctl up` begins it again"


def end(state: State, runtime: Runtime, entry: Entry) -> None:
    """Leave the data that was taken over, or if it is not all in place what was there before; start nothing."""
    if entry.going_to:
        new = state.generation(entry.going_to)
        for unit in entry.aside:
            (runtime.drop_aside if entry.in_place else runtime.put_back)(unit, entry.token)
        remove_unused(runtime, entry, new)
        if entry.in_place:
            state.keep_data_in(runtime.name)
        else:
            runtime.remove_other_data(entry.existed)
        if before := state.generation(entry.before):
            state.switch(before)
        else:
            state.unswitch()
        state.intend(replace(entry, aside=(), going_to=""))
    state.end()
