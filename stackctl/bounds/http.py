"""HTTP requests, all of which are made here: no more of an answer than a size, all of it within a time.

Redirects are not followed, and proxies of the environment are not used: where those lead was not asked for.
"""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

ANSWER_BYTES = 64 << 20
_PIECE_BYTES = 1 << 16


class TooMuch(OSError):
    """An answer that is larger than the limit for it."""

    def __init__(self, limit: int) -> None:
        super().__init__(f"the response is larger than the limit of {limit >> 20} MB")


@contextmanager
def timed(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """End whatever is asked over `connection` in the context when `seconds` have passed. Raises TimeoutError then.

    A socket's own timeout begins again with every byte that a server lets drip.
    """
    over = threading.Event()
    # A connection that the server closes after its answer is taken from `connection`, and is read all the same.
    held: list[socket.socket] = []

    def end() -> None:
        over.set()
        for each in (connection.sock, *held):
            if each is not None:
                with suppress(OSError):
                    socket.socket.shutdown(each, socket.SHUT_RDWR)  # beneath TLS, which is not for two threads

    connect = connection.connect

    def connected() -> None:
        connect()
        held.append(connection.sock)
        if over.is_set():
            end()

    if connection.sock is not None:
        held.append(connection.sock)
    connection.connect = connected  # type: ignore[method-assign]
    timer = threading.Timer(seconds, end)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, http.client.HTTPException, ValueError):
        if over.is_set():
            raise TimeoutError("timed out") from None
        raise
    finally:
        timer.cancel()
        del connection.connect
    if over.is_set():
        raise TimeoutError("timed out")


@contextmanager
def request(
    connection: http.client.HTTPConnection,
    method: str,
    path: str,
    seconds: float,
    *,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """Send one request and yield the answer, which is read in the context; all of that takes at most `seconds`.

    The connection stays as the server leaves it. Raises OSError, HTTPException or ValueError; TimeoutError when time is
    up.
    """
    with timed(connection, seconds):
        connection.request(method, path or "/", content, {**(headers or {})})
        yield connection.getresponse()


def path_of(url: str) -> str:
    """Return the path and the query of a URL, as a request names them."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def body(response: http.client.HTTPResponse, limit: int = ANSWER_BYTES) -> bytes:
    """All of an answer. Raises TooMuch for one of more than `limit` bytes, without reading on."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(_PIECE_BYTES):
        size += len(piece)
        if size > limit:
            raise TooMuch(limit)
        pieces.append(piece)
    return b"".join(pieces)
