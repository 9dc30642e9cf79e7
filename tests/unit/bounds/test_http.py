from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.probe import probe
from stackctl.runtimes import dial
from stackctl.runtimes.http import ask, server_at
from stackctl.starter.fetch import fetch

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
UNTIL_CLOSED = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n"


@contextmanager
def serving(answer: Callable[[socket.socket, threading.Event], None]) -> Iterator[int]:
    """A server that does `answer` with each connection, after it has seen a request."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def one(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                connection.recv(65536)
                answer(connection, ended)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield listener.getsockname()[1]
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)


def dripping(head: bytes, piece: bytes) -> Callable[[socket.socket, threading.Event], None]:
    def answer(connection: socket.socket, ended: threading.Event) -> None:
        connection.sendall(head)
        while not ended.wait(0.02):
            connection.sendall(piece)

    return answer


def endless(connection: socket.socket, ended: threading.Event) -> None:
    connection.sendall(OK)
    piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    while not ended.is_set():
        connection.sendall(piece)


DRIPS = {
    "body in chunks": dripping(OK, b"1\r\nx\r\n"),
    "body until closed": dripping(UNTIL_CLOSED, b"x"),
    "header": dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "status": dripping(b"HTTP/1.1 200 ", b"O"),
    "chunk size": dripping(OK, b"0"),
}
ASKING: dict[str, Callable[[int], object]] = {
    "client": lambda port: Http(Access(f"http://127.0.0.1:{port}"), timeout=0.3).ask("/"),
    "runtime": lambda port: ask("GET", f"http://127.0.0.1:{port}/", 0.3),
    "init": lambda port: fetch(f"http://127.0.0.1:{port}/", 0.3),
    "probe": lambda port: probe(f"http://127.0.0.1:{port}/", dial.directly, 0.3),
}


@pytest.mark.parametrize("drip", DRIPS)
@pytest.mark.parametrize("asking", ASKING)
def test_ends_an_answer_that_drips(asking: str, drip: str) -> None:
    with serving(DRIPS[drip]) as port:
        begun = time.monotonic()
        with suppress(NoAnswer):
            ASKING[asking](port)
        assert time.monotonic() - begun < 5


def test_says_that_an_answer_came_too_late() -> None:
    with serving(DRIPS["body in chunks"]) as port:
        with pytest.raises(NoAnswer, match="no response in time"):
            ASKING["client"](port)
        assert ask("GET", f"http://127.0.0.1:{port}/", 0.3).status == 0
        assert fetch(f"http://127.0.0.1:{port}/", 0.3).reason == "no response in time"
        found = probe(f"http://127.0.0.1:{port}/", dial.directly, 0.3)
        assert found.reply
        assert not found.reply.whole


def test_ends_an_answer_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackctl.bounds.http.body.__defaults__", (1 << 20,))
    with serving(endless) as port:
        with pytest.raises(NoAnswer, match="larger than the limit of 1 MB"):
            Http(Access(f"http://127.0.0.1:{port}"), timeout=60).ask("/")
        assert fetch(f"http://127.0.0.1:{port}/", 60).reason == "its response does not end"
        assert server_at(f"127.0.0.1:{port}") == ""


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "[" * 300 + "]" * 300, "1" * 5000])
def test_refuses_json_that_nobody_can_walk(text: str) -> None:
    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(UNTIL_CLOSED + text.encode())

    with serving(answer) as port, pytest.raises(NoAnswer, match="not JSON"):
        Http(Access(f"http://127.0.0.1:{port}"), timeout=10).json("/", lambda value: value)
