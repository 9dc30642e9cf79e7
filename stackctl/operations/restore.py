"""Putting the data of a backup in place of what is there, which is kept until all of it has been."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.backup import Label
    from stackctl.operations.launch import Selection, Work
    from stackctl.state import State


def bring_back(manifest: Path, file: Path, runtime_name: str, *, force: bool, deadline_seconds: float) -> Label:
    """Put the data of the backup `file` in place. What was there is kept until all of it has been.

    Raises InputError for a file that is no whole backup, and for a running stack without `force`; nothing has been
    changed then.
    """
    from stackctl.backup import verify
    from stackctl.operations.launch import Selection, assemble, bring_up
    from stackctl.state import State

    label = verify(file)
    state = State.beside(manifest)
    password = partial(state.generated_secret, c.GRAFANA_ADMIN_PASSWORD)
    work = assemble(manifest, state, runtime_name, Selection(), password, state.salt)
    ran = [one.name for one in work.runtime.observe() if one.state != "exited"]
    before = _selection(state, work, ran)
    if ran and not force:
        raise _running(ran)
    try:
        with state.lock():
            _replace(state, work, label, file)
    finally:
        if ran:  # on the old data, when the new could not be put in place
            bring_up(manifest, work.runtime.name, before, deadline_seconds)
    return label


def _running(names: Collection[str]) -> Exception:
    from stackctl.errors import InputError

    return InputError.of(
        f"the stack runs, and a restore replaces its data: {', '.join(names)}",
        remedy="Run `stackctl down` first, or give --force: it stops the stack, restores, and starts it again.",
    )


def _selection(state: State, work: Work, ran: Collection[str]) -> Selection:
    """What brings up what ran."""
    from stackctl.operations.launch import Selection

    running = state.running()
    names = {unit.name for unit in work.tree.units}
    skipped = running.units_skipped if running else {}
    without = tuple(name for name, reason in skipped.items() if reason == c.LEFT_OUT and name in names)
    profiles = {profile for unit in work.tree.units if unit.name in ran for profile in unit.profiles}
    allow_missing = running is not None and running.allow_missing
    return Selection(profiles=tuple(sorted(profiles)), without=without, allow_missing=allow_missing)


def _replace(state: State, work: Work, label: Label, file: Path) -> None:
    from stackctl.backup import contents
    from stackctl.report import console
    from stackctl.state import disk

    if work.runtime.observe():
        console.note("stopping the stack")
        work.runtime.stop()
        state.record(None)
    state.switch(state.write(work.tree))
    names = {unit.name for unit in work.tree.units}
    with disk.explained(state.root), ExitStack() as replaced:
        for unit in label.units:
            if unit not in names:
                console.note(f"{console.mark('warn')} left out {unit}: this stack has none")
                continue
            console.note(f"restoring {unit}")
            replaced.enter_context(work.runtime.replace_data(unit, contents(file, unit)))
