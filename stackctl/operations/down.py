"""Taking a stack down: always, whatever is left of its files."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import StackctlError, Unavailable
from stackctl.runtimes import registry as runtimes
from stackctl.state import disk

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.state import Entry, State


@dataclass(frozen=True)
class TakenDown:
    """Result of `down`: the units that it stopped. What it left alone: the stacks of the same name that other folders
    have in Docker, and the volumes of that name there, such as those of the set-up that was adopted."""

    stopped: tuple[str, ...]
    others: tuple[Path, ...] = ()
    volumes: tuple[str, ...] = ()


def take_down(manifest: Path, progress: Progress, *, volumes: bool) -> TakenDown:
    """Stop the stack of the folder of `manifest`, which need not exist: by its state, else by labels and marks.

    Raises Unavailable when the runtime that it ran in does not answer.
    """
    from stackctl.operations.unfinished.down import known_place, stop_all
    from stackctl.operations.unfinished.restart import former_place, remove_former_place
    from stackctl.state import Entry, State

    state = State.beside(manifest)
    if not state.root.is_dir():
        return TakenDown(stop_all(state, "", "", volumes=volumes))
    with state.lock(), disk.explained(state.root):
        remove_former_place(state)
        stack, runtime = known_place(state)
        if state.place() == "copied":
            state.separate()
        entry = state.intent()
        is_settled = entry is None or _settle_data(state, entry, progress, volumes=volumes)
        if is_settled:
            state.begin(Entry("down", time.time(), runtime, stack, volumes=volumes))
        with former_place(state, Path(state.home().folder), runtime):
            stopped = stop_all(state, runtime, stack, volumes=volumes)
        if is_settled:
            state.end()
        state.settle()
    others, left = _left(state, stack, runtime, volumes=volumes)
    return TakenDown(stopped, others, left)


def _settle_data(state: State, entry: Entry, progress: Progress, *, volumes: bool) -> bool:
    """Put data in order that an interrupted command has left between old and new, and start nothing for it.

    False when that fails: it stays in the journal for the next command, and the stack is stopped all the same.
    """
    from stackctl.operations.unfinished import take_over
    from stackctl.operations.unfinished.backup import remove_files
    from stackctl.operations.unfinished.restore import finish, undo
    from stackctl.runtimes.select import reopen_runtime

    if entry.temporary:
        Path(entry.temporary).unlink(missing_ok=True)
    has_data = entry.operation in ("restore", "take-over", "backup")
    if not has_data:
        return True
    runtime = reopen_runtime(entry.runtime, entry.stack, state.root)
    try:
        if volumes and entry.operation != "take-over" and not runtime.volumes_of_others():
            return True  # all of it is going to be removed
        with disk.explained(state.root):
            if entry.operation == "backup":
                remove_files(runtime, entry)
                return True
            runtime.stop()
            if entry.operation == "take-over":
                take_over.end(state, runtime, entry)
            else:
                (finish if entry.in_place else undo)(state, runtime, entry, starting=False)
    except StackctlError as error:
        progress.warn(f"the interrupted `{entry.operation}` stays as it is: {error.problems[0].summary}")
        state.intend(replace(entry, stopped=()))
        return False
    progress.note(f"the interrupted `{entry.operation}` was {'finished' if entry.in_place else 'undone'} first")
    return True


def _left(state: State, stack: str, runtime: str, *, volumes: bool) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """Return what was left alone under the stack's name: stacks of other folders where it ran, and data that it has
    not made or not used."""
    from stackctl.runtimes.select import reopen_runtime

    if not stack:
        return (), ()
    others = reopen_runtime(runtime, stack, state.root).others() if runtimes.find(runtime) else ()
    left: list[str] = []
    for name in runtimes.NAMES if volumes else ():
        with suppress(Unavailable):
            left += reopen_runtime(name, stack, state.root).volumes()
    return others, tuple(left)
