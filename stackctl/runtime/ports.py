"""Who listens where: a taken port is found before anything is started, and its holder is named."""

from __future__ import annotations

import errno
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_LISTEN = "0A"


@dataclass(frozen=True)
class Holder:
    """The process that listens on a port; `pid` is 0 when it cannot be told."""

    pid: int = 0
    command: str = ""

    def __str__(self) -> str:
        return f"pid {self.pid} ({self.command})" if self.pid else "another process"


def split(address: str) -> tuple[str, int]:
    """Host and port of "host:port", without the brackets of an IPv6 host."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def refusal(address: str) -> OSError | None:
    """What the system says when one wants to listen on `address`, or None when one may."""
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
    """Whether a refusal means that somebody else listens there."""
    return error.errno == errno.EADDRINUSE


def holder(address: str) -> Holder:
    """The process that listens on the port of `address`, as far as the system shows it to this user."""
    inodes = set(_listeners(split(address)[1]))
    for pid in _pids() if inodes else ():
        if inodes & set(_sockets(pid)):
            return Holder(pid, _command(pid))
    return Holder()


def _listeners(port: int) -> Iterator[str]:
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
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
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return "ended"
