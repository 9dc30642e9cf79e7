"""Looking at a stack in its cluster."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.operations.status import Kept

if TYPE_CHECKING:
    from stackctl.model import Stack


@dataclass(frozen=True)
class Workload:
    """One workload: whether all of its pods are as declared, and what it waits for if not. `is_there` is false for one
    that is declared and not in the cluster."""

    kind: str
    name: str
    ready: bool
    waits: str = ""
    is_there: bool = True


@dataclass(frozen=True)
class Status:
    """A stack as it was found in the namespace of a cluster.

    `generation` was confirmed last, `unfinished` is one whose change began later and was not confirmed, and `declared`
    is that of the manifest; "" where there is none. `generations` are those that `reload --to` can go back to.
    `drill` is whether a drill runs, or was interrupted, and `copy` the same of a backup or a restore.
    """

    stack: str
    context: str
    namespace: str
    workloads: tuple[Workload, ...]
    generation: str = ""
    unfinished: str = ""
    declared: str = ""
    generations: tuple[Kept, ...] = ()
    drill: bool = False
    copy: bool = False

    @property
    def missing(self) -> tuple[str, ...]:
        """The workloads that have to be there and are not."""
        return tuple(f"{each.kind} {each.name}" for each in self.workloads if not each.is_there)


def look(manifest: Path, stack: Stack) -> Status:
    """Observe the stack of a manifest. Raises InputError and Unavailable as `up`."""
    from stackctl.cluster.generation import confirmed, generation_of, generations, unfinished
    from stackctl.cluster.waiting import WORKLOADS, waits
    from stackctl.operations.cluster.session import explained, open_session

    session = open_session(manifest, stack)
    with explained(session.place):
        owned = session.owned()
        seen = session.seen([each for each in owned if not each.is_of_drill])
    reasons = waits(seen)
    found = {
        each: Workload(each.kind, each.name, each not in reasons, reasons.get(each, "")) for each in seen.workloads
    }
    declared = [each for each in session.things if each.kind in WORKLOADS]
    absent = [Workload(each.kind, each.name, False, "", False) for each in declared if each not in found]
    place, kept = session.place, generations(owned)
    last, begun = confirmed(kept), unfinished(kept)
    return Status(
        stack.name,
        place.context,
        place.namespace,
        (*found.values(), *absent) if found else (),
        last.id if last else "",
        begun.id if begun else "",
        generation_of(session.things, kept, 0.0).id,
        tuple(Kept(each.id, each.written_at()) for each in kept if each.is_confirmed),
        any(each.is_of_drill for each in owned),
        any(each.is_of_copy for each in owned),
    )
