"""The journal and the record of the folder: what is damaged is never taken for something else."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from stackctl.state import Entry, State
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
