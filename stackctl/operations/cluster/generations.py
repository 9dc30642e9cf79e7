"""The generations of a stack in a cluster: written before a change begins, marked when it is confirmed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable

if TYPE_CHECKING:
    from stackctl.cluster.generation import Generation
    from stackctl.cluster.plan import Change
    from stackctl.operations.cluster.session import Session
    from stackctl.progress import Progress

_UP = "Run `stackctl up`, which keeps it once all of it is ready and loaded."


@dataclass(frozen=True)
class Begun:
    """A change that has begun: the generation that it leads to, and the one that was confirmed last, None without one.

    `is_needed` is false where that is the same one and nothing differs from it.
    """

    new: Generation
    before: Generation | None
    is_needed: bool


def begun(session: Session, changes: Sequence[Change], progress: Progress) -> Begun:
    """Write the generation that is going to be applied, before the first of the `changes`. Raises NoAnswer."""
    from stackctl.cluster.generation import confirmed, generation_of, unfinished

    kept = session.generations()
    new, before = generation_of(session.things, kept, time.time()), confirmed(kept)
    is_needed = bool(changes) or unfinished(kept) is not None or before is None or before.id != new.id
    if is_needed and new.is_too_large:
        progress.warn(f"{too_large(session, new).summary}; `stackctl reload` cannot go back to it")
    elif is_needed:
        session.keep(new)
    return Begun(new, before, is_needed)


def too_large(session: Session, generation: Generation) -> Diagnostic:
    """The reason why a generation cannot be kept."""
    from stackctl.cluster.generation import SIZE_LIMIT

    size, limit = len(generation.content) / SIZE_LIMIT, "1 MiB"
    return Diagnostic(
        "cluster.not-kept",
        f"generation {generation.id} cannot be kept: it has {size:.1f} MiB, compressed, and a Secret holds {limit}",
        session.place.origin,
        remedy="Run `stackctl up`, which applies it without keeping it; to go back, run it with the earlier manifest.",
    )


def carry_out(session: Session, changes: Sequence[Change], progress: Progress) -> None:
    """Apply and delete objects, in this order. Raises NoAnswer."""
    for change in changes:
        progress.note(str(change))
        if change.action == "delete":
            session.server.delete(change.thing.content)
        else:
            session.server.apply(change.thing.content, dry_run=False)


def keep(session: Session, change: Begun) -> None:
    """Mark the generation of a change as confirmed, and remove those that are not needed any more. Raises NoAnswer.

    Where it cannot be kept, none is: what was confirmed before is not what runs.
    """
    from stackctl.cluster.generation import as_confirmed, outdated

    if not change.is_needed:
        return
    if not change.new.is_too_large:
        session.keep(as_confirmed(change.new))
    kept = session.generations()
    for each in kept if change.new.is_too_large else outdated(kept):
        session.forget(each)


def confirmed_generation(session: Session) -> Generation:
    """Return the generation to go back to. Raises Unavailable where none is kept."""
    from stackctl.cluster.generation import confirmed

    found = confirmed(session.generations())
    if found is None:
        summary = "the namespace keeps no generation of this stack that was confirmed, so a reload could not go back"
        raise Unavailable.of("cluster.not-kept", summary, position=session.place.origin, remedy=_UP)
    return found
