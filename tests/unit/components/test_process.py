"""The process exporter groups processes by their command."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.components.rendered import RUNTIMES, started


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_groups_every_process_by_its_command(tmp_path: Path, runtime: str) -> None:
    exporter = started(tmp_path, "process", "{}", runtime)
    assert exporter.command[0].endswith("/process/process.yml")
    assert "--threads=false" in exporter.command
    groups = exporter.tree.yaml("process/process.yml")["process_names"]
    assert groups == [{"name": "{{.Comm}}", "cmdline": [".+"]}]
    assert ("--procfs=/host/proc" in exporter.command) == (runtime == "docker")
