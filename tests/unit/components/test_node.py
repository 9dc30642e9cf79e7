"""The node exporter reads the machine, not its container."""

from __future__ import annotations

from pathlib import Path

from tests.unit.components.rendered import started


def test_container_reads_the_machine(tmp_path: Path) -> None:
    command = started(tmp_path, "node", "{}", "docker").command
    assert command[1:] == ("--path.rootfs=/host", "--path.procfs=/host/proc", "--path.sysfs=/host/sys")


def test_process_needs_no_paths(tmp_path: Path) -> None:
    assert started(tmp_path, "node", "{}", "native").command == ("--web.listen-address=127.0.0.1:9100",)
