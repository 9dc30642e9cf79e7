"""A backup that was interrupted: what it stopped runs again, and its files are gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.operations.unfinished.backup import finish
from stackctl.state import Entry, State
from tests.unit.operations.pretended import Noted, Pretended, live

# 2026-01-02 03:04:05 UTC.
ASKED_AT = 1_767_323_045.7


def test_server_that_was_stopped_runs_again(
    state: State, manifest: Path, runtime: Pretended, progress: Noted, tmp_path: Path
) -> None:
    live(state)
    temporary = tmp_path / ".tmp-ab"
    temporary.write_text("half")
    # It is still ending, so it looks like any that runs.
    runtime.states = {"grafana": "running", "prometheus": "running"}
    entry = Entry("backup", 1.0, stopped=("grafana",), temporary=str(temporary))
    state.begin(entry)
    assert finish(manifest, state, entry, progress) == "grafana started again"
    assert runtime.done == ["remove grafana", "create grafana"]
    assert not temporary.exists()
    assert state.intent() is None


def test_backup_that_stopped_nothing_leaves_the_stack_alone(
    state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    live(state)
    entry = Entry("backup", 1.0)
    state.begin(entry)
    assert finish(manifest, state, entry, progress) == "nothing was stopped by it"
    assert runtime.done == []
    assert state.intent() is None


@pytest.mark.parametrize(
    ("name", "removed"),
    [
        ("20260102T030405Z-1a2b", True),  # the second in which it was asked
        ("20260102T030505Z-1a2b", True),  # a minute later
        ("20260102T030506Z-1a2b", False),  # somebody else's, later
        ("20260102T030404Z-1a2b", False),  # somebody else's, before
        ("mine", False),
        ("20260102T030405Z", True),
    ],
)
def test_only_the_snapshot_of_this_backup_is_removed(
    name: str, removed: bool, state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    live(state)
    runtime.folders_of = {"prometheus/snapshots": (name,)}
    finish(manifest, state, Entry("backup", 1.0, snapshot_at=ASKED_AT), progress)
    assert runtime.done == [f"remove prometheus/snapshots/{name}"] * removed


def test_no_snapshot_is_removed_before_one_was_asked_for(
    state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    live(state)
    runtime.folders_of = {"prometheus/snapshots": ("19700101T000000Z-1a2b",)}
    finish(manifest, state, Entry("backup", 1.0), progress)
    assert runtime.done == []


def test_state_without_a_generation_has_nothing_to_start(
    state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    entry = Entry("backup", 1.0, stopped=("grafana",))
    state.begin(entry)
    assert finish(manifest, state, entry, progress) == "nothing was stopped by it"
    assert state.intent() is None
