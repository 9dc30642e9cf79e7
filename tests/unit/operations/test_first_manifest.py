"""The first manifest of a stack: free ports, and files that overwrite none."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.errors import InputError, Unavailable
from stackctl.operations import first_manifest
from stackctl.operations.first_manifest import choose_ports, fitting, write


def test_a_taken_port_gives_the_next_free_one() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        listening = first_manifest.first_free(range(taken, 65536))
    assert listening.taken[0] == taken
    assert listening.port > taken


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """The ports that something listens on."""
    ports: set[int] = set()

    def refusal(address: str) -> str | None:
        return "taken" if int(address.rpartition(":")[2]) in ports else None

    monkeypatch.setattr("stackctl.runtimes.ports.refusal", refusal)
    return ports


def test_components_have_their_usual_ports(taken: set[int]) -> None:
    assert {name: found.port for name, found in choose_ports().items()} == {
        name: registry.component(name).port for name in (c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA, "node")
    }


def test_taken_port_is_not_replaced_by_that_of_another_component(taken: set[int]) -> None:
    usual = {each.port for each in registry.running()}
    taken |= {9090, 9091, 9092}
    found = choose_ports()
    assert found[c.PROMETHEUS].port not in usual | taken
    assert found[c.PROMETHEUS].taken[0] == 9090
    assert len({each.port for each in found.values()}) == len(found)


def test_two_components_do_not_get_the_same_free_port(taken: set[int]) -> None:
    taken |= {9090, 9093}
    found = choose_ports()
    assert found[c.PROMETHEUS].port != found[c.ALERTMANAGER].port


def test_machine_without_a_free_port_is_unavailable(taken: set[int]) -> None:
    taken |= {1, 2}
    with pytest.raises(Unavailable, match="no port is free"):
        first_manifest.first_free([1, 2])


def test_existing_files_are_all_named_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine")
    (tmp_path / "b").symlink_to("nowhere")
    with pytest.raises(InputError) as refused:
        write(tmp_path, {"a": b"1", "b": b"2", "c/d": b"3"}, force=False)
    assert [each.summary for each in refused.value.problems] == [
        f"{tmp_path}/a already exists",
        f"{tmp_path}/b already exists",
    ]
    assert not (tmp_path / "c").exists()
    write(tmp_path, {"a": b"1", "b": b"2", "c/d": b"3"}, force=True)
    assert [(tmp_path / name).read_bytes() for name in ("a", "b", "c/d")] == [b"1", b"2", b"3"]
    assert not (tmp_path / "nowhere").exists()


def test_manifest_that_cannot_be_read_yet_suggests_nothing(tmp_path: Path) -> None:
    manifest = tmp_path / "stack.yml"
    manifest.write_text("version: 1\nname: shop\nservices: {api: {targets: ['${HOST}:8000']}}\n")
    assert fitting(manifest) == []
    manifest.write_text("version: 1\nname: shop\nservices: {api: {targets: ['a:8000']}}\n")
    assert any("service-health" in line for line in fitting(manifest))
