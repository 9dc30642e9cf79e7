"""Which requests the small servers on this machine take."""

from __future__ import annotations

from email.message import Message

import pytest

from stackctl.bounds.local_server import body_length, is_local


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
