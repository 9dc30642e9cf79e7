"""Reload in a cluster: objects that no pod has to start again for, confirmed by all servers, or rolled back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.bounds.deadline import within
from stackctl.diagnostic import Diagnostic
from stackctl.errors import CheckFailed, StackctlError, Unavailable

if TYPE_CHECKING:
    from stackctl.cluster.generation import Generation
    from stackctl.cluster.objects import Thing
    from stackctl.cluster.plan import Change
    from stackctl.model import Stack, Waiver
    from stackctl.operations.cluster.session import Session
    from stackctl.progress import Progress

_AGAIN = "Fix what is named above and run `stackctl reload` again."


@dataclass(frozen=True)
class Reloaded:
    """Result of a reload: the changes that were carried out, or would be, and the generation that they lead to."""

    changes: tuple[Change, ...]
    generation: str

    def __str__(self) -> str:
        number = len(self.changes)
        things = f"{number} {'object' if number == 1 else 'objects'} changed, loaded and confirmed"
        return things if number else "nothing had changed; the configuration is confirmed"


def reload_manifest(
    manifest: Path, deadline: float, progress: Progress, *, dry_run: bool = False, ignored: Sequence[Waiver] = ()
) -> Reloaded:
    """Apply what the manifest says now, within `deadline` seconds, a rollback among them.

    Raises InputError for a bad manifest or an object that is refused, CheckFailed for what needs `up` or is not
    confirmed, and Unavailable for a cluster that does not answer, and where nothing is kept to go back to.
    """
    from stackctl.operations.cluster.generations import confirmed_generation
    from stackctl.operations.cluster.recovery import recovered
    from stackctl.operations.cluster.refusal import refuse_stopped
    from stackctl.operations.cluster.session import explained
    from stackctl.operations.cluster.up import preview

    planned = preview(manifest, ignored)
    session = planned.session
    with explained(session.place):
        if not dry_run and recovered(session, progress):
            planned = preview(manifest, ignored)
            session = planned.session
        last = confirmed_generation(session)
        _refuse_restarts(planned.changes)
        if dry_run:
            return Reloaded(planned.changes, "")
        _refuse_other_pods(session, last)
        refuse_stopped(session)
        return _change(session, planned.changes, last, deadline, progress)


def reload_generation(
    manifest: Path, stack: Stack, to: str, deadline: float, progress: Progress, *, dry_run: bool = False
) -> Reloaded:
    """Apply the kept generation whose ID begins with `to`, pods among it: it was ready once.

    Raises as `reload_manifest`, and InputError when there is not exactly one such generation.
    """
    from stackctl.operations.cluster.generations import confirmed_generation
    from stackctl.operations.cluster.recovery import recovered
    from stackctl.operations.cluster.session import connect, explained, grafana_password
    from stackctl.operations.cluster.up import tried_changes
    from stackctl.operations.reload import named_generation
    from stackctl.source import Secret

    session = connect(stack)
    with explained(session.place):
        password = grafana_password(manifest, session) or Secret("")
        kept = {each.id: each for each in reversed(session.generations()) if each.is_confirmed}
        chosen = named_generation(tuple(kept.values()), to)
        session = replace(session, things=chosen.things(), grafana_password=password)
        if not dry_run:
            recovered(session, progress)
        changes = tried_changes(session)
        if dry_run:
            return Reloaded(changes, chosen.id)
        return _change(session, changes, confirmed_generation(session), deadline, progress)


# -- refusals -------------------------------------------------------------------------------------------------


def _starts_pods(thing: Thing) -> bool:
    """Return whether a change of an object makes pods start, or end."""
    from stackctl.cluster.objects import DATA
    from stackctl.cluster.waiting import WORKLOADS

    return thing.kind in (*WORKLOADS, DATA)


def _refuse_restarts(changes: Sequence[Change]) -> None:
    """Raise CheckFailed for changes that need `up`, which are never done behind the user's back."""
    if restarts := [each for each in changes if _starts_pods(each.thing)]:
        raise CheckFailed(*(_restart(str(each)) for each in restarts))


def _restart(what: str) -> Diagnostic:
    remedy = "Run `stackctl up` to apply it; `stackctl up --dry-run` shows what that changes."
    return Diagnostic("reload.restart-needed", f"a reload cannot apply this: {what}", remedy=remedy)


def _refuse_other_pods(session: Session, last: Generation) -> None:
    """Raise CheckFailed where going back would start pods: an `up` after that generation was not confirmed."""
    before, now = (
        {each: each.content for each in some if _starts_pods(each)} for some in (last.things(), session.things)
    )
    other = [str(each) for each in {**before, **now} if before.get(each) != now.get(each)]
    if other:
        what = f"{', '.join(sorted(other))} changed by an `up` that was not confirmed, so a reload could not go back"
        raise CheckFailed(_restart(what))


# -- the transaction ------------------------------------------------------------------------------------------


def _change(
    session: Session, changes: tuple[Change, ...], last: Generation, deadline: float, progress: Progress
) -> Reloaded:
    """Carry out changes and confirm them. On any failure the generation `last` is applied again, and confirmed too."""
    from stackctl.operations.cluster.generations import begun, keep, too_large

    change = begun(session, changes, progress)
    if change.new.is_too_large:
        raise Unavailable(too_large(session, change.new))
    try:
        with within(deadline / 2):
            _apply(session, changes, deadline / 2, progress)
            keep(session, change)
    except (StackctlError, KeyboardInterrupt) as failure:
        interrupted = (Diagnostic("reload.interrupted", "interrupted"),)
        problems = failure.problems if isinstance(failure, StackctlError) else interrupted
        raise CheckFailed(*problems, _roll_back(session, last, deadline / 2, progress)) from failure
    return Reloaded(changes, change.new.id)


def _apply(session: Session, changes: Sequence[Change], seconds: float, progress: Progress) -> None:
    """Carry out changes. Raises CheckFailed when the servers do not confirm them within that time."""
    from stackctl.cluster.waiting import OPERATED
    from stackctl.operations.cluster.confirmation import waited_for
    from stackctl.operations.cluster.generations import carry_out

    carry_out(session, changes, progress)
    started = {each.thing.kind for each in changes if _starts_pods(each.thing)}
    late = waited_for(session, changes, (*OPERATED, *started), seconds)
    if late:
        raise CheckFailed(*(_not_confirmed(*each) for each in late.items()))


def _not_confirmed(name: str, reason: str) -> Diagnostic:
    first, _, more = reason.partition("\n")
    return Diagnostic("reload.not-confirmed", f"{name} does not confirm the change: {first}", cause=more)


def _roll_back(session: Session, last: Generation, seconds: float, progress: Progress) -> Diagnostic:
    """Go back to a generation, and say whether that is confirmed."""
    from stackctl.cluster.generation import outdated
    from stackctl.operations.cluster.up import tried_changes

    try:
        with within(seconds):
            old = replace(session, things=last.things())
            _apply(old, tried_changes(old), seconds, progress)
            for each in outdated(session.generations()):
                session.forget(each)
    except StackctlError as failure:
        summary = f"rolling back to generation {last.id} failed too: {failure.problems[0].summary}"
        remedy = "Run `stackctl up`; `stackctl status` shows what it waits for."
        return Diagnostic("reload.rollback-failed", summary, remedy=remedy)
    summary = f"rolled back: generation {last.id} is active again, confirmed"
    return Diagnostic("reload.rolled-back", summary, remedy=_AGAIN)
