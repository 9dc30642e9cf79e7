"""Taking a stack out of its cluster: all that stackctl has made for it there, by its labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from stackctl.errors import Unavailable

if TYPE_CHECKING:
    from stackctl.cluster.objects import Thing
    from stackctl.model import Stack
    from stackctl.operations.cluster.session import Session
    from stackctl.progress import Progress

_GONE_SECONDS = 120.0
_INTERVAL_SECONDS = 0.5


@dataclass(frozen=True)
class Removed:
    """Result of `down`: the objects that are gone, and the names of the volumes that are kept."""

    things: tuple[Thing, ...]
    volumes: tuple[str, ...]


def take_down(stack: Stack, progress: Progress, *, volumes: bool) -> Removed:
    """Remove the objects of a stack and wait until they and its pods are gone; its volumes too if `volumes` says so.

    Raises InputError for a context or namespace that is not there, and Unavailable for a cluster that does not answer.
    """
    from stackctl.cluster.objects import DATA, unlisted
    from stackctl.cluster.waiting import WORKLOADS
    from stackctl.operations.cluster.session import connect, explained
    from stackctl.wait import wait_until

    session = connect(stack)
    with explained(session.place):
        _put_in_order(session, progress, volumes=volumes)
        owned = unlisted(session.owned(), ())
        claims = session.claims(owned)
        gone = [each for each in owned if each.kind != DATA] + (claims if volumes else [])
        for each in gone:
            progress.detail(f"delete {each}")
            session.server.delete(each.content)
        workloads, going = [each for each in owned if each.kind in WORKLOADS], {*gone}
        wait_until(
            lambda: [
                *(each["metadata"]["name"] for each in session.pods_of(workloads)),
                *(str(each) for each in session.there() if each in going),
            ],
            lambda found: not found,
            _GONE_SECONDS,
            what="the pods to end",
            describe=", ".join,
            interval=_INTERVAL_SECONDS,
        )
    kept = () if volumes else tuple(each.name for each in claims)
    return Removed(tuple(gone), kept)


def _put_in_order(session: Session, progress: Progress, *, volumes: bool) -> None:
    """End a backup or restore that was interrupted, without a start. What cannot be ended is no matter where the
    volumes are removed."""
    from stackctl.operations.cluster.volumes import ended_copy

    try:
        ended_copy(session, progress, starting=False)
    except Unavailable as error:
        if not volumes:
            raise
        progress.warn(error.problems[0].summary)
