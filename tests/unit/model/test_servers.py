"""Addresses of servers."""

from __future__ import annotations

import pytest

from stackctl.model import Listen


@pytest.mark.parametrize(
    ("host", "written", "url"),
    [
        ("127.0.0.1", "127.0.0.1:9090", "http://127.0.0.1:9090"),
        ("0.0.0.0", "0.0.0.0:9090", "http://127.0.0.1:9090"),
        ("::", "[::]:9090", "http://[::1]:9090"),
        ("fd00::1", "[fd00::1]:9090", "http://[fd00::1]:9090"),
    ],
)
def test_wildcard_address_is_reached_through_loopback(host: str, written: str, url: str) -> None:
    assert (str(Listen(host, 9090)), Listen(host, 9090).url) == (written, url)


@pytest.mark.parametrize(
    ("host", "scheme", "opened"),
    [
        ("127.0.0.1", "http", "http://localhost:9090"),
        ("0.0.0.0", "http", "http://localhost:9090"),
        ("::1", "https", "https://localhost:9090"),
        ("10.0.0.1", "https", "https://10.0.0.1:9090"),
        ("fd00::1", "http", "http://[fd00::1]:9090"),
    ],
)
def test_people_open_localhost_where_that_leads_there(host: str, scheme: str, opened: str) -> None:
    assert Listen(host, 9090, scheme).opened == opened
