"""The server of metrics, asked by a real client."""

from __future__ import annotations

import socket

import pytest
import requests

from stackctl.errors import Unavailable
from stackctl.operations.metrics_server import serving


def test_serves_what_is_there_when_it_is_asked() -> None:
    content = [b"a 1\n"]
    with serving("127.0.0.1", 0, lambda: content[0]) as url:
        answer = requests.get(url, timeout=5)
        assert (answer.status_code, answer.content) == (200, b"a 1\n")
        assert answer.headers["Content-Type"].startswith("text/plain; version=")
        content[0] = b"a 2\n"
        assert requests.get(url, timeout=5).content == b"a 2\n"
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)


def test_other_paths_name_that_of_the_metrics() -> None:
    with serving("127.0.0.1", 0, lambda: b"") as url:
        answer = requests.get(url.replace("/metrics", "/"), timeout=5)
        assert answer.status_code == 404
        assert "/metrics" in answer.text


def test_client_that_sends_nothing_stops_nobody() -> None:
    with serving("127.0.0.1", 0, lambda: b"a 1\n") as url:
        port = int(url.split(":")[2].split("/")[0])
        with socket.create_connection(("127.0.0.1", port)):
            assert requests.get(url, timeout=5).content == b"a 1\n"


def test_address_that_is_taken_names_its_holder() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(Unavailable, match=f"cannot listen at 127.0.0.1:{port}: .*pid") as refused,
            serving("127.0.0.1", port, lambda: b""),
        ):
            pass
    assert refused.value.problems[0].code == "port.taken"
