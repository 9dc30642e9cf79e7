"""`stackctl reload`: an edit of rules, targets or receivers becomes live, whole and confirmed, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from stackctl import conventions as c
from stackctl.cli.options import options
from stackctl.cli.values import seconds
from stackctl.errors import CheckFailed, Problem, StackctlError

if TYPE_CHECKING:
    from stackctl.cli.session import Session
    from stackctl.runtime import Plan
    from stackctl.state import Generation


def reload(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Validate and show what would be done.")] = False,
    timeout: Annotated[str, typer.Option("--timeout", help="How long to wait for the confirmation.")] = "30s",
) -> None:
    """Apply an edit of the manifest, of rules or of receivers to the running stack, without a restart.

    Validated before anything is touched, confirmed by what the servers report, rolled back when either fails.
    """
    from stackctl.cli.session import Session
    from stackctl.report import console

    deadline = seconds(timeout, "--timeout")
    with Session.locked(options(context).manifest) as session:
        new = session.write()
        console.detail(f"wrote generation {new.id} to {new.path}")
        plan = _validate(session, new)
        for step in plan.steps:
            console.detail(str(step))
        _refuse_restarts(plan)
        if dry_run:
            console.out("\n".join(str(step) for step in plan.steps) or "nothing to do")
            return
        session.refuse_stopped((c.PROMETHEUS, *plan.units("reload")))
        _apply(session, new, plan, deadline)
    units = ", ".join(plan.units("reload"))
    done = f"{units} reloaded" if units else "nothing had changed; the configuration is confirmed"
    console.out(f"{console.mark('pass')} {done}: generation {new.id}")


def _validate(session: Session, new: Generation) -> Plan:
    """The plan for `new`, which the servers' own checkers accept. Raises CheckFailed when they do not."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        checking = pool.submit(session.runtime.validate, new)
        # The checkers are other processes: what comes after them is loaded and planned meanwhile.
        session.load_clients()
        plan = session.plan(new)
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


def _apply(session: Session, new: Generation, plan: Plan, deadline: float) -> None:
    """Make `new` live and confirm it. On any failure the old generation is live again, and confirmed too."""
    old = session.current
    try:
        session.state.switch(new)
        session.runtime.execute(_and_prometheus(plan), new)
        session.confirm(new, deadline)
    except (StackctlError, KeyboardInterrupt) as failure:
        problems = failure.problems if isinstance(failure, StackctlError) else (Problem("interrupted"),)
        raise CheckFailed(*problems, _roll_back(session, old, plan, deadline)) from failure
    session.record(new)


def _and_prometheus(plan: Plan) -> Plan:
    """The plan with a reload of Prometheus in any case: a failed one has left a mixture of old and new inside it."""
    from stackctl.runtime import Plan, Step

    step = Step("reload", c.PROMETHEUS, "to be confirmed")
    return plan if c.PROMETHEUS in plan.units("reload") else Plan((*plan.steps, step))


def _roll_back(session: Session, old: Generation, plan: Plan, deadline: float) -> Problem:
    """Go back to `old`, and say whether that is confirmed."""
    try:
        session.state.switch(old)
        session.runtime.execute(_and_prometheus(plan), old)
        session.confirm(old, deadline)
    except StackctlError as failure:
        summary = f"rolling back to generation {old.id} failed too: {failure.problems[0].summary}"
        return Problem(summary, remedy="Run `stackctl up`; `stackctl logs prometheus` tells more.")
    remedy = "Mend what is named above and run `stackctl reload` again."
    return Problem(f"rolled back: generation {old.id} is in force again, confirmed", remedy=remedy)
