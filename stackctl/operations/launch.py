"""Bringing a stack up: render, write, plan, make live, wait until all is ready, remember."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.bounds.deadline import within
from stackctl.errors import CheckFailed, StackctlError, Unavailable

if TYPE_CHECKING:
    from stackctl.manifest.packs.fits import Fit
    from stackctl.model import Stack, Waiver
    from stackctl.operations.take_over import Ask
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Plan, Runtime
    from stackctl.runtimes.select import Choice
    from stackctl.source import Secret
    from stackctl.state import Entry, Generation, State
    from stackctl.tree import Tree, Unit


@dataclass(frozen=True)
class Selection:
    """Options of `up` that say which units run. `only` is empty for all of them.

    `allow_missing` is whether the others start when a component cannot be obtained.
    """

    only: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    allow_missing: bool = False


@dataclass(frozen=True)
class Launched:
    """Result of `up`: the units of a stack that run, and `plan`, which was carried out for that.

    `reason` is why they run in that runtime, `skipped` has the units that an option left out, each with its reason, and
    `fitting` are packs that fit the stack and have not been suggested before.
    """

    stack: str
    runtime: str
    reason: str
    units: tuple[Unit, ...]
    plan: Plan
    skipped: Mapping[str, str]
    fitting: tuple[Fit, ...] = ()


def preview(
    manifest: Path, runtime_name: str, selection: Selection, progress: Progress, ignored: Sequence[Waiver] = ()
) -> Work:
    """Return what `up` would do. Touches nothing. Raises InputError for a bad manifest or selection."""
    from stackctl.source import Secret
    from stackctl.state import State

    state = State.beside(manifest)

    def password() -> Secret:
        return state.kept_secret(c.GRAFANA_ADMIN_PASSWORD) or Secret("not-made-yet")

    return assemble(manifest, state, runtime_name, selection, password, state.kept_salt, progress, ignored)


def check_prerequisites(work: Work) -> Mapping[str, str]:
    """Return the units that would not start because an option allows it, each with the reason. Gets nothing.

    Raises Unavailable when a component cannot run and no option allows that, or a port is taken.
    """
    return _skipped(work, work.selection, work.runtime.check_prerequisites)


def _refuse(_: str) -> bool:
    return False


def bring_up(
    manifest: Path,
    runtime_name: str,
    selection: Selection,
    deadline_seconds: float,
    progress: Progress,
    ignored: Sequence[Waiver] = (),
    ask: Ask = _refuse,
) -> Launched:
    """Do what `up` promises. What is `ignored` is accepted, as what the manifest ignores.

    `ask` gets the question whether data is to be copied that a server takes over, and returns the answer.

    Raises InputError for a bad manifest or selection, Unavailable for what cannot be obtained or does not get
    ready, and CheckFailed when a server refuses its configuration. Whatever happens, the next `up` goes on from there.
    """
    from stackctl.operations.checking import load_or_report
    from stackctl.operations.recovery import exclusive
    from stackctl.operations.suggest import newly_fitting
    from stackctl.state import State

    if not State.beside(manifest).root.is_dir():
        load_or_report(manifest, ignored)  # says what is wrong, and leaves no trace
    with exclusive(manifest, "up", progress) as state:
        password = partial(state.generated_secret, c.GRAFANA_ADMIN_PASSWORD)
        work = assemble(manifest, state, runtime_name, selection, password, state.salt, progress, ignored)
        skipped = _skipped(work, selection, work.runtime.prepare)
        plan = work.plan.without(skipped)
        wanted = [unit for unit in work.wanted if unit.name not in skipped]
        generation = state.write(work.tree)
        progress.detail(f"wrote generation {generation.id} to {generation.path}")
        _validate(work, plan, generation)
        _refuse_adoption(state, work.tree)
        _take_over(state, work, plan, generation, ask, progress)
        entry = _entry(work, generation, wanted, skipped)
        with within(deadline_seconds):
            _apply(state, work.runtime, plan, entry, generation, progress)
        _await(state, wanted, generation, work.runtime, deadline_seconds)
        _set_password(state, entry, generation, work.runtime, progress)
        _record(state, entry, plan)
        _restore_datasource(manifest, work, plan, progress)
        fitting = newly_fitting(work.stack, state) if plan else []
    runtime, reason = work.runtime.name, work.choice.reason
    return Launched(work.tree.stack, runtime, reason, tuple(wanted), plan, skipped, tuple(fitting))


def _take_over(state: State, work: Work, plan: Plan, generation: Generation, ask: Ask, progress: Progress) -> None:
    """Take over the data that servers begin with, if any does."""
    from stackctl.operations.take_over import confirm, pending, take_over

    starting = [unit for unit in work.wanted if unit.name in plan.starting()]
    if found := pending(work.stack, work.runtime, starting, progress):
        confirm(found, ask)
        take_over(state, work.runtime, work.tree.stack, generation, found, progress)


def _refuse_adoption(state: State, tree: Tree) -> None:
    """Refuse what a Grafana that runs would take from a person. One that does not run cannot be asked."""
    from stackctl.operations.grafana_titles import refuse_adoption_beside

    current = state.current() if state.running() else None
    before = state.read(current) if current else None
    if before:
        refuse_adoption_beside(before, tree, state.logins)


def _entry(work: Work, generation: Generation, wanted: Sequence[Unit], skipped: Mapping[str, str]) -> Entry:
    from stackctl.state import Entry

    return Entry(
        "up",
        time.time(),
        work.runtime.name,
        work.tree.stack,
        going_to=generation.id,
        units=tuple(unit.name for unit in wanted),
        is_whole=not work.selection.only,
        skipped=skipped,
        allow_missing=work.selection.allow_missing,
    )


def _restore_datasource(manifest: Path, work: Work, plan: Plan, progress: Progress) -> None:
    """Provision Grafana's datasource again if it was changed by hand. A Grafana that has just started has done so."""
    from stackctl.operations.grafana_reload import restored_datasource
    from stackctl.operations.live import Live

    if work.stack.grafana is None or c.GRAFANA in plan.starting():
        return
    with suppress(Unavailable):
        live = Live.open(manifest)
        target = live.kept(live.current)
        if target and restored_datasource(live, target):
            progress.note("Grafana's datasource had been changed and was restored")


@dataclass(frozen=True)
class Work:
    """A rendered stack, where it runs, the units this command is about, and what is to do."""

    stack: Stack
    tree: Tree
    choice: Choice
    selection: Selection
    wanted: tuple[Unit, ...]
    plan: Plan

    @property
    def runtime(self) -> Runtime:
        return self.choice.runtime


def assemble(
    manifest: Path,
    state: State,
    runtime_name: str,
    selection: Selection,
    password: Callable[[], Secret],
    salt: Callable[[], bytes],
    progress: Progress,
    ignored: Sequence[Waiver] = (),
) -> Work:
    """Compare the manifest with what runs. Writes nothing but what `password` and `salt` do."""
    from stackctl.operations.checking import load_or_report
    from stackctl.render import render
    from stackctl.runtimes.plan import selected
    from stackctl.runtimes.select import choose

    stack = load_or_report(manifest, ignored)
    running = state.running()
    choice = choose(
        runtime_name,
        stack.name,
        state.root,
        running=running.runtime if running else None,
        last=state.home().runtime,
        note=progress.note,
    )
    _ensure_single_owner(state, stack.name, choice.runtime.name)
    tree = render(stack, choice.runtime.name, _generated(stack, password), salt())
    wanted = selected(tree.units, only=selection.only, profiles=selection.profiles, without=selection.without)
    return Work(stack, tree, choice, selection, wanted, _plan(tree, wanted, choice.runtime, selection, state))


def _generated(stack: Stack, password: Callable[[], Secret]) -> dict[str, Secret]:
    needed = stack.grafana is not None and stack.grafana.admin_password is None
    return {c.GRAFANA_ADMIN_PASSWORD: password()} if needed else {}


def _plan(tree: Tree, wanted: Collection[Unit], runtime: Runtime, selection: Selection, state: State) -> Plan:
    from stackctl.runtimes.explain_plan import explained
    from stackctl.runtimes.plan import make_plan

    known = state.known()
    plan = make_plan(
        tree.units,
        wanted,
        runtime.observe(),
        loaded=known.loaded() if known else {},
        without=selection.without,
        prune=not selection.only,
    )
    return explained(plan, known, tree) if known else plan


def _ensure_single_owner(state: State, stack: str, runtime: str) -> None:
    """Refuse to start a stack that still runs under another name or in the other runtime."""
    from stackctl.operations.transaction import refuse_another_stack

    current = state.current() if state.running() else None
    if current:
        refuse_another_stack(current, stack, runtime)


def _skipped(work: Work, selection: Selection, lack: Callable[[Collection[Unit]], Mapping[str, str]]) -> dict[str, str]:
    """Return the units that do not run because an option allows it, each with the reason that names the option.

    `lack` returns which of the units that are to start cannot. Raises Unavailable for those that no option allows.
    """
    from stackctl.diagnostic import Diagnostic
    from stackctl.errors import Unavailable

    starting = work.plan.starting()
    lacking = lack([unit for unit in work.wanted if unit.name in starting])
    refused = [
        Diagnostic("unit.missing", f"{unit.name} cannot run: {lacking[unit.name]}", remedy=_remedy_for_missing(unit))
        for unit in work.wanted
        if unit.name in lacking and (unit.required or not selection.allow_missing)
    ]
    if refused:
        raise Unavailable(*refused)
    allowed = {name: f"{c.ALLOWED_MISSING}: {reason}" for name, reason in lacking.items()}
    return {**dict.fromkeys(selection.without, c.LEFT_OUT), **allowed}


def _remedy_for_missing(unit: Unit) -> str:
    if unit.required:
        return "The stack needs it. Nothing was changed."
    return f"To start the others, use `--allow-missing`, or `--without {unit.name}`. Nothing was changed."


def _validate(work: Work, plan: Plan, generation: Generation) -> None:
    """Refuse what `check` refuses: a server that starts tells only some of it, and only then."""
    from stackctl.operations.checker_errors import error_of, refused

    if not plan:
        return
    stack = work.stack
    if problems := refused(stack, work.tree, stack.root, lambda texts: work.runtime.validate(generation, texts)):
        raise error_of(problems)


def _apply(
    state: State, runtime: Runtime, plan: Plan, entry: Entry, generation: Generation, progress: Progress
) -> None:
    from stackctl.state import disk

    for step in plan.steps:
        progress.note(str(step))
    current = state.current()
    if plan or current != generation:
        state.begin(replace(entry, before=current.id if current else ""))
        state.keep_data_in(runtime.name)
    if current != generation:
        state.switch(generation)
    if plan:
        with disk.explained(state.root), _given_up_when_refused(state):
            runtime.execute(plan, generation)


@contextmanager
def _given_up_when_refused(state: State) -> Iterator[None]:
    """A server that refuses will refuse again: no other command tries to finish that."""
    try:
        yield
    except CheckFailed:
        state.give_up()
        raise


def _await(
    state: State, units: Collection[Unit], generation: Generation, runtime: Runtime, deadline_seconds: float
) -> None:
    from stackctl.runtimes.ready import wait_ready

    try:
        wait_ready(units, generation, runtime, deadline_seconds)
    except StackctlError:
        state.give_up()
        raise


def _set_password(state: State, entry: Entry, generation: Generation, runtime: Runtime, progress: Progress) -> None:
    from stackctl.operations.grafana_password import set_changed_password

    try:
        set_changed_password(state, state.intent() or entry, generation, runtime, progress)
    except StackctlError:
        state.give_up()
        raise


def _record(state: State, entry: Entry, plan: Plan) -> None:
    from stackctl.operations.unfinished import up

    last = state.running()
    options = (entry.going_to, entry.skipped, entry.allow_missing)
    if plan or state.intent() or last is None or (last.generation, last.units_skipped, last.allow_missing) != options:
        up.record(state, entry)
        state.prune(c.GENERATIONS_KEPT)
