"""Putting the data of a backup in place of what is there, which is kept until all of it has been."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.diagnostic import Diagnostic
from stackctl.errors import StackctlError, Unavailable

if TYPE_CHECKING:
    from stackctl.backup import Label
    from stackctl.operations.launch import Work
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Runtime
    from stackctl.state import Entry, Generation, State


def bring_back(
    manifest: Path, file: Path, runtime_name: str, progress: Progress, *, force: bool, deadline_seconds: float
) -> Label:
    """Put the data of the backup `file` in place, and start again what ran.

    Without a name of a runtime, that is where the stack runs, or else where the backup was taken. What was there is
    kept until all of the new is in place.

    Raises InputError for a file that is no whole backup, and for a running stack without `force`; nothing has been
    changed then. Raises CheckFailed and Unavailable with everything as before.
    """
    from stackctl.backup import verify
    from stackctl.operations.checking import load_or_report
    from stackctl.operations.recovery import exclusive
    from stackctl.operations.unfinished.restart import undone_on_failure
    from stackctl.operations.unfinished.restore import finish
    from stackctl.state import State, disk

    label = verify(file)
    if not State.beside(manifest).root.is_dir():
        load_or_report(manifest)  # says what is wrong, and leaves no trace
    with exclusive(manifest, "restore", progress) as state:
        work = _work(manifest, state, runtime_name, label, progress)
        ran = tuple(one.name for one in work.runtime.observe() if one.state != "exited")
        if ran and not force:
            raise _running(ran)
        known = {one.id for one in state.generations()}
        generation = state.write(work.tree)
        try:
            _refuse(work, generation, {*ran, *label.units})
        except StackctlError:
            if generation.id not in known:
                state.discard(generation)
            raise
        entry = _entry(state, work, generation, ran)
        state.begin(entry)
        undoing = partial(_undo, state, work.runtime, entry, deadline_seconds)
        with undone_on_failure(state, undoing, progress):
            _replace(state, work, label, file, generation, progress)
        with disk.explained(state.root):
            state.keep_data_in(work.runtime.name)
            finish(state, work.runtime, state.intent() or entry, deadline_seconds)
    return label


def _running(names: Collection[str]) -> Exception:
    from stackctl.errors import InputError

    return InputError.of(
        "restore.running",
        f"the stack is running, and a restore would replace its data: {', '.join(names)}",
        remedy="Run `stackctl down` first, or use --force: it stops the stack, restores, and starts it again.",
    )


def _work(manifest: Path, state: State, runtime_name: str, label: Label, progress: Progress) -> Work:
    """The stack as the manifest says, on the runtime that gets the data."""
    from stackctl.operations.launch import Selection, assemble
    from stackctl.runtimes import registry as runtimes
    from stackctl.runtimes.select import AUTO

    running = state.running()
    from_label = label.runtime if label.runtime in runtimes.NAMES else AUTO  # a cluster is none of this machine
    name = runtime_name if running or runtime_name != AUTO else from_label
    password = partial(state.generated_secret, c.GRAFANA_ADMIN_PASSWORD)
    return assemble(manifest, state, name, Selection(), password, state.salt, progress)


def _refuse(work: Work, generation: Generation, names: Collection[str]) -> None:
    """Raise what is in the way of starting the units `names`, before anything is stopped."""
    from stackctl.operations.checker_errors import error_of, refused

    stack = work.stack
    problems = refused(stack, work.tree, stack.root, lambda texts: work.runtime.validate(generation, texts))
    if problems:
        raise error_of(problems)
    lacking = work.runtime.prepare([unit for unit in work.tree.units if unit.name in names])
    if lacking:
        remedy = "Nothing was changed."
        raise Unavailable(
            *(
                Diagnostic("unit.missing", f"{name} cannot run: {reason}", remedy=remedy)
                for name, reason in lacking.items()
            )
        )


def _entry(state: State, work: Work, generation: Generation, ran: tuple[str, ...]) -> Entry:
    from stackctl.state import Entry

    before = state.current()
    return Entry(
        "restore",
        time.time(),
        work.runtime.name,
        work.tree.stack,
        before=before.id if before else "",
        going_to=generation.id,
        stopped=ran,
        token=token_hex(4),
        existed=work.runtime.existing_data(),
    )


def _undo(state: State, runtime: Runtime, entry: Entry, deadline_seconds: float) -> None:
    from stackctl.operations.unfinished.restore import undo

    undo(state, runtime, state.intent() or entry, deadline_seconds)


def _replace(state: State, work: Work, label: Label, file: Path, generation: Generation, progress: Progress) -> None:
    from stackctl.backup import contents

    if work.runtime.observe():
        progress.note("stopping the stack")
        work.runtime.stop()
    state.switch(generation)
    names = {unit.name for unit in work.tree.units}
    for unit in label.units:
        if unit not in names:
            progress.warn(f"left out {unit}: this stack has none")
            continue
        progress.note(f"restoring {unit}")
        entry = _noted(state, aside=unit)
        work.runtime.set_aside(unit, entry.token)
        work.runtime.write_data(unit, contents(file, unit))
    if done := state.intent():
        state.intend(replace(done, in_place=True))


def _noted(state: State, aside: str) -> Entry:
    """The entry in the journal, with one more unit whose data is about to be set aside."""
    entry = state.intent()
    if entry is None:
        raise Unavailable.of(
            "state.damaged", "the journal of this restore was removed", remedy="Run the command again."
        )
    noted = replace(entry, aside=(*entry.aside, aside))
    state.intend(noted)
    return noted
