"""Holders of ports: a taken port is found before anything is started, and its holder is named."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stackctl.bounds import files

_LISTEN = "0A"
# What listens for containers.
_PROXIES = ("docker-proxy", "rootlesskit")
_DOCKER_SECONDS = 5.0


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
    inodes = set(_listeners(port))
    pid = next((pid for pid in _pids() if inodes & set(_sockets(pid))), 0) if inodes else 0
    command = _command(pid) if pid else ""
    # The proxy may be of a user whose processes are not shown to this one.
    proxied = not pid or any(name in command for name in _PROXIES)
    return Holder(pid, command, _publisher(port) if proxied else "")


def _publisher(port: int) -> str:
    """The container that has published `port`, where Docker reports one."""
    command = ["docker", "ps", "--filter", f"publish={port}", "--format", "{{.Names}} ({{.Image}})"]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=_DOCKER_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return next(iter(ran.stdout.splitlines()), "") if ran.returncode == 0 else ""


def _listeners(port: int) -> Iterator[str]:
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in files.read_text(table).splitlines()[1:]:
            _, local, _, state, *rest = line.split()
            if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                yield rest[5]


def _pids() -> Iterator[int]:
    return (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())


def _sockets(pid: int) -> Iterator[str]:
    try:
        descriptors = list(Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return  # it has ended, or belongs to somebody else
    for descriptor in descriptors:
        with suppress(OSError):  # closed since it was listed, as a busy process does all the time
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                yield target[8:-1]


def _command(pid: int) -> str:
    try:
        return files.read_bytes(Path(f"/proc/{pid}/cmdline")).replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "ended"
