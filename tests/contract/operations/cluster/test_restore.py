"""A restore in a cluster replaces all data or none, and the servers run afterwards."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from stackctl.backup import Label, pack
from stackctl.errors import InputError, Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.restore import bring_back_cluster
from stackctl.runtimes.protocol import DataFile
from tests.contract.api_server import path_of
from tests.contract.operations.cluster.test_backup import is_as_before
from tests.contract.operations.cluster.volumes import Volumes
from tests.unit.operations.pretended import Noted

LABEL = Label("shop", "docker", "2026-01-02T03:04:05+00:00", ("prometheus", "grafana", "pushgateway"))
FILES = {"prometheus": ("02/index", b"restored"), "grafana": ("grafana.db", b"others"), "pushgateway": ("m.db", b"x")}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "b.tar.gz"
    data = [(unit, DataFile(name, len(text), 0o640, BytesIO(text))) for unit, (name, text) in FILES.items()]
    with path.open("wb") as out:
        pack(out, LABEL, data)
    return path


def restored(stack: Stack, file: Path, progress: Noted, *, force: bool = True) -> Label:
    return bring_back_cluster(stack, file, progress, force=force, deadline_seconds=5.0)


def found(folder: Path) -> dict[str, bytes]:
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_data_of_the_archive_is_in_the_place_of_the_old(stack: Stack, file: Path, volumes: Volumes) -> None:
    noted = Noted()
    assert restored(stack, file, noted) == LABEL
    assert found(volumes.prometheus) == {"02/index": b"restored"}
    assert found(volumes.grafana) == {"grafana.db": b"others"}
    assert "! left out pushgateway: this stack has none" in noted.lines
    assert is_as_before(volumes)


def test_servers_run_until_all_of_the_data_has_arrived(stack: Stack, file: Path, volumes: Volumes) -> None:
    restored(stack, file, Noted())
    commands = [each.split()[0] for each in volumes.ran]
    assert commands == ["drop", "write", "drop", "write", "switch", "switch"]


def test_data_that_does_not_arrive_changes_nothing(stack: Stack, file: Path, volumes: Volumes) -> None:
    volumes.failing = "write"
    with pytest.raises(Unavailable, match="cannot copy data"):
        restored(stack, file, Noted())
    assert found(volumes.grafana) == {"grafana.db": b"people"}
    assert is_as_before(volumes)


def test_running_stack_is_replaced_with_force_only(stack: Stack, file: Path, volumes: Volumes) -> None:
    with pytest.raises(InputError, match="Use --force"):
        restored(stack, file, Noted(), force=False)
    assert volumes.ran == []


def test_stack_without_volumes_has_to_be_brought_up_first(stack: Stack, file: Path, volumes: Volumes) -> None:
    del volumes.cluster.objects[path_of("v1", "PersistentVolumeClaim", "shop", "shop-grafana")]
    with pytest.raises(InputError, match="these volumes are missing: shop-grafana"):
        restored(stack, file, Noted())
    assert volumes.ran == []


def test_damaged_file_is_refused_before_the_cluster_is_asked(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "bad").write_bytes(b"x")
    with pytest.raises(InputError, match="cannot be restored"):
        restored(stack, tmp_path / "bad", Noted())
