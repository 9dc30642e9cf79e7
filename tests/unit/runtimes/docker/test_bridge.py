"""A connection from inside a container: what a program there sends and says."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stackctl.runtimes.docker import bridge


@pytest.fixture(autouse=True)
def _docker_that_runs_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`docker exec -i CONTAINER COMMAND` runs the command on this machine."""
    (tmp_path / "docker").write_text('#!/bin/sh\nshift 3\nexec "$@"\n')
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")


def closed(connection: socket.socket) -> None:
    connection.recv(1)
    raise ConnectionResetError


def test_passes_on_what_a_program_sends() -> None:
    with bridge.connection("prometheus", ["cat"], 5.0) as connection:
        connection.sendall(b"hello")
        assert connection.recv(5) == b"hello"


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("nc: connect: Connection refused", ConnectionRefusedError),
        ("nc: bad address 'x'", socket.gaierror),
        ("nc: timed out", TimeoutError),
        ("no such container", OSError),
    ],
)
def test_words_of_the_program_say_why_it_failed(words: str, error: type[OSError]) -> None:
    said = bridge.connection("prometheus", ["sh", "-c", f'echo "{words}" >&2'], 5.0)
    with pytest.raises(error), said as connection:
        closed(connection)
