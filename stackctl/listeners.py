"""Processes that listen on the TCP ports of this machine, as far as the system shows them to this user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psutil._ntuples import pconn, sconn


@dataclass(frozen=True)
class Listener:
    """A socket that listens. `pid` is 0 where the system does not say whose it is."""

    host: str
    port: int
    pid: int = 0


def listeners() -> list[Listener]:
    """Return every TCP socket that listens: of all processes on Linux; elsewhere of those that this user may ask."""
    import psutil

    try:
        return [made for each in psutil.net_connections("tcp") for made in _listener(each, each.pid or 0)]
    except psutil.AccessDenied:  # macOS gives the whole list to root only
        return [made for pid in psutil.pids() for each in _of(pid) for made in _listener(each, pid)]


def _listener(connection: sconn | pconn, pid: int) -> Iterator[Listener]:
    if connection.laddr and connection.status == "LISTEN":
        yield Listener(connection.laddr.ip, connection.laddr.port, pid)


def _of(pid: int) -> Sequence[pconn]:
    import psutil

    try:
        return psutil.Process(pid).net_connections("tcp")
    except psutil.Error:
        return ()  # it has ended, or belongs to somebody else
