"""Addresses of targets, and where they lead."""

from __future__ import annotations

import pytest

from stackctl.adopt.addresses import Addresses, is_address, known_components
from stackctl.adopt.compose import Container, Published
from stackctl.components import registry

PROMETHEUS = Container("prom", {}, "prometheus", ("prom", "the-prometheus"))
NODE = Container("node", {"network_mode": "host"}, "node", ("node",))
APP = Container("app", {}, "", ("app", "the-app"), published=(Published("", 8001, 8000),))
ADDRESSES = Addresses((PROMETHEUS, NODE, APP), PROMETHEUS, {"prom": registry.component("prometheus")})


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("the-app:8000", "app"),
        ("localhost:9090", "prom"),
        ("localhost:8001", None),
        ("host.docker.internal:8001", "app"),
        ("host.docker.internal:9100", "node"),
        ("elsewhere:1", None),
        ("https://example.org", None),
    ],
)
def test_address_leads_to_the_container_that_prometheus_would_reach(address: str, name: str | None) -> None:
    found = ADDRESSES.container(address)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("address", "now"),
    [
        ("the-app:8000", "app:8000"),
        ("the-prometheus:9090", "prometheus:9090"),
        ("host.docker.internal:1", "localhost:1"),
        ("10.0.0.1:9100", "10.0.0.1:9100"),
        ("https://example.org", "https://example.org"),
    ],
)
def test_address_in_the_stack(address: str, now: str) -> None:
    assert ADDRESSES.now(address) == now


def test_first_container_of_a_server_is_the_stack_s_own() -> None:
    second = Container("second", {}, "prometheus", ("second",))
    assert known_components([PROMETHEUS, second, APP]) == {"prom": registry.component("prometheus")}


def test_only_host_and_port_are_an_address() -> None:
    assert is_address("[::1]:80")
    assert not is_address("example.org")
