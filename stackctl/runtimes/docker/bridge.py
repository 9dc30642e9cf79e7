"""A connection from inside a container, over a netcat that the docker command runs there."""

from __future__ import annotations

import errno
import http.client
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from stackctl.runtimes.docker import command

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
def connection(container: str, netcat: Sequence[str], seconds: float) -> Iterator[socket.socket]:
    """Pass on what `netcat` in a container sends. A failed connection shows only in that nothing comes.

    Its errors are those of `runtimes/dial.py`.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        end = theirs.fileno()
        process = command.start("exec", "-i", container, *netcat, stdin=end, stdout=end, stderr=subprocess.PIPE)
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
