"""Checkers of this machine get the tree and their own files, and their paths are hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.runtimes.checkers import FILES, TREE, Call
from stackctl.runtimes.native.local_checker import Local

CALL = Call("prometheus", "promtool", ("--rules", f"{FILES}/a.yml", f"{TREE}/b.yml"), {"a.yml": b"content\n"})


@pytest.fixture
def checkers() -> None:
    """Run the checkers of this test."""


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("STACKCTL_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("STACKCTL_TOOLS_DIR", str(tmp_path / "tools"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    (tmp_path / "tools").mkdir()
    return tmp_path / "tools"


def test_paths_in_the_output_are_those_of_the_call(tools: Path, tmp_path: Path) -> None:
    promtool = tools / "promtool"
    promtool.write_text(
        '#!/bin/sh\n[ "$1" = --version ] && echo "promtool, version 3.5.0" && exit\ncat "$2"; echo "$2 $3"; exit 3\n'
    )
    promtool.chmod(0o755)
    verdict = Local(tmp_path / "tree")(CALL)
    assert (verdict.code, verdict.output) == (3, f"content\n{FILES}/a.yml {TREE}/b.yml\n")


def test_missing_checker_is_remembered(tools: Path, tmp_path: Path) -> None:
    local = Local(tmp_path)
    assert local(Call("alertmanager", "amtool", ())).missing
    assert local.missing == {"amtool"}
