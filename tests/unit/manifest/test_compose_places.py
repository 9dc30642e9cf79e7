"""Places of a manifest whose content goes to Compose."""

from __future__ import annotations

import pytest

from stackctl.manifest.compose_places import Path, is_in_compose


@pytest.mark.parametrize(
    "path",
    [
        ("containers", "web", "image"),
        ("services", "api", "run", "docker", "environment", "TOKEN"),
        ("prometheus", "docker", "labels"),
        ("exporters", "node", "docker", "user"),
        ("exporters", "docker", "docker", "user"),
    ],
)
def test_fields_of_a_container_are(path: Path) -> None:
    assert is_in_compose(path)


@pytest.mark.parametrize(
    "path",
    [
        ("containers", "web"),
        ("services", "api", "run", "native", "env"),
        ("services", "docker", "targets"),
        ("exporters", "docker", "image"),
        ("prometheus", "docker"),
        ("rules", 0, "docker"),
        ("networks", "docker", "join"),
    ],
)
def test_others_are_not(path: Path) -> None:
    assert not is_in_compose(path)
