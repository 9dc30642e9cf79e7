"""Processes are known by pid and start time, and found by their mark."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from stackctl.runtimes.native import process
from stackctl.wait import wait_until


def test_a_process_is_known_by_pid_and_start_time() -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        entry = process.Entry(child.pid, process.start_time(child.pid), "spec")
        assert process.is_alive(entry)
        stranger = process.Entry(child.pid, "1", "spec")
        assert not process.is_alive(stranger)
        process.send(stranger, signal.SIGKILL)
        assert child.poll() is None
        process.send(entry, signal.SIGKILL)
        assert child.wait(10) == -signal.SIGKILL
    assert not process.is_alive(entry)


@pytest.mark.parametrize("content", ["", "12\n", "x\n1\nspec\n", "1\n2\n3\n4\n"])
def test_a_damaged_pid_file_counts_as_none(tmp_path: Path, content: str) -> None:
    path = tmp_path / "a.pid"
    path.write_text(content)
    assert process.read(path) is None


@pytest.mark.parametrize(
    "content", ["-1\n5\nspec\n", "0\n5\nspec\n", "1\n5\nspec\n", "77\n\nspec\n", "77\n", "x\ny\nz\n", "\xff"]
)
def test_a_damaged_pid_file_names_no_process(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.pid").write_text(content, encoding="latin-1")
    assert process.read(tmp_path / "a.pid") is None


def test_a_process_is_found_by_its_mark_and_its_children_are_not() -> None:
    environment = {**os.environ, process.STATE: "/s", process.STATE_ID: "id", process.UNIT: "u", process.SPEC: "x"}
    script = f"export {process.PID}=$$; (sleep 60) & echo $!; exec sleep 60"
    with subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.PIPE, env=environment, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        try:
            mark = wait_until(lambda: process.mark_of(parent.pid), lambda found: found is not None, 10)
            assert mark == process.Mark(process.Entry(parent.pid, process.start_time(parent.pid), "x"), "/s", "id", "u")
            assert process.mark_of(child) is None
            assert mark in list(process.marked())
        finally:
            os.kill(child, signal.SIGKILL)
            parent.kill()
