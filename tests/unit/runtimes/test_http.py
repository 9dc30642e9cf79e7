"""Units are asked whether they are ready, and told to reload."""

from __future__ import annotations

import socket
from collections.abc import Callable
from threading import Event

import pytest

from stackctl.access import Access
from stackctl.errors import CheckFailed, Unavailable
from stackctl.runtimes import http
from stackctl.runtimes.http import ask, is_ready, reload_all, server_at
from stackctl.tree import Unit
from tests.ports import free_port
from tests.unit.bounds.test_http import serving


def answering(text: str) -> Callable[[socket.socket, Event], None]:
    def answer(connection: socket.socket, _: Event) -> None:
        connection.sendall(f"HTTP/1.0 {text}".encode())

    return answer


def unit(port: int) -> tuple[Unit, Access]:
    url = f"http://127.0.0.1:{port}"
    return Unit("prometheus", ready=f"{url}/-/ready", reload=f"{url}/-/reload"), Access(url)


def test_answer_has_status_and_text() -> None:
    with serving(answering("503 Busy\r\n\r\nstarting\n")) as port:
        answer = is_ready(*unit(port))
    assert (answer.status, answer.text, str(answer)) == (503, "starting", "HTTP 503")


def test_no_answer_has_the_reason() -> None:
    answer = ask("GET", f"http://127.0.0.1:{free_port()}/", 1.0)
    assert (answer.status, str(answer)) == (0, "Connection refused")


def test_server_names_itself() -> None:
    with serving(answering("200 OK\r\nServer: nginx\r\n\r\n")) as port:
        assert server_at(f"127.0.0.1:{port}") == "nginx"
    assert server_at(f"127.0.0.1:{free_port()}") is None


def test_refused_reload_fails_with_the_servers_words() -> None:
    with serving(answering("500 Error\r\n\r\nbad configuration")) as port, pytest.raises(CheckFailed) as failed:
        reload_all([unit(port)])
    assert "bad configuration" in str(failed.value)


def test_silent_server_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_LISTENING_SECONDS", 0.5)
    with pytest.raises(Unavailable):
        reload_all([unit(free_port())])


def test_accepted_reload_passes() -> None:
    with serving(answering("200 OK\r\n\r\n")) as port:
        reload_all([unit(port)])
    reload_all([])
