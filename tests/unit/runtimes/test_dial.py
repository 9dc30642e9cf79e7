"""Connections that are made directly, or by a program elsewhere."""

from __future__ import annotations

import errno
import socket

import pytest

from stackctl.runtimes.dial import bridged, directly
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


def test_passes_on_what_a_program_sends() -> None:
    with bridged(["/bin/cat"], 5.0) as connection:
        connection.sendall(b"hello")
        assert connection.recv(5) == b"hello"


def test_words_of_the_program_say_why_it_failed() -> None:
    def closed(connection: socket.socket) -> None:
        connection.recv(1)
        raise ConnectionResetError

    with (
        pytest.raises(OSError, match="not a command of the proxy") as raised,
        bridged(["/bin/sh", "-c", "echo 'not a command of the proxy' >&2"], 5.0) as connection,
    ):
        closed(connection)
    assert raised.value.errno == errno.EIO
