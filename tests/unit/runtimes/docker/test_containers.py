"""Answers of the engine."""

from __future__ import annotations

import pytest

from stackctl.runtimes.docker import containers


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:10.5Z", 10.5),
        ("1970-01-01T00:01:00Z", 60.0),
        ("1970-01-01T00:00:01.123456789Z", pytest.approx(1.123456789)),
        ("0001-01-01T00:00:00Z", 0.0),
        ("1970-01-01T02:00:03.25+02:00", 3.25),
    ],
)
def test_the_engines_time(text: str, seconds: float) -> None:
    assert containers.unix_time(text) == seconds


@pytest.mark.parametrize(
    ("mode", "networks", "said"),
    [
        ("shop_default", {"shop_default": {"Aliases": ["shop-node-1", "node"]}}, ""),
        ("shop_default", {"shop_default": {"Aliases": None}}, ""),  # of an engine that does not say
        ("shop_default", {"shop_default": {"Aliases": ["node"]}, "proxy": {"Aliases": []}}, ""),
        ("shop_default", {}, "disconnected from the network shop_default"),
        ("shop_default", {"proxy": {"Aliases": ["node"]}}, "disconnected from the network shop_default"),
        ("shop_default", {"shop_default": {"Aliases": []}}, "without its name in the network shop_default"),
        ("host", {"host": {"Aliases": None}}, ""),
        ("none", {}, ""),
        ("container:0123", {}, ""),
    ],
)
def test_container_that_has_left_its_network_is_found(mode: str, networks: dict[str, object], said: str) -> None:
    container = {
        "Config": {"Labels": {containers.SERVICE: "node"}},
        "HostConfig": {"NetworkMode": mode},
        "NetworkSettings": {"Networks": networks},
    }
    assert containers.disconnected(container) == said
