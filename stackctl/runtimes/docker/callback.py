"""Connections from containers back to a program on this machine."""

from __future__ import annotations

import sys

from stackctl import conventions as c
from stackctl.errors import Unavailable
from stackctl.runtimes.docker import command


def callback() -> tuple[str, str]:
    """The address to listen at, and the host under which containers know it.

    Containers do not reach the loopback interface of a Linux machine: there it is that of Docker's own bridge, which
    is no other machine's either. Elsewhere Docker brings them to it. Raises Unavailable when Docker does not say.
    """
    if sys.platform != "linux":
        return c.LOOPBACK, c.HOST_FROM_CONTAINER
    form = "{{range .IPAM.Config}}{{.Gateway}} {{end}}"
    try:
        asked = command.run(command.Limit.ANSWER, "network", "inspect", "bridge", "--format", form)
    except Unavailable as error:
        raise _untold(error.problems[0].cause) from error
    gateway = next((address for address in asked.stdout.split() if ":" not in address), "")
    if asked.returncode or not gateway:
        raise _untold(asked.stderr.strip())
    # By its number: only containers that are known to need this machine have a name for it.
    return gateway, gateway


def _untold(why: str) -> Unavailable:
    return Unavailable.of(
        "docker.bridge",
        "Docker does not report the address of its bridge, at which containers could reach this machine",
        cause=why,
        remedy="Check `docker network inspect bridge`.",
    )
