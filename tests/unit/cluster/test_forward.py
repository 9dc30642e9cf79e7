"""A forwarded port is asked like a server of this machine, with the login of the server behind it."""

from __future__ import annotations

import socket
from threading import Thread

import pytest

from stackctl.clients.http import Http, NoAnswer
from stackctl.cluster.forward import Forwarded


def test_server_behind_a_forwarded_port_gets_the_login() -> None:
    here, there = socket.socketpair()
    received: list[bytes] = []

    def serve() -> None:
        received.append(there.recv(4096))
        there.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{}")
        there.close()

    thread = Thread(target=serve)
    thread.start()
    access = Forwarded("http://shop.test:3000", ("admin", "secret-9"), dial=lambda: here)
    assert Http(access).ask("/api/health").text == "{}"
    thread.join()
    assert received[0].startswith(b"GET /api/health HTTP/1.1\r\nHost: shop.test:3000\r\n")
    assert b"Authorization: Basic" in received[0]


def test_port_that_is_not_forwarded_is_a_server_that_does_not_answer() -> None:
    def refused() -> object:
        raise OSError("no pod of grafana is ready")

    access = Forwarded("http://shop.test:3000", dial=refused)
    with pytest.raises(NoAnswer, match=r"http://shop\.test:3000/api/health does not answer"):
        Http(access).ask("/api/health")
