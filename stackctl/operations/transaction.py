"""The one transaction by which what runs changes: validated, switched, confirmed, and rolled back when that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import CheckFailed, Problem, StackctlError

if TYPE_CHECKING:
    from stackctl.operations.live import Live, Target
    from stackctl.runtime import Plan
    from stackctl.state import Generation


def change(live: Live, new: Target, deadline: float, *, trusted: bool, dry_run: bool = False) -> Plan:
    """Make `new` live, whole and confirmed, and return what was done for it.

    Raises CheckFailed, or what is unavailable, with the old generation in force; `new` is only kept when it was.
    """
    from stackctl.report import console

    try:
        plan = _validate(live, new, trusted=trusted)
        for step in plan.steps:
            console.detail(str(step))
        _refuse_restarts(plan)
        if not dry_run:
            live.refuse_stopped(_needed(live, new, plan))
            _apply(live, new, plan, deadline, trusted=trusted)
    finally:
        if new.fresh:
            live.state.discard(new.generation)  # which leaves what is live now
    return plan


def _validate(live: Live, new: Target, *, trusted: bool) -> Plan:
    """The plan for `new`, which the servers' own checkers accept. Raises CheckFailed when they do not."""
    from concurrent.futures import ThreadPoolExecutor

    from stackctl.operations.refused import error_of, refused

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
            *problems, Problem("nothing was changed", remedy="Mend it and run `stackctl reload` again.")
        )
    return plan


def _refuse_restarts(plan: Plan) -> None:
    """A flag, an image or a port needs a restart; that is `up`, and never done behind the user's back."""
    restarts = [step for step in plan.steps if step.action != "reload"]
    if restarts:
        remedy = "Run `stackctl up` to apply it; `stackctl up --dry-run` shows what that restarts."
        raise CheckFailed(*(Problem(f"a reload cannot apply this: {step}", remedy=remedy) for step in restarts))


def _needed(live: Live, new: Target, plan: Plan) -> set[str]:
    """The units that must run for the change to be made and confirmed."""
    there = {unit.name for unit in new.tree.units} - live.running.units_skipped.keys()
    return {c.PROMETHEUS, c.ALERTMANAGER} & there | {*plan.units("reload")}


def _apply(live: Live, new: Target, plan: Plan, deadline: float, *, trusted: bool) -> None:
    """Make `new` live and confirm it. On any failure the old generation is live again, and confirmed too."""
    old = live.confirmed()
    before = live.kept(old) if trusted and not live.running.going_to else None
    live.refuse_closed_grafana(new, before)
    live.state.begin(new.generation)
    try:
        live.state.switch(new.generation)
        live.runtime.execute(_and_prometheus(plan), new.generation)
        live.confirm(new, before, deadline)
    except (StackctlError, KeyboardInterrupt) as failure:
        problems = failure.problems if isinstance(failure, StackctlError) else (Problem("interrupted"),)
        raise CheckFailed(*problems, _roll_back(live, old, new, plan, deadline)) from failure
    live.record(new.generation)


def _and_prometheus(plan: Plan) -> Plan:
    """The plan with a reload of Prometheus in any case: a failed one has left a mixture of old and new inside it."""
    from stackctl.runtime import Plan, Step

    step = Step("reload", c.PROMETHEUS, "to be confirmed")
    return plan if c.PROMETHEUS in plan.units("reload") else Plan((*plan.steps, step))


def _roll_back(live: Live, old: Generation, new: Target, plan: Plan, deadline: float) -> Problem:
    """Go back to `old`, and say whether that is confirmed."""
    remedy = "Run `stackctl up`; `stackctl logs prometheus` tells more."
    try:
        live.state.switch(old)
        live.runtime.execute(_and_prometheus(plan), old)
        kept = live.kept(old)
        if kept is None:
            summary = f"rolled back to generation {old.id}, whose files have been changed by hand: not confirmed"
            return Problem(summary, remedy=remedy)
        live.confirm(kept, new, deadline)
        live.record(old)
    except StackctlError as failure:
        return Problem(f"rolling back to generation {old.id} failed too: {failure.problems[0].summary}", remedy=remedy)
    remedy = "Mend what is named above and run `stackctl reload` again."
    return Problem(f"rolled back: generation {old.id} is in force again, confirmed", remedy=remedy)
