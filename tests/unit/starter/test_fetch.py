"""A question of init to whatever listens."""

from __future__ import annotations

import socket
import threading

from stackctl.starter.fetch import fetch
from tests.unit.bounds.test_http import serving


def test_follows_no_redirect() -> None:
    def answer(connection: socket.socket, _: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")

    with serving(answer) as port:
        assert fetch(f"http://127.0.0.1:{port}/metrics", 5).reason == (
            "it returns 302, a redirect to http://127.0.0.1:1/"
        )
