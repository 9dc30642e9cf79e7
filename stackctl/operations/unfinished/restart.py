"""Starting again what was stopped for a moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import StackctlError
from stackctl.runtimes import registry as runtimes

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Runtime
    from stackctl.state import Entry, Generation, State

READY_SECONDS = 60.0


def runtime_of(state: State, generation: Generation) -> Runtime:
    """Return the runtime of a generation. Raises Unavailable when its index is damaged."""
    from stackctl.runtimes.select import reopen_runtime

    stack, name, _ = generation.index()
    return reopen_runtime(name, stack, state.root)


def start(
    runtime: Runtime, generation: Generation, names: Collection[str], deadline_seconds: float = READY_SECONDS
) -> tuple[str, ...]:
    """Start those of the units `names` that do not run, or run on files that are gone, and wait until they are ready.

    Returns their names. Raises Unavailable when one does not get ready.
    """
    from stackctl.runtimes.plan import make_plan
    from stackctl.runtimes.protocol import Plan
    from stackctl.runtimes.ready import wait_ready

    units = generation.units()
    wanted = [unit for unit in units if unit.name in names]
    steps = make_plan(units, wanted, runtime.observe(), loaded={}, prune=False).steps
    plan = Plan(tuple(step for step in steps if step.action != "reload"))
    if plan:
        runtime.execute(plan, generation)
        wait_ready([unit for unit in wanted if unit.name in plan.starting()], generation, runtime, deadline_seconds)
    return plan.starting()


def stop_fully(runtime: Runtime, generation: Generation, names: Collection[str]) -> None:
    """Stop those of the units `names` that run, and wait until they have ended.

    An interrupted command may have told them to: until they have ended they look like any that runs, and would be left
    alone.
    """
    from stackctl.runtimes.protocol import Plan, Step

    running = sorted(one.name for one in runtime.observe() if one.name in names and one.state == "running")
    if running:
        runtime.execute(Plan(tuple(Step("remove", name, "was being stopped") for name in running)), generation)


@contextmanager
def former_place(state: State, former: Path, runtime: str) -> Iterator[None]:
    """Have the state reachable in the folder that it was moved from: servers with their data in it write there what
    they hold in memory when they stop. Not where something else is by now."""
    link, folder = former, former.parent
    facts = runtimes.find(runtime)
    wanted = bool(facts and facts.is_local and former.name)
    is_free = wanted and not os.path.lexists(link) and folder.parent.is_dir()
    makes_folder = is_free and not folder.exists()
    try:
        if makes_folder:
            folder.mkdir()
        if is_free:
            link.symlink_to(state.root)
    except OSError:
        pass  # the folder may not be written by this user
    try:
        yield
    finally:
        if is_free and link.is_symlink():
            link.unlink()
        if makes_folder and folder.is_dir():
            folder.rmdir()


def remove_former_place(state: State) -> None:
    """Remove what an interrupted `former_place` has left."""
    former = Path(state.home().folder)
    if former.is_symlink() and former.resolve() == state.root.resolve():
        former.unlink()
        with suppress(OSError):
            former.parent.rmdir()


def restart(_: Path, state: State, entry: Entry, __: Progress) -> str:
    """Finish restarting the units of a stack that was moved."""
    remove_former_place(state)
    current = state.current()
    with former_place(state, Path(state.home().folder), entry.runtime):
        started = start(runtime_of(state, current), current, entry.stopped) if current else ()
    state.settle()
    state.end()
    return f"{listed(started) or 'nothing'} restarted"


@contextmanager
def undone_on_failure(state: State, undo: Callable[[], object], progress: Progress) -> Iterator[None]:
    """Undo what the context has begun when it ends with an error or is interrupted. When that fails too, the next
    command does it."""
    from stackctl.state import disk

    try:
        with disk.explained(state.root):
            yield
    except BaseException:
        try:
            with disk.explained(state.root):
                undo()
        except StackctlError as error:
            summary = error.problems[0].summary
            progress.warn(f"{summary}: the next command tries again to undo what was done")
        raise


def listed(names: Collection[str]) -> str:
    """The names in one line."""
    return ", ".join(sorted(names))
