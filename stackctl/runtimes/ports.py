"""Holders of ports: a taken port is found before anything is started, and its holder is named."""

from __future__ import annotations

import errno
import socket
import sys
from dataclasses import dataclass

from stackctl.errors import Unavailable
from stackctl.listeners import listeners
from stackctl.runtimes.docker import command

# What listens for containers.
_PROXIES = ("docker-proxy", "rootlesskit")


@dataclass(frozen=True)
class Holder:
    """The process that listens on a port; `pid` is 0 when it is unknown. Docker listens for a `container`: its
    name and its image."""

    pid: int = 0
    command: str = ""
    container: str = ""

    def __str__(self) -> str:
        if self.container:
            return f"the container {self.container}"
        return f"pid {self.pid} ({self.command})" if self.pid else "another process"


def split(address: str) -> tuple[str, int]:
    """Host and port of "host:port", without the brackets of an IPv6 host."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def refusal(address: str) -> OSError | None:
    """Return the system's error on listening on `address`, or None when that is possible."""
    host, port = split(address)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # Servers set this too: connections of a server that has just stopped are no obstacle. Elsewhere than on
        # Linux it would also allow a second listener.
        if sys.platform == "linux":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error
    return None


def is_taken(error: OSError) -> bool:
    """Return whether a refusal means that somebody else listens there."""
    return error.errno == errno.EADDRINUSE


def holder(address: str) -> Holder:
    """The process that listens on the port of `address`, as far as the system shows it to this user."""
    port = split(address)[1]
    pid = next((each.pid for each in listeners() if each.port == port and each.pid), 0)
    command = _command(pid) if pid else ""
    # The proxy may be of a user whose processes are not shown to this one.
    proxied = not pid or any(name in command for name in _PROXIES)
    return Holder(pid, command, _publisher(port) if proxied else "")


def _publisher(port: int) -> str:
    """The container that has published `port`, where Docker reports one."""
    form = "{{.Names}} ({{.Image}})"
    try:
        ran = command.run(command.Limit.HINT, "ps", "--filter", f"publish={port}", "--format", form)
    except Unavailable:
        return ""
    return next(iter(ran.stdout.splitlines()), "") if ran.returncode == 0 else ""


def _command(pid: int) -> str:
    import psutil

    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.AccessDenied:
        return ""
    except psutil.Error:
        return "ended"
