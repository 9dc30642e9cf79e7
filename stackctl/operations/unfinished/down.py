"""Stopping a stack by whatever is left of it: files of the state, labels in Docker, marks of processes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import Unavailable
from stackctl.runtimes import registry as runtimes

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.state import Entry, State


def finish(_: Path, state: State, entry: Entry, __: Progress) -> str:
    """Stop what an interrupted `down` has left."""
    stop_all(state, entry.runtime, entry.stack, volumes=entry.volumes)
    state.end()
    return "stopped what was left"


def known_place(state: State) -> tuple[str, str]:
    """The stack's name and runtime, by the files that can be read; "" for what they do not say."""
    current, running = state.current(), state.running()
    try:
        stack, runtime, _ = current.index() if current else ("", "", ())
    except Unavailable:
        stack, runtime = "", ""
    return stack, runtime or (running.runtime if running else "") or state.home().runtime


def stop_all(state: State, runtime: str, stack: str, *, volumes: bool) -> tuple[str, ...]:
    """Stop every unit of this folder's stack wherever it runs, with `volumes` remove its data, and record that.

    Data with the stack's name is only removed where this state has brought it up: a copy's original has the
    same name. Raises Unavailable when the runtime that it ran in does not answer.
    """
    is_known = runtimes.find(runtime) is not None
    stopped: tuple[str, ...] = ()
    for name in runtimes.local_first():
        if name == runtime or runtimes.facts(name).is_local:
            stopped = (*stopped, *_stop_in(name, state, stack, volumes=volumes))
        elif not is_known:
            with suppress(Unavailable):
                stopped = (*stopped, *_stop_in(name, state, stack, volumes=volumes))
    if state.root.is_dir():
        state.record(None)
        if volumes:
            state.keep_data_in("")
    return stopped


def _stop_in(name: str, state: State, stack: str, *, volumes: bool) -> tuple[str, ...]:
    from stackctl.runtimes.select import reopen_runtime

    is_own = runtimes.facts(name).is_local or not state.root.is_dir() or state.home().runtime == name
    return reopen_runtime(name, stack, state.root).stop(volumes=volumes and is_own)
