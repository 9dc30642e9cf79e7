"""cAdvisor watches the containers of Docker."""

from __future__ import annotations

from pathlib import Path

from tests.unit.components.rendered import started


def test_watches_containers_of_docker_only(tmp_path: Path) -> None:
    exporter = started(tmp_path, "cadvisor", "{listen: 8088}", "docker")
    assert exporter.command == ("--port=8080", "--docker_only=true")
    assert started(tmp_path, "cadvisor", "{listen: 8088}", "native").command[0] == "--port=8088"


def test_container_gets_the_machine_read_only(tmp_path: Path) -> None:
    tree = started(tmp_path, "cadvisor", "{}", "docker").tree
    volumes = tree.yaml("compose.yaml")["services"]["cadvisor"]["volumes"]
    assert {volume["target"] for volume in volumes} >= {"/rootfs", "/sys", "/var/lib/docker"}
    assert all(volume["read_only"] for volume in volumes)
