"""Replicas of a server, which only a cluster runs."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.diagnostic import Diagnostic
from stackctl.model import Stack


def replica_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for each server with several replicas that no cluster runs."""
    if stack.kubernetes:
        return
    for server in (stack.prometheus, stack.alertmanager):
        if server and server.replicas > 1:
            summary = f"`up` runs one {server.name} and not {server.replicas}: several replicas need a cluster"
            remedy = (
                f"Set `runtime: kubernetes`, or use `stackctl export kubernetes`; or remove `{server.name}.replicas`."
            )
            yield Diagnostic("manifest.replicas", summary, server.origin, remedy=remedy)
