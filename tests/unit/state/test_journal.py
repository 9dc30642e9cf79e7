"""The journal and the record of the folder: what is damaged is never taken for something else."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest

from stackctl import home
from stackctl.cli.main import COMMANDS
from stackctl.operations import recovery
from stackctl.state import Entry, Running, State
from stackctl.state.journal import UNKNOWN


@pytest.fixture
def state(tmp_path: Path) -> State:
    made = State.beside(tmp_path / "shop" / "stack.yml")
    made.root.parent.mkdir()
    with made.lock():
        return made


def test_an_entry_comes_back_as_it_was(state: State) -> None:
    entry = Entry("restore", 12.5, "native", "shop", stopped=("a", "b"), token="ab12", skipped={"node": "left out"})
    state.intend(entry)
    assert state.intent() == entry
    assert stat.S_IMODE((state.root / "journal.json").stat().st_mode) == 0o600
    state.end()
    assert state.intent() is None
    state.end()


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"3", b"\xff", b"{}", b'{"operation": 1}', b'{"operation": "up", "other": 1}',
        b'{"operation": "up", "stopped": "alertmanager"}', b'{"operation": "up", "stopped": [1]}',
        b'{"operation": "up", "skipped": {"a": 1}}', b'{"operation": "up", "in_place": "yes"}',
        b'{"operation": "restore", "token": "../../x"}', b'{"operation": "up", "started_at": "now"}',
    ],
)  # fmt: skip
def test_a_damaged_journal_is_an_unknown_operation(state: State, content: bytes) -> None:
    (state.root / "journal.json").write_bytes(content)
    assert state.intent() == Entry(UNKNOWN)


def test_a_journal_that_is_a_folder_can_be_emptied(state: State) -> None:
    (state.root / "journal.json").mkdir()
    assert state.intent() == Entry(UNKNOWN)
    state.end()
    assert state.intent() is None


@pytest.mark.parametrize(
    "content", [b'{"runtime": 3, "generation": "a"}', b'{"runtime": "native", "generation": ["a"]}',
                b'{"runtime": "native", "generation": "a", "units_skipped": ["x"]}']
)  # fmt: skip
def test_a_record_of_other_types_counts_as_none(state: State, content: bytes) -> None:
    (state.root / "running.json").write_bytes(content)
    assert state.running() is None


def test_a_lock_is_not_followed_through_a_link(state: State, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("data")
    (state.root / "lock").unlink()
    (state.root / "lock").symlink_to(precious)
    with state.lock():
        assert precious.read_text() == "data"
        assert (state.root / "lock").is_file()


def test_a_lock_that_is_a_folder_goes(state: State) -> None:
    (state.root / "lock").unlink()
    (state.root / "lock").mkdir()
    with state.lock():
        assert (state.root / "lock").is_file()


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


def test_every_command_has_its_row_in_the_table_of_recovery() -> None:
    rows = [*recovery.CHANGE, *recovery.READ, *recovery.REPORT, *recovery.NONE]
    assert sorted(rows) == sorted(COMMANDS)
