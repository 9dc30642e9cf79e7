"""The folder that a state belongs to: here, moved or copied."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stackctl import home
from stackctl.state import Running, State


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State.beside(tmp_path / "shop" / "stack.yml")
    made.root.parent.mkdir()
    with made.lock():
        return made


def test_a_state_is_here_moved_or_copied(state: State, tmp_path: Path) -> None:
    assert state.place() == "here"
    shutil.copytree(state.root.parent, tmp_path / "copy", symlinks=True)
    copy = State.beside(tmp_path / "copy" / "stack.yml")
    assert copy.place() == "copied"
    state.root.parent.rename(tmp_path / "moved")
    moved = State.beside(tmp_path / "moved" / "stack.yml")
    assert moved.place() == "moved"
    moved.settle()
    assert moved.place() == "here"


def test_a_folder_is_the_same_by_a_link(state: State, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(state.root.parent)
    assert State.beside(tmp_path / "link" / "stack.yml").place() == "here"


def test_a_copy_that_is_separated_runs_nothing(state: State, tmp_path: Path) -> None:
    state.record(Running("native", "abc"))
    (state.root / "pids").mkdir()
    shutil.copytree(state.root.parent, tmp_path / "copy", symlinks=True)
    copy = State.beside(tmp_path / "copy" / "stack.yml")
    copy.separate()
    assert (copy.place(), copy.running(), (copy.root / "pids").exists()) == ("here", None, False)
    assert copy.home().id != state.home().id
    assert state.running() == Running("native", "abc")


@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b'{"id": 1, "folder": "x"}', b"\xff"])
def test_a_damaged_record_of_the_folder_is_none(state: State, content: bytes) -> None:
    (state.root / home.FILE).write_bytes(content)
    assert home.read(state.root) is None
    assert state.place() == "unmarked"


def test_folder_that_cannot_be_looked_at_may_hold_a_state(
    state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home.may_be_at(state.root)
    assert not home.may_be_at(tmp_path / "gone")

    def refused(_: Path) -> bool:
        raise PermissionError

    monkeypatch.setattr(Path, "exists", refused)
    assert home.may_be_at(tmp_path / "gone")
