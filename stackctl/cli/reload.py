"""`stackctl reload`: an edit of rules, targets or receivers becomes live, whole and confirmed, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl.cli.options import options
from stackctl.cli.values import seconds
from stackctl.errors import CheckFailed, InputError, Problem, StackctlError

if TYPE_CHECKING:
    from stackctl.cli.live import Live, Target
    from stackctl.runtime import Plan
    from stackctl.state import Generation


def reload(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="GENERATION", help="Go back to this kept generation, or the one it begins."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate and show what would be done.")] = False,
    timeout: Annotated[str, typer.Option("--timeout", help="How long to wait for the confirmation.")] = "30s",
) -> None:
    """Apply an edit of the manifest, of rules or of receivers to the running stack, without a restart.

    Validated before anything is touched, confirmed by what the servers report, rolled back when either fails.
    """
    from stackctl.report import console

    manifest, deadline = options(context).manifest, seconds(timeout, "--timeout")
    plan, id = _go_back(manifest, to, deadline, dry_run) if to is not None else _go_on(manifest, deadline, dry_run)
    if dry_run:
        console.out("\n".join(str(step) for step in plan.steps) or "nothing to do")
        return
    units = ", ".join(plan.units("reload"))
    done = f"{units} reloaded" if units else "nothing had changed; the configuration is confirmed"
    console.out(f"{console.mark('pass')} {done}: generation {id}")
    if to:
        console.note("The next `stackctl reload` brings in what the manifest says.")


def _go_on(manifest: Path, deadline: float, dry_run: bool) -> tuple[Plan, str]:
    """Bring in what the manifest says now."""
    from stackctl.cli.session import Session
    from stackctl.report import console

    with Session.locked(manifest) as session:
        trusted = session.state.read(session.current) is not None
        new = session.target()
        console.detail(f"wrote generation {new.id} to {new.generation.path}")
        if not trusted and new.generation == session.current:
            console.note(f"the files of generation {new.id} had been changed by hand: written anew")
        plan = change(session, new, deadline, trusted=trusted, dry_run=dry_run)
        if not dry_run:
            session.prune()
        return plan, new.id


def _go_back(manifest: Path, to: str, deadline: float, dry_run: bool) -> tuple[Plan, str]:
    """Bring in a generation that was kept. The manifest need not even be readable."""
    from stackctl.cli.live import Live

    with Live.locked(manifest) as live:
        generation = _named(live.state.generations(), to)
        kept = live.kept(generation)
        if kept is None:
            summary = f"generation {generation.id} is not what was written: its files have been changed by hand"
            raise CheckFailed.of(summary, remedy="Choose another one: `stackctl status --generations` lists them.")
        trusted = live.state.read(live.current) is not None
        plan = change(live, kept, deadline, trusted=trusted, dry_run=dry_run)
        if not dry_run:
            live.prune()
        return plan, generation.id


def _named(generations: tuple[Generation, ...], prefix: str) -> Generation:
    """The one generation whose id begins so. Raises InputError with all of them when that is not one."""
    from stackctl.cli.status import clock

    found = [one for one in generations if one.id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} kept generations begin with `{prefix}`" if found else f"no generation `{prefix}` is kept"
    lines = "\n".join(f"{one.id}  written {clock(one.written_at())}" for one in found or generations)
    raise InputError.of(f"--to: {what}", cause=lines, remedy="Name one of these, or the beginning of its name.")


# -- the transaction ------------------------------------------------------------------------------------------


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

    with ThreadPoolExecutor(1) as pool:
        checking = pool.submit(live.runtime.validate, new.generation)
        # The checkers are other processes: what comes after them is loaded and planned meanwhile.
        live.load_clients()
        plan = live.plan(new, trusted=trusted)
        problems = checking.result()
    if problems:
        raise CheckFailed(*problems, Problem("nothing was changed", remedy="Mend it and run `stackctl reload` again."))
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
