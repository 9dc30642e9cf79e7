"""Paths of the user's own Compose services start at the manifest."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.runtimes.docker.compose_service import extended, from_manifest, networks_of, volumes_of

ROOT = "${STACKCTL_ROOT:-${PWD:-.}}"


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"build": "app"}, {"build": f"{ROOT}/app"}),
        ({"build": {"dockerfile": "x"}}, {"build": {"dockerfile": "x", "context": f"{ROOT}/."}}),
        ({"build": "https://x.test/y.git"}, {"build": "https://x.test/y.git"}),
        ({"env_file": ["a.env", "/b.env"]}, {"env_file": [f"{ROOT}/a.env", "/b.env"]}),
        ({"env_file": [{"path": "a.env"}]}, {"env_file": [{"path": f"{ROOT}/a.env"}]}),
        ({"volumes": ["./a:/b:ro", "data:/c"]}, {"volumes": [f"{ROOT}/./a:/b:ro", "data:/c"]}),
        ({"volumes": 3, "image": "./x"}, {"volumes": 3, "image": "./x"}),
    ],
)
def test_relative_paths_start_at_the_manifest(fields: dict[str, Any], made: dict[str, Any]) -> None:
    assert from_manifest(fields) == made


OWN = {
    "extra_hosts": ["host.docker.internal:host-gateway"],
    "environment": {"A": "1"},
    "logging": {"driver": "json-file", "options": {"max-size": "10m"}},
    "read_only": True,
}


@pytest.mark.parametrize(
    ("fields", "made"),
    [
        ({"labels": ["a=b"]}, {"labels": ["a=b"]}),
        ({"extra_hosts": ["x:10.0.0.1"]}, {"extra_hosts": ["host.docker.internal:host-gateway", "x:10.0.0.1"]}),
        ({"extra_hosts": {"x": "::1"}}, {"extra_hosts": {"host.docker.internal": "host-gateway", "x": "::1"}}),
        ({"environment": ["B=2", "C"]}, {"environment": {"A": "1", "B": "2", "C": None}}),
        ({"logging": {"driver": "none"}}, {"logging": {"driver": "none"}}),
        ({"networks": ["web"]}, {"networks": ["default", "web"]}),
        ({"networks": {"web": {"aliases": ["p"]}}}, {"networks": {"default": None, "web": {"aliases": ["p"]}}}),
        ({"read_only": False}, {"read_only": False}),
        ({"environment": 3}, {"environment": 3}),
    ],
)
def test_component_has_more_fields(fields: dict[str, Any], made: dict[str, Any]) -> None:
    assert extended(OWN, fields) == {**OWN, **made}


def test_finds_named_volumes_only() -> None:
    mounts = ["data:/a", "./b:/b", "/c", {"type": "volume", "source": "more"}, {"type": "bind", "source": "x"}]
    assert list(volumes_of({"volumes": mounts})) == ["data", "more"]


@pytest.mark.parametrize("networks", [["default", "front"], {"default": None, "front": {}}])
def test_finds_networks_that_it_joins(networks: Any) -> None:
    assert list(networks_of({"networks": networks})) == ["front"]
