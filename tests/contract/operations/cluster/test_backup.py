"""A backup of a stack in a cluster has the data of each server, and leaves the stack as it was."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stackctl import backup
from stackctl.errors import InputError, Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.backup import back_up_cluster
from tests.contract.api_server import path_of
from tests.contract.operations.cluster.volumes import SNAPSHOT, Volumes
from tests.unit.operations.pretended import Noted

GRAFANA = path_of("apps/v1", "Deployment", "shop", "shop-grafana")
JOURNAL = path_of("v1", "ConfigMap", "shop", "shop-volumes")


def is_as_before(volumes: Volumes) -> bool:
    found = volumes.cluster.objects
    is_clean = JOURNAL not in found and not [path for path in found if "/pods/shop-volumes" in path]
    return is_clean and found[GRAFANA]["spec"]["replicas"] == 1 and not [*volumes.prometheus.glob("snapshots/*")]


def test_data_of_every_server_is_in_the_archive(stack: Stack, volumes: Volumes, tmp_path: Path) -> None:
    file = tmp_path / "b.tar.gz"
    label = back_up_cluster(stack, file, Noted())
    assert backup.verify(file) == label
    assert (label.stack, label.runtime, label.units) == ("shop", "kubernetes", ("prometheus", "grafana"))
    found = {unit: {each.path: each.content.read() for each in backup.contents(file, unit)} for unit in label.units}
    assert found == {"prometheus": {"01/index": b"samples"}, "grafana": {"grafana.db": b"people"}}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert is_as_before(volumes)


def test_failed_backup_leaves_no_file_and_the_stack_as_it_was(stack: Stack, volumes: Volumes, tmp_path: Path) -> None:
    before = sorted(tmp_path.iterdir())
    for claim in ("prometheus", "grafana"):
        getattr(volumes, claim).chmod(0o700)
    volumes.failing = "read"
    with pytest.raises(Unavailable, match="cannot copy data"):
        back_up_cluster(stack, tmp_path / "b.tar.gz", Noted())
    assert sorted(tmp_path.iterdir()) == before
    assert is_as_before(volumes)


def test_refused_snapshot_names_what_to_do(stack: Stack, volumes: Volumes, tmp_path: Path) -> None:
    del volumes.cluster.proxied[SNAPSHOT]
    with pytest.raises(Unavailable) as caught:
        back_up_cluster(stack, tmp_path / "b.tar.gz", Noted())
    assert caught.value.problems[0].code == "backup.snapshot"
    assert is_as_before(volumes)


def test_server_that_is_not_ready_is_named_before_anything_is_changed(
    stack: Stack, volumes: Volumes, tmp_path: Path
) -> None:
    volumes.cluster.objects[path_of("v1", "Pod", "shop", "deployment-shop-grafana-0")]["status"] = {}
    volumes.cluster.applied.clear()
    with pytest.raises(Unavailable) as caught:
        back_up_cluster(stack, tmp_path / "b.tar.gz", Noted())
    (problem,) = caught.value.problems
    assert (problem.code, problem.summary.split()[0]) == ("backup.incomplete", "grafana")
    assert volumes.cluster.applied == []


def test_stack_that_does_not_run_has_nothing_to_back_up(stack: Stack, volumes: Volumes, tmp_path: Path) -> None:
    volumes.cluster.objects.clear()
    volumes.cluster.add({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}})
    with pytest.raises(Unavailable) as caught:
        back_up_cluster(stack, tmp_path / "b.tar.gz", Noted())
    assert caught.value.problems[0].code == "backup.not-running"


def test_folder_that_is_missing_is_named_first(stack: Stack, volumes: Volumes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        back_up_cluster(stack, tmp_path / "missing" / "b.tar.gz", Noted())
    assert volumes.ran == []
