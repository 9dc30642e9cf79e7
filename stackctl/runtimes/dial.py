"""A connection from where Prometheus runs: a socket of this machine, or one that a command in a container bridges.

Either way an error is reported as the system does: ConnectionRefusedError, socket.gaierror for a name that does not
resolve, TimeoutError with an `errno` when no connection came about (one without is a server that is silent), or
OSError.
"""

from __future__ import annotations

import errno
import http.client
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_LAST_WORDS_SECONDS = 0.5
# What busybox' nc says -> what a socket would have raised.
_ERRORS = (
    ("refused", ConnectionRefusedError(errno.ECONNREFUSED, "connection refused")),
    ("bad address", socket.gaierror(socket.EAI_NONAME, "the name does not resolve")),
    ("timed out", TimeoutError(errno.ETIMEDOUT, "no connection")),
    ("No route to host", OSError(errno.EHOSTUNREACH, "no route to the host")),
    ("unreachable", OSError(errno.ENETUNREACH, "the network is unreachable")),
)


@contextmanager
def directly(host: str, port: int, seconds: float) -> Iterator[socket.socket]:
    """A connection from this machine. Each of its steps may take `seconds`."""
    try:
        connection = socket.create_connection((host, port), seconds)
    except TimeoutError:
        raise TimeoutError(errno.ETIMEDOUT, "no connection") from None
    with connection:
        yield connection


@contextmanager
def bridged(command: Sequence[str], seconds: float) -> Iterator[socket.socket]:
    """Pass on what `command`, a netcat elsewhere, sends. A failed connection shows only in that nothing comes."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        end = theirs.fileno()
        process = subprocess.Popen(command, stdin=end, stdout=end, stderr=subprocess.PIPE, text=True)
        theirs.close()
        ours.settimeout(seconds)
        try:
            yield ours
        except (OSError, http.client.HTTPException) as error:
            ours.close()
            raise _named(_last_words(process)) or error from None
        finally:
            ours.close()
            _last_words(process)


def _last_words(process: subprocess.Popen[str]) -> str:
    """Return the last output of the command, which ends when nobody listens to it any more."""
    if process.stderr is None or process.stderr.closed:
        return ""
    try:
        return process.communicate(timeout=_LAST_WORDS_SECONDS)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate()[1]


def _named(words: str) -> OSError | None:
    known = next((error for sign, error in _ERRORS if sign in words), None)
    if known:
        return type(known)(*known.args)
    return OSError(errno.EIO, words.strip().splitlines()[-1]) if words.strip() else None
