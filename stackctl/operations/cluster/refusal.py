"""Commands that a stack in a cluster has no use for, or that stackctl cannot carry out there yet."""

from __future__ import annotations

from stackctl.errors import InputError
from stackctl.model import Kubernetes

_BACKUP = "Take a snapshot of its volumes in the cluster; `kubectl get persistentvolumeclaims` lists them."
# What each command cannot do with a cluster, and what does instead what it is for.
_INSTEAD = {
    "watch": ("reload the servers of", "Run `stackctl reload` after each edit."),
    "backup": ("read the volumes of", _BACKUP),
    "restore": ("write the volumes of", "Restore a snapshot of its volumes in the cluster."),
    "drill": (
        "load the rules and routes of a drill into",
        "`stackctl why` shows where an alert goes. To drill, bring the stack up on one machine.",
    ),
}


def refuse_in_cluster(place: Kubernetes, command: str) -> None:
    """Raise InputError where `command` is not for a stack that a cluster runs, at a place that the manifest names."""
    if command not in _INSTEAD:
        return
    undone, remedy = _INSTEAD[command]
    summary = f"`stackctl {command}` cannot {undone} a stack that a cluster runs (`runtime: kubernetes`)"
    raise InputError.of("usage.kubernetes", summary, position=place.origin, remedy=remedy)
