"""Addresses of the user's machine, as a server in a container reaches them."""

from __future__ import annotations

import pytest

from stackctl.addresses import reachable_url
from stackctl.runtimes.registry import facts


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        ("localhost:8000", "host.docker.internal:8000"),
        ("http://127.0.0.1/x?to=localhost", "http://host.docker.internal/x?to=localhost"),
        ("https://me:pw@[::1]:8443/", "https://me:pw@host.docker.internal:8443/"),
        ("http://localhost.example.test/", "http://localhost.example.test/"),
        ("http://api:8000/localhost", "http://api:8000/localhost"),
    ],
)
def test_container_reaches_the_machine_by_its_gateway(url: str, reached: str) -> None:
    assert reachable_url(url, facts("docker")) == reached


def test_process_reaches_the_machine_as_it_is() -> None:
    assert reachable_url("http://localhost:8000/", facts("native")) == "http://localhost:8000/"
