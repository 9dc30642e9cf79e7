"""What a backup or a restore has begun and was killed is ended by the next command that changes the stack."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from stackctl.cli.main import main
from stackctl.cluster.volumes import Entry, written
from stackctl.errors import Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.down import take_down
from stackctl.operations.cluster.reload import reload_manifest
from stackctl.operations.cluster.session import connect
from stackctl.operations.cluster.status import look
from stackctl.operations.cluster.up import bring_up, preview
from stackctl.operations.cluster.volumes import ended_copy, read_files
from tests.contract.operations.cluster.test_backup import GRAFANA, JOURNAL, is_as_before
from tests.contract.operations.cluster.volumes import Volumes
from tests.unit.operations.pretended import Noted

TOKEN = "5f3a"
STOPPED = {"Deployment shop-grafana": 1}


def interrupt(volumes: Volumes, entry: Entry) -> None:
    """Leave the journal of a command, with what it has stopped."""
    labels = {"app.kubernetes.io/part-of": "shop", "app.kubernetes.io/managed-by": "stackctl", "stackctl/copy": "true"}
    metadata = {"name": "shop-volumes", "namespace": "shop", "labels": labels, "uid": "1"}
    data = {"entry.json": written(entry)}
    volumes.cluster.add({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data})
    for _ in entry.stopped:
        volumes.cluster.objects[GRAFANA]["spec"]["replicas"] = 0
    volumes.tend()


def stage(volumes: Volumes) -> None:
    new = volumes.grafana / f".stackctl-restore-{TOKEN}" / "new"
    new.mkdir(parents=True)
    (new / "grafana.db").write_text("others")


@pytest.mark.parametrize("command", ["up", "reload"])
def test_next_command_starts_what_a_backup_has_stopped(manifest: Path, volumes: Volumes, command: str) -> None:
    interrupt(volumes, Entry("backup", TOKEN, STOPPED, time.time()))
    (volumes.prometheus / "snapshots" / time.strftime("%Y%m%dT%H%M%SZ-1", time.gmtime())).mkdir(parents=True)
    noted = Noted()
    done = bring_up(manifest, 5.0, noted) if command == "up" else reload_manifest(manifest, 5.0, noted)
    assert done.changes == ()
    assert "! a backup was interrupted: ending it" in noted.lines
    assert is_as_before(volumes)


@pytest.mark.parametrize(("is_whole", "data"), [(False, "people"), (True, "others")])
def test_killed_restore_is_old_or_new(stack: Stack, volumes: Volumes, is_whole: bool, data: str) -> None:
    stage(volumes)
    interrupt(volumes, Entry("restore", TOKEN, STOPPED, staged=("grafana",), is_whole=is_whole))
    assert ended_copy(connect(stack), Noted())
    assert [each.name for each in volumes.grafana.iterdir()] == ["grafana.db"]
    assert (volumes.grafana / "grafana.db").read_text() == data
    assert is_as_before(volumes)
    assert not ended_copy(connect(stack), Noted())


def test_data_that_cannot_be_put_in_place_stays_for_the_next_command(stack: Stack, volumes: Volumes) -> None:
    stage(volumes)
    interrupt(volumes, Entry("restore", TOKEN, STOPPED, staged=("grafana",), is_whole=True))
    volumes.failing = "switch"
    with pytest.raises(Unavailable):
        ended_copy(connect(stack), Noted())
    assert JOURNAL in volumes.cluster.objects
    volumes.failing = ""
    assert ended_copy(connect(stack), Noted())
    assert (volumes.grafana / "grafana.db").read_text() == "others"


def test_staged_data_that_stays_does_not_keep_servers_stopped(stack: Stack, volumes: Volumes) -> None:
    stage(volumes)
    interrupt(volumes, Entry("restore", TOKEN, STOPPED, staged=("grafana",)))
    volumes.failing, noted = "drop", Noted()
    assert ended_copy(connect(stack), noted)
    assert any("what the restore has made in a volume stays" in each for each in noted.lines)
    assert is_as_before(volumes)


def test_down_puts_data_in_order_and_starts_nothing(stack: Stack, volumes: Volumes) -> None:
    stage(volumes)
    interrupt(volumes, Entry("restore", TOKEN, STOPPED, staged=("grafana",), is_whole=True))
    session = connect(stack)
    ended_copy(session, Noted(), starting=False)
    assert volumes.cluster.objects[GRAFANA]["spec"]["replicas"] == 0
    assert (volumes.grafana / "grafana.db").read_text() == "others"
    volumes.cluster.after_change = lambda: [volumes.cluster.objects.pop(each) for each in pods(volumes)] and None
    take_down(stack, Noted(), volumes=False)
    assert GRAFANA not in volumes.cluster.objects


@pytest.mark.parametrize("with_volumes", [False, True])
def test_down_that_cannot_put_data_in_order_goes_on_with_volumes_only(
    stack: Stack, volumes: Volumes, with_volumes: bool
) -> None:
    interrupt(volumes, Entry("restore", TOKEN, STOPPED, staged=("grafana",), is_whole=True))
    volumes.failing = "switch"
    failed = down_fails(volumes, stack, with_volumes)
    assert failed is not with_volumes
    assert (GRAFANA in volumes.cluster.objects) is not with_volumes


def down_fails(volumes: Volumes, stack: Stack, with_volumes: bool) -> bool:
    """Take the stack down, as pods end with their workloads; return whether that fails."""

    def tend() -> None:
        volumes.tend()
        if GRAFANA not in volumes.cluster.objects:
            for each in pods(volumes):
                del volumes.cluster.objects[each]

    volumes.cluster.after_change = tend
    try:
        take_down(stack, Noted(), volumes=with_volumes)
    except Unavailable:
        return True
    return False


def pods(volumes: Volumes) -> list[str]:
    return [path for path in volumes.cluster.objects if "/pods/" in path]


def test_a_dry_run_and_status_leave_it(
    manifest: Path,
    stack: Stack,
    volumes: Volumes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert not look(manifest, stack).copy
    interrupt(volumes, Entry("backup", TOKEN))
    assert preview(manifest, ()).changes == ()
    assert look(manifest, stack).copy
    assert main(["-f", str(manifest), "status"]) == 0
    assert "! a backup or a restore is running or was interrupted: the next" in capsys.readouterr().out
    assert JOURNAL in volumes.cluster.objects


class Sent:
    """A program that has written some output."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def line(self, limit: int) -> bytes:
        line, end, self._content = self._content[:limit].partition(b"\n")
        return line + end

    def read(self, size: int) -> bytes:
        piece, self._content = self._content[:size], self._content[size:]
        return piece

    def finish(self) -> None:
        """It has ended well."""


@pytest.mark.parametrize(
    "content",
    [b"", b"{}\n", b'{"path": "a", "size": 9, "mode": 384}\nabc', b'{"path": "a"}\n', b'{"sum": "0"}\n', b"x" * 99],
)
def test_output_that_is_not_whole_is_an_error(content: bytes) -> None:
    with pytest.raises(Unavailable, match="has not arrived whole"):
        received(content)


def received(content: bytes) -> None:
    for each in read_files(Sent(content)):  # type: ignore[arg-type]
        while each.content.read(2):
            pass
