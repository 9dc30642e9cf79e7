"""Targets, and containers next to services."""

from __future__ import annotations

import pytest

from stackctl.model import Container, Target
from stackctl.source import Position

HERE = Position("stack.yml", 1, 1)


@pytest.mark.parametrize(
    ("address", "host", "port"), [("api:8000", "api", 8000), ("[::1]:80", "::1", 80), ("10.0.0.1:1", "10.0.0.1", 1)]
)
def test_target_has_a_host_and_a_port(address: str, host: str, port: int) -> None:
    target = Target(address, {}, HERE)
    assert (target.host, target.port) == (host, port)


@pytest.mark.parametrize(
    ("fields", "profiles"), [({}, ()), ({"profiles": ["a", "b"]}, ("a", "b")), ({"profiles": []}, ())]
)
def test_profiles_of_a_container_are_those_of_its_compose_service(
    fields: dict[str, list[str]], profiles: tuple[str, ...]
) -> None:
    assert Container("loki", "loki", fields, HERE).profiles == profiles
