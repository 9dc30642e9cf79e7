"""One question over a connection that somebody else makes, and how it went."""

from __future__ import annotations

import pytest

from stackctl.clients.probe import probe
from stackctl.runtimes.dial import directly
from tests.ports import free_port
from tests.unit.bounds.test_http import serving
from tests.unit.runtimes.test_http import answering


def test_reply_has_status_headers_and_body() -> None:
    with serving(answering("200 OK\r\nContent-Type: text/plain\r\n\r\nup 1\n")) as port:
        made = probe(f"http://127.0.0.1:{port}/metrics", directly, 5.0)
    assert made.reply
    assert (made.reply.status, made.reply.content_type, made.reply.body) == (200, "text/plain", "up 1\n")
    assert made.connected
    assert str(made).startswith(f"GET http://127.0.0.1:{port}/metrics: 200, text/plain, ")


@pytest.mark.parametrize(("scheme", "failure"), [("http", "closed"), ("https", "plain")])
def test_answer_of_another_protocol_is_a_failure(scheme: str, failure: str) -> None:
    text = "" if scheme == "http" else "200 OK\r\n\r\n"
    with serving(lambda connection, _: connection.sendall(text.encode())) as port:
        assert probe(f"{scheme}://127.0.0.1:{port}/", directly, 5.0).failure == failure


def test_closed_port_is_refused() -> None:
    made = probe(f"http://127.0.0.1:{free_port()}/", directly, 5.0)
    assert (made.failure, made.connected) == ("refused", False)
    assert str(made).endswith("connection refused")
