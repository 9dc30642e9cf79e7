"""Which requests the small servers on this machine take."""

from __future__ import annotations

import socket
from email.message import Message
from threading import Thread

import pytest

from stackctl.bounds.local_server import LocalHandler, LocalServer, body_length, is_local


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1:9", "localhost", "localhost:80", "[::1]:9", "172.17.0.1:9", "simulate:9", "host.docker.internal:9"],
)
def test_knows_its_names(host: str) -> None:
    assert is_local(host, ["host.docker.internal"])


@pytest.mark.parametrize("host", ["", "rebound.test:9", "localhost.rebound.test", "127.0.0.1.nip.test", "[::1", "a.b"])
def test_refuses_names_of_the_internet(host: str) -> None:
    assert not is_local(host, ["host.docker.internal"])


@pytest.mark.parametrize(
    ("given", "length"),
    [
        ([], 0),
        ([("Content-Length", "12")], 12),
        ([("Content-Length", "-1")], None),
        ([("Content-Length", "+1")], None),
        ([("Content-Length", "٣")], None),
        ([("Content-Length", "x")], None),
        ([("Content-Length", "9" * 5000)], None),
        ([("Content-Length", "1"), ("Content-Length", "2")], None),
        ([("Transfer-Encoding", "chunked")], None),
    ],
)
def test_reads_the_length_of_a_body(given: list[tuple[str, str]], length: int | None) -> None:
    headers = Message()
    for name, value in given:
        headers[name] = value
    assert body_length(headers) == length


def test_client_that_hangs_up_is_no_news(capsys: pytest.CaptureFixture[str]) -> None:
    class Handler(LocalHandler):
        def do_GET(self) -> None:  # noqa: N802 - the name of the base class
            raise ConnectionResetError

    server = LocalServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.handle_request)
    thread.start()
    with socket.create_connection(server.server_address[:2]) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert client.recv(1) == b""
    thread.join(5)
    server.server_close()
    assert "Traceback" not in capsys.readouterr().err
