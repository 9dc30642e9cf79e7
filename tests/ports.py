"""Ports for the servers of tests.

A port that the system picks (a bind to 0) is one that it may give to the next connection of anybody, so it can be
gone before its server starts. These lie below those that Linux, macOS and Docker pick, and every worker of a run
has its own.
"""

from __future__ import annotations

import os
import random
import socket
from itertools import cycle

FIRST, WORKERS, EACH = 20_000, 8, 1_500
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % WORKERS
_own = range(FIRST + _worker * EACH, FIRST + (_worker + 1) * EACH)
_begin = random.randrange(EACH)  # two runs on one machine are not likely to meet
_ports = cycle([*_own[_begin:], *_own[:_begin]])


def free_port() -> int:
    """A port that nobody holds at any address of this machine, and that no later call gives for a long time."""
    return next(port for port in _ports if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True
