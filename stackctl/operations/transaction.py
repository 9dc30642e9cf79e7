"""The one transaction by which what runs changes: validated, switched, confirmed, and rolled back when that fails."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.bounds.deadline import split, within
from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, StackctlError, Unavailable

if TYPE_CHECKING:
    from stackctl.operations.live import Live, Target
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Plan
    from stackctl.state import Generation, State


def change(
    live: Live, new: Target, deadline: float, progress: Progress, *, trusted: bool, dry_run: bool = False
) -> Plan:
    """Make `new` live, whole and confirmed, and return what was done for it.

    Raises CheckFailed, or what is unavailable, with the old generation in force; `new` is only kept when it was.
    """
    try:
        refuse_another_stack(live.current, new.tree.stack, new.tree.runtime)
        plan = _validate(live, new, trusted=trusted)
        for step in plan.steps:
            progress.detail(str(step))
        _refuse_restarts(plan)
        if not dry_run:
            live.refuse_stopped(_needed(live, new, plan))
            _apply(live, new, plan, deadline, trusted=trusted)
    finally:
        if new.fresh:
            live.state.discard(new.generation)  # which leaves what is live now
    return plan


def refuse_another_stack(current: Generation, stack: str, runtime: str) -> None:
    """Refuse to change what runs into a stack of another name or runtime: containers and volumes are found by them.

    Raises InputError.
    """
    from stackctl.errors import InputError

    try:
        old_stack, old_runtime, _ = current.index()
    except Unavailable:
        return  # it is damaged, and `up` writes it again
    if (old_stack, old_runtime) != (stack, runtime):
        raise InputError.of(
            "stack.second-home",
            f"this stack runs as `{old_stack}` in the {old_runtime} runtime, not as `{stack}` in {runtime}",
            remedy="Run `stackctl down` first; it keeps the data of the old one.",
        )


def _validate(live: Live, new: Target, *, trusted: bool) -> Plan:
    """The plan for `new`, which the servers' own checkers accept. Raises CheckFailed when they do not."""
    from concurrent.futures import ThreadPoolExecutor

    from stackctl.operations.checker_errors import error_of, refused

    with ThreadPoolExecutor(1) as pool:
        root = live.state.root.parent
        checking = pool.submit(
            refused, new.stack, new.tree, root, lambda texts: live.runtime.validate(new.generation, texts)
        )
        # The checkers are other processes: what comes after them is loaded and planned meanwhile.
        live.load_clients()
        plan = live.plan(new, trusted=trusted)
        problems = checking.result()
    if problems:
        raise type(error_of(problems))(
            *problems,
            Diagnostic("stack.unchanged", "nothing was changed", remedy="Fix it and run `stackctl reload` again."),
        )
    return plan


def _refuse_restarts(plan: Plan) -> None:
    """A flag, an image or a port needs a restart; that is `up`, and never done behind the user's back."""
    restarts = [step for step in plan.steps if step.action != "reload"]
    if restarts:
        remedy = "Run `stackctl up` to apply it; `stackctl up --dry-run` shows what that restarts."
        raise CheckFailed(
            *(
                Diagnostic("reload.restart-needed", f"a reload cannot apply this: {step}", remedy=remedy)
                for step in restarts
            )
        )


def _needed(live: Live, new: Target, plan: Plan) -> set[str]:
    """The units that must run for the change to be made and confirmed."""
    there = {unit.name for unit in new.tree.units} - live.running.units_skipped.keys()
    return {c.PROMETHEUS, c.ALERTMANAGER} & there | {*plan.units("reload")}


def _apply(live: Live, new: Target, plan: Plan, deadline: float, *, trusted: bool) -> None:
    """Make `new` live and confirm it. On any failure the old generation is live again, and confirmed too."""
    from stackctl.operations.grafana_titles import refuse_adoption
    from stackctl.state import disk

    old = live.confirmed()
    before = live.kept(old) if trusted and not live.running.partly else None
    live.refuse_closed_grafana(new, before)
    if client := live.grafana(new):
        refuse_adoption(client, before.tree if before else None, new.tree)
    _begin(live, old, new)
    forth, back = split(deadline)
    try:
        live.state.switch(new.generation)
        with within(forth):
            with disk.explained(live.state.root):
                live.runtime.execute(_and_prometheus(plan), new.generation)
            live.confirm(new, before, forth)
        live.record(new.generation)
    except (StackctlError, KeyboardInterrupt) as failure:
        problems = (
            failure.problems
            if isinstance(failure, StackctlError)
            else (Diagnostic("reload.interrupted", "interrupted"),)
        )
        raise CheckFailed(*problems, _roll_back(live, old, new, plan, back)) from failure
    _end(live.state)


def _begin(live: Live, old: Generation, new: Target) -> None:
    """Write the intent. A change that is a step of a drill goes into the drill's own."""
    from stackctl.state import Entry

    entry = live.state.intent()
    if entry and entry.operation == "drill":
        live.state.intend(replace(entry, going_to=new.id))
    else:
        stack, runtime, _ = live.current.index()
        live.state.begin(Entry("reload", time.time(), runtime, stack, before=old.id, going_to=new.id))


def _end(state: State) -> None:
    entry = state.intent()
    if entry and entry.operation == "drill":
        state.intend(replace(entry, going_to=""))
    else:
        state.end()


def _and_prometheus(plan: Plan) -> Plan:
    """The plan with a reload of Prometheus in any case: a failed one has left a mixture of old and new inside it."""
    from stackctl.runtimes.protocol import Plan, Step

    step = Step("reload", c.PROMETHEUS, "to be confirmed")
    return plan if c.PROMETHEUS in plan.units("reload") else Plan((*plan.steps, step))


def _roll_back(live: Live, old: Generation, new: Target, plan: Plan, deadline: float) -> Diagnostic:
    """Go back to `old`, and say whether that is confirmed."""
    remedy = "Run `stackctl up`; `stackctl logs prometheus` shows more."
    try:
        with within(deadline):
            is_confirmed = _return_to(live, old, new, _and_prometheus(plan), deadline)
    except StackctlError as failure:
        return Diagnostic(
            "reload.rollback-failed",
            f"rolling back to generation {old.id} failed too: {failure.problems[0].summary}",
            remedy=remedy,
        )
    if not is_confirmed:
        summary = f"rolled back to generation {old.id}, whose files have been changed by hand: not confirmed"
        return Diagnostic("reload.rolled-back", summary, remedy=remedy)
    remedy = "Fix what is named above and run `stackctl reload` again."
    return Diagnostic(
        "reload.rolled-back", f"rolled back: generation {old.id} is active again, confirmed", remedy=remedy
    )


def return_to(live: Live, old: Generation, new: Generation | None, deadline: float) -> None:
    """Load `old` again wherever `new` may have been loaded. Raises StackctlError when that is not confirmed."""
    from stackctl.runtimes.protocol import Plan, Step

    units = [unit for unit in old.units() if unit.reload and unit.name not in live.running.units_skipped]
    plan = Plan(tuple(Step("reload", unit.name, "rolled back") for unit in units))
    if not _return_to(live, old, live.kept(new) if new else None, plan, deadline):
        raise Unavailable.of(
            "generation.edited",
            f"the files of generation {old.id} have been changed by hand",
            remedy="Run `stackctl up`.",
        )


def _return_to(live: Live, old: Generation, new: Target | None, plan: Plan, deadline: float) -> bool:
    """Go back from `new` to `old`. False when the files of `old` are not what was written, so nothing confirms them."""
    from stackctl.state import disk

    live.state.switch(old)
    with disk.explained(live.state.root):
        live.runtime.execute(plan, old)
    kept = live.kept(old)
    if kept is None:
        return False
    live.confirm(kept, new, deadline)
    live.record(old)
    _end(live.state)
    return True
