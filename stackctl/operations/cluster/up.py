"""Bringing a stack up in its cluster: check, try, apply, remove, wait until all of it is ready and loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError, Unavailable

if TYPE_CHECKING:
    from stackctl.clients.http import NoAnswer
    from stackctl.cluster.objects import Thing
    from stackctl.cluster.plan import Change
    from stackctl.model import Waiver
    from stackctl.operations.cluster.session import Session, Tried
    from stackctl.progress import Progress


@dataclass(frozen=True)
class Applied:
    """Result of `up`: the changes that were carried out, or would be, and the workloads of the stack."""

    session: Session
    changes: tuple[Change, ...]
    workloads: tuple[Thing, ...]


def preview(manifest: Path, ignored: Sequence[Waiver]) -> Applied:
    """Return what `up` would do. Changes nothing; the API server tries each change. Raises as `bring_up`."""
    from stackctl.cluster.waiting import WORKLOADS
    from stackctl.operations.checking import check_manifest
    from stackctl.operations.cluster.session import explained, open_session

    session = open_session(manifest, check_manifest(manifest, ignored).stack)
    with explained(session.place):
        changes = tried_changes(session)
    return Applied(session, changes, tuple(each for each in session.things if each.kind in WORKLOADS))


def bring_up(manifest: Path, deadline_seconds: float, progress: Progress, ignored: Sequence[Waiver] = ()) -> Applied:
    """Make the cluster have what the manifest declares, and return once it is ready and loaded.

    Nothing is changed unless the API server has accepted all of it before. Raises what `check` refuses, InputError for
    what cannot be exported or is refused, and Unavailable for a cluster that does not answer or what is not ready when
    `deadline_seconds` have passed. Whatever happens, the next `up` goes on from there.
    """
    from stackctl.cluster.waiting import WORKLOADS
    from stackctl.operations.cluster.confirmation import waited_for
    from stackctl.operations.cluster.generations import begun, carry_out, keep
    from stackctl.operations.cluster.recovery import recovered
    from stackctl.operations.cluster.session import explained

    planned = preview(manifest, ignored)
    with explained(planned.session.place):
        if recovered(planned.session, progress):
            planned = preview(manifest, ignored)
        change = begun(planned.session, planned.changes, progress)
        carry_out(planned.session, planned.changes, progress)
        late = waited_for(planned.session, planned.changes, WORKLOADS, deadline_seconds)
        if late:
            before = change.before.id if change.before else ""
            raise Unavailable(*(_late(*each, deadline_seconds, before) for each in late.items()))
        keep(planned.session, change)
    return planned


def _late(name: str, reason: str, deadline_seconds: float, before: str) -> Diagnostic:
    back = f" `stackctl reload --to {before}` goes back to what was ready before." if before else ""
    return Diagnostic(
        "unit.not-ready",
        f"{name} is not ready after {deadline_seconds:g} s",
        cause=reason,
        remedy=f"`stackctl status` shows what it waits for; `--timeout` gives it more time.{back}",
    )


# -- trying ---------------------------------------------------------------------------------------------------


def tried_changes(session: Session) -> tuple[Change, ...]:
    """Return all changes, in the order in which they are carried out.

    Raises InputError with all objects that the API server refuses, or that somebody else has.
    """
    from stackctl.cluster.plan import removals

    tried = session.tried()
    problems = [problem for each in tried if (problem := _problem(session, each))]
    if problems:
        raise InputError(*problems)
    changes = [change for each in tried if (change := each.change)]
    return (*changes, *removals(session.owned(), session.things))


def _problem(session: Session, tried: Tried) -> Diagnostic | None:
    from stackctl.cluster.objects import thing

    if tried.found is not None and not thing({**tried.thing.content, **tried.found}).is_of(tried.thing):
        return _foreign(session, tried.thing)
    return _refused(session, tried.thing, tried.refusal) if tried.refusal else None


def _foreign(session: Session, thing: Thing) -> Diagnostic:
    return Diagnostic(
        "cluster.foreign",
        f"{thing} in the namespace `{session.place.namespace}` exists, and was not made for this stack",
        session.place.origin,
        remedy="Use another namespace, or remove it there if nobody needs it. Nothing was changed.",
    )


def _refused(session: Session, thing: Thing, error: NoAnswer) -> Diagnostic:
    """The problem of an object that the API server does not accept, in its own words."""
    remedy = "Correct what the manifest says of it. Nothing was changed."
    if error.status == 403:
        remedy = f"Give the user of the context `{session.place.context}` this right. Nothing was changed."
    summary = f"the API server does not accept {thing}"
    return Diagnostic("cluster.refused", summary, session.place.origin, cause=error.said, remedy=remedy)
