"""Paths of the user's own Compose services start at the manifest."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.runtimes.docker.compose_service import from_manifest, networks_of, volumes_of

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


def test_finds_named_volumes_only() -> None:
    mounts = ["data:/a", "./b:/b", "/c", {"type": "volume", "source": "more"}, {"type": "bind", "source": "x"}]
    assert list(volumes_of({"volumes": mounts})) == ["data", "more"]


@pytest.mark.parametrize("networks", [["default", "front"], {"default": None, "front": {}}])
def test_finds_networks_that_it_joins(networks: Any) -> None:
    assert list(networks_of({"networks": networks})) == ["front"]
