"""Connections from this machine."""

from __future__ import annotations

import socket

import pytest

from stackctl.runtimes.dial import directly
from tests.ports import free_port


def test_connects_directly() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        directly("127.0.0.1", server.getsockname()[1], 5.0) as connection,
    ):
        accepted, _ = server.accept()
        with accepted:
            connection.sendall(b"x")
            assert accepted.recv(1) == b"x"


def test_refused_connection_raises() -> None:
    with pytest.raises(ConnectionRefusedError), directly("127.0.0.1", free_port(), 5.0):
        pass
