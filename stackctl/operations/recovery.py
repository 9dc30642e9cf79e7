"""Recovery: what an interrupted command has left is finished or undone before the next one does its own work.

`settle` is the one routine; ARCHITECTURE.md has its table. It runs while the lock is held, so nobody is at work any
more on the operation in the journal.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import StackctlError
from stackctl.operations.unfinished import backup, down, drill, reload, restart, restore, take_over, up
from stackctl.runtimes import registry as runtimes

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.state import Entry, State

# Commands that change the stack hold the lock, and recover as soon as they have it.
CHANGE = ("up", "reload", "watch", "down", "backup", "restore", "drill")
# These read what runs, so it is put in order first, unless another stackctl is at work.
READ = ("status", "verify", "logs")
# These read the manifest only, and report what has not ended.
REPORT = ("check", "test", "why", "impact", "size", "render", "export", "dashboards", "simulate")
# These have nothing to do with what runs from a folder.
NONE = ("init", "adopt", "contract", "explain", "packs", "schema", "outdated", "tools")

_RECOVERIES: dict[str, Callable[[Path, State, Entry, Progress], str]] = {
    "up": up.finish,
    "reload": reload.roll_back,
    "down": down.finish,
    "backup": backup.finish,
    "restore": restore.finish_or_undo,
    "drill": drill.end,
    "take-over": take_over.finish_or_undo,
    "move": restart.restart,
}


def recover(manifest: Path, command: str, progress: Progress) -> None:
    """Recover for a command that only reads, or report what has not ended.

    Raises InputError only for a state that this user may not read, where `command` cannot do without.
    """
    from stackctl.state import State, lock

    state = State.beside(manifest)
    if command in REPORT and state.refusal():
        return
    state.refuse_unreadable()
    entry = state.intent()
    if entry is None and state.place() in ("here", "unmarked"):
        return
    try:
        with state.lock(wait_seconds=0):
            if command in READ:
                settle(manifest, state, command, progress)
            elif entry:
                progress.note(f"{_named(entry)} has not finished: the next `stackctl status` finishes or undoes it")
    except lock.Busy:
        return  # it is at work
    except StackctlError as error:
        progress.warn(f"cannot recover: {error.problems[0].summary}")


@contextmanager
def exclusive(manifest: Path, command: str, progress: Progress) -> Iterator[State]:
    """The state next to `manifest`, locked and recovered, for a command that changes the stack.

    Raises Unavailable when another stackctl holds the lock, and when what was interrupted can be neither finished nor
    undone; InputError for a state that this user may not read.
    """
    from stackctl.state import State

    state = State.beside(manifest)
    with state.lock():
        settle(manifest, state, command, progress)
        yield state


def settle(manifest: Path, state: State, command: str, progress: Progress) -> None:
    """Finish or undo what was interrupted, say so in one line, and see to it that the state belongs to its folder.

    Leaves the journal as it is where `command` itself goes on from there. Raises StackctlError when that fails and
    `command` needs it.
    """
    from stackctl.state import disk

    with disk.explained(state.root):
        found = state.intent()
        if found and found.operation == "move":
            restart.remove_former_place(state)
        if state.place() == "copied":
            _separate(state, progress)
        elif state.place() == "moved":
            _move(state, progress)
        entry = state.intent()
        if entry and not _goes_on(entry, command):
            _recover(manifest, state, entry, command, progress)


def _goes_on(entry: Entry, command: str) -> bool:
    """Return whether `command` does itself what is left to do: it loads everything again."""
    return (command, entry.operation) in {("up", "up"), ("up", "reload"), ("reload", "reload")}


def _recover(manifest: Path, state: State, entry: Entry, command: str, progress: Progress) -> None:
    try:
        done = _RECOVERIES.get(entry.operation, _forget)(manifest, state, entry, progress)
    except StackctlError as error:
        # `up` starts whatever does not run; but never on data that is half in place, or half removed.
        left = state.intent()
        has_data = left is not None and (left.aside or left.operation == "down")
        if command not in READ and (command != "up" or has_data):
            raise
        progress.warn(f"{_named(entry)} was interrupted: {error.problems[0].summary}")
    else:
        progress.note(f"{_named(entry)} was interrupted: {done}")


def _named(entry: Entry) -> str:
    from stackctl.clock import clock

    return f"`{entry.operation}` of {clock(entry.started_at)}"


def _forget(_: Path, state: State, __: Entry, ___: Progress) -> str:
    """Believe nothing of what the servers have loaded. What was set aside, if anything, stays where it is."""
    running = state.running()
    if running:
        state.record(replace(running, partly=running.generation, partly_since=time.time()))
    state.end()
    return "the journal is damaged, and its content is lost. Run `stackctl up`"


def _separate(state: State, progress: Progress) -> None:
    """Make a copied state one of its own. Of what was interrupted, only its own data matters."""
    entry, former = state.intent(), state.home().folder
    runtime = runtimes.find(entry.runtime) if entry else None
    if entry and entry.aside and runtime and runtime.is_local:
        state.intend(replace(entry, stopped=()))
    else:
        state.end()
    state.separate()
    progress.note(f"this folder is a copy of {Path(former).parent}: nothing runs from it yet")


def _move(state: State, progress: Progress) -> None:
    """Restart what was started from the folder that the state was moved from."""
    from stackctl.state import Entry

    former, current, entry = state.home().folder, state.current(), state.intent()
    if current is None:
        state.settle()
        return
    runtime = restart.runtime_of(state, current)
    running = tuple(one.name for one in runtime.observe() if one.state == "running")
    if entry is None:
        entry = Entry("move", time.time(), runtime.name, before=current.id)
    state.intend(replace(entry, stopped=tuple({*entry.stopped, *running})))
    if entry.operation != "restore":  # which puts its data in order first
        with restart.former_place(state, Path(former), runtime.name):
            restart.start(runtime, current, running)
    state.settle()
    if entry.operation == "move":
        state.end()
    progress.note(f"the stack was moved from {Path(former).parent}: {restart.listed(running) or 'nothing'} restarted")
