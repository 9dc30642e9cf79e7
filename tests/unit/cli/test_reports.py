from __future__ import annotations

import errno
from pathlib import Path

import pytest

from stackctl.cli.reports import write_report
from stackctl.errors import InputError, Unavailable, cannot_write
from stackctl.render import write as writing
from stackctl.tree import File, Tree

TREE = Tree("x", "docker", {"a": File(b"x")}, ())


def full(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_unavailable_for_trees_and_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "_place", full)
    with pytest.raises(Unavailable, match="No space left") as refused:
        writing.write(TREE, tmp_path / "out")
    assert refused.value.exit_code == 3
    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(Unavailable, match="No space left"):
        write_report(tmp_path / "report.html", "x", "--report")


def test_another_reason_is_wrong_input() -> None:
    assert isinstance(cannot_write(PermissionError(errno.EACCES, "x"), "cannot write"), InputError)
