"""The answers of simulated services."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stackctl.simulate.series import OPENMETRICS, TEXT
from tests.unit.operations.test_simulation import ask, served


def test_each_format_is_sent_with_its_own_content_type(tmp_path: Path) -> None:
    with served(tmp_path) as (api, _):
        plain = ask(f"{api}/private/metrics")
        modern = ask(f"{api}/private/metrics", Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert plain[:2] == (200, TEXT)
    assert modern[:2] == (200, OPENMETRICS)
    assert modern[2].endswith("# EOF\n")


def test_a_counter_that_openmetrics_does_not_know_is_sent_as_plain_text(tmp_path: Path) -> None:
    with served(tmp_path, kind="counter") as (api, _):
        answer = ask(f"{api}/private/metrics", Accept="application/openmetrics-text")
    assert answer[1] == TEXT
    assert "# TYPE queries counter" in answer[2]


@pytest.mark.parametrize(
    ("more", "right"),
    [
        ("basic_auth: {username: me, password: hunter2}", "Basic bWU6aHVudGVyMg=="),
        ("authorization: {credentials: token}", "Bearer token"),
    ],
)
def test_a_login_is_wanted_where_it_is_declared(tmp_path: Path, more: str, right: str) -> None:
    with served(tmp_path, more) as (api, _):
        assert ask(f"{api}/private/metrics")[0] == 401
        assert ask(f"{api}/private/metrics", Authorization="Basic d3Jvbmc=")[0] == 401
        assert ask(f"{api}/private/metrics", Authorization=right)[0] == 200
        assert ask(f"{api}/live")[0] == 200


def test_a_wrong_path_is_reported_the_right_one(tmp_path: Path) -> None:
    with served(tmp_path) as (api, _):
        assert ask(f"{api}/metrics") == (404, "text/plain; charset=utf-8", "metrics are at /private/metrics\n")


def test_a_connection_that_was_kept_ends_when_the_service_goes_down(tmp_path: Path) -> None:
    with served(tmp_path) as (api, control), socket.create_connection(("127.0.0.1", int(api[-5:].strip(":")))) as kept:
        kept.sendall(b"GET /live HTTP/1.1\r\nHost: x\r\n\r\n")
        assert kept.recv(65536).startswith(b"HTTP/1.1 200")
        ask(f"{control}?name=down", "POST")
        kept.settimeout(5)
        assert kept.recv(65536) == b""
