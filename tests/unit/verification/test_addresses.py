"""Two URLs are of one server when they share an address and the port."""

from __future__ import annotations

import pytest

from stackctl.verification.addresses import addresses


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("http://localhost:9090", "http://127.0.0.1:9090/metrics", True),
        ("http://127.0.0.1", "http://127.0.0.1:80/", True),
        ("https://127.0.0.1", "http://127.0.0.1:443", True),
        ("http://127.0.0.1:9090", "http://127.0.0.1:9093", False),
        ("http://no-such-host.invalid:1", "http://no-such-host.invalid:1/x", True),
        ("http://no-such-host.invalid:1", "http://127.0.0.1:1", False),
    ],
)
def test_urls_of_one_server_share_an_address(one: str, other: str, same: bool) -> None:
    assert bool(addresses(one) & addresses(other)) == same
