"""An `up` that was interrupted: what some units have is brought in for all, without the manifest."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import StackctlError
from stackctl.operations.unfinished.restart import READY_SECONDS, runtime_of

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Plan, Runtime
    from stackctl.state import Entry, Generation, State
    from stackctl.tree import Unit


def finish(_: Path, state: State, entry: Entry, progress: Progress) -> str:
    """Raises StackctlError when that fails: then it is given up, and the next `up` goes on from there."""
    from stackctl.operations.grafana_password import set_changed_password
    from stackctl.runtimes.ready import wait_ready

    current = state.current()
    if current is None or current.id != entry.going_to:
        state.end()
        return "nothing had been changed"
    try:
        runtime = runtime_of(state, current)
        wanted = [unit for unit in current.units() if unit.name in entry.units]
        runtime.execute(_plan(runtime, current, wanted, entry), current)
        wait_ready(wanted, current, runtime, READY_SECONDS)
        set_changed_password(state, entry, current, runtime, progress)
    except StackctlError:
        state.give_up()
        raise
    record(state, entry)
    return f"finished with generation {current.id}"


def record(state: State, entry: Entry) -> None:
    """Record what an `up` has left running, and empty the journal."""
    from stackctl.state import Running

    last = state.running()
    if last and not entry.is_whole and (last.generation != entry.going_to or last.partly):
        # The other units have not loaded it yet.
        state.record(replace(last, partly=entry.going_to, partly_since=entry.started_at))
    else:
        skipped, allow_missing = entry.skipped, entry.allow_missing
        if last and not entry.is_whole:
            skipped, allow_missing = {**last.units_skipped}, last.allow_missing
        state.record(Running(entry.runtime, entry.going_to, skipped, time.time(), allow_missing=allow_missing))
    state.end()


def _plan(runtime: Runtime, current: Generation, wanted: list[Unit], entry: Entry) -> Plan:
    from stackctl.runtimes.plan import make_plan

    left_out = [name for name, reason in entry.skipped.items() if reason == c.LEFT_OUT]
    units, observed = current.units(), runtime.observe()
    return make_plan(units, wanted, observed, loaded={}, without=left_out, prune=entry.is_whole)
