"""A connection to a target from this machine.

From here, as from a container (`docker/bridge.py`), an error is reported as the system does: ConnectionRefusedError,
socket.gaierror for a name that does not resolve, TimeoutError with an `errno` when no connection came about (one
without is a server that is silent), or OSError.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def directly(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
    """A connection from this machine. Each of its steps may take `seconds`."""
    try:
        connection = socket.create_connection((host, port), seconds)
    except TimeoutError:
        raise TimeoutError(errno.ETIMEDOUT, "no connection") from None
    with connection:
        yield connection
