"""Stopping a stack by whatever is left of it: files of the state, labels in Docker, marks of processes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import Unavailable

if TYPE_CHECKING:
    from stackctl.state import Entry, State


def finish(_: Path, state: State, entry: Entry) -> str:
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

    Volumes in Docker are only removed when this state has brought them up: a copy's original has the same names.
    Raises Unavailable when it ran in Docker, and the engine does not answer.
    """
    from stackctl.runtimes.select import reopen_runtime

    stopped = reopen_runtime(c.NATIVE, stack, state.root).stop(volumes=volumes)
    if runtime != c.NATIVE:
        try:
            docker = reopen_runtime(c.DOCKER, stack, state.root)
            has_volumes = not state.root.is_dir() or state.home().runtime == c.DOCKER
            stopped = (*stopped, *docker.stop(volumes=volumes and has_volumes))
        except Unavailable:
            if runtime == c.DOCKER:
                raise
    if state.root.is_dir():
        state.record(None)
        if volumes:
            state.keep_data_in("")
    return stopped
