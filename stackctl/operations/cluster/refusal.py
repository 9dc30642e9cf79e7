"""Commands that a stack in a cluster has no use for, that stackctl cannot carry out there, or not while it is down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stackctl.diagnostic import Diagnostic
from stackctl.errors import InputError, Unavailable
from stackctl.model import Kubernetes

if TYPE_CHECKING:
    from stackctl.operations.cluster.session import Session

# What each command cannot do with a cluster, and what does instead what it is for.
_INSTEAD = {
    "watch": ("reload the servers of", "Run `stackctl reload` after each edit."),
    "drill --live": (
        "notify the real receivers of",
        "Leave out `--live`: the drill then shows what each receiver would get.",
    ),
}


def refuse_in_cluster(place: Kubernetes, command: str) -> None:
    """Raise InputError where `command` is not for a stack that a cluster runs, at a place that the manifest names."""
    if command not in _INSTEAD:
        return
    undone, remedy = _INSTEAD[command]
    summary = f"`stackctl {command}` cannot {undone} a stack that a cluster runs (`runtime: kubernetes`)"
    raise InputError.of("usage.kubernetes", summary, position=place.origin, remedy=remedy)


def refuse_stopped(session: Session) -> None:
    """Raise Unavailable where a server that has to load something has no pod that is ready."""
    from stackctl.cluster.waiting import OPERATED, pod_reason

    seen = session.seen([each for each in session.things if each.kind in OPERATED])
    silent = [each for each in seen.workloads if all(map(pod_reason, seen.pods_of(each)))]
    if silent:
        remedy = "Run `stackctl up`, which waits for it; `stackctl status` shows what it waits for."
        raise Unavailable(
            *(Diagnostic("unit.not-running", f"{each} has no pod that is ready", remedy=remedy) for each in silent)
        )
