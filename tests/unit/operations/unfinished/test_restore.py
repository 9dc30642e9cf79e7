"""A restore that was interrupted: the old data comes back until all of the new is in place."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.operations.unfinished.restore import finish, finish_or_undo, undo
from stackctl.state import Entry, Running, State
from tests.unit.operations.pretended import Noted, Pretended, live, tree


def begun(state: State, **changes: object) -> Entry:
    """A restore that has switched to a new generation, and set data aside."""
    old = live(state, "old")
    state.record(Running("native", old.id))
    new = live(state, "new")
    entry = Entry(
        "restore", 1.0, "native", "shop",
        before=old.id, going_to=new.id, stopped=("prometheus",), token="ab", aside=("prometheus", "grafana"),
        existed=("data",), **changes,  # type: ignore[arg-type]
    )  # fmt: skip
    state.begin(entry)
    return entry


def test_undo_puts_the_data_back_before_anything_starts(state: State, runtime: Pretended) -> None:
    entry = begun(state)
    assert undo(state, runtime, entry) == ("prometheus",)
    assert runtime.done == [
        "put back prometheus ab", "put back grafana ab", "remove data but data", "create prometheus",
    ]  # fmt: skip
    assert [one.id for one in state.generations()] == [entry.before]
    assert state.current() == state.generation(entry.before)
    assert state.intent() is None


def test_undo_stops_servers_that_are_still_ending(state: State, runtime: Pretended) -> None:
    entry = begun(state)
    runtime.states = {"prometheus": "running"}
    undo(state, runtime, entry)
    assert runtime.done[0] == "remove prometheus"


def test_undo_removes_containers_that_were_made_for_their_volumes(state: State, runtime: Pretended) -> None:
    entry = begun(state)
    runtime.states = {"grafana": "created"}
    undo(state, runtime, entry)
    assert "remove grafana" in runtime.done
    assert runtime.states == {"prometheus": "running"}


def test_undo_of_the_first_restore_leaves_no_generation(state: State, runtime: Pretended) -> None:
    new = live(state, "new")
    entry = Entry("restore", 1.0, "native", "shop", going_to=new.id, token="ab", aside=("prometheus",))
    state.begin(entry)
    assert undo(state, runtime, entry) == ()
    assert (state.current(), state.generations()) == (None, ())


def test_undo_that_fails_to_start_puts_nothing_back_twice(state: State, runtime: Pretended) -> None:
    entry = begun(state)

    def refuse(*_: object) -> None:
        raise Unavailable.of("unit.exited", "prometheus does not start")

    runtime.execute = refuse  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        undo(state, runtime, entry)
    left = state.intent()
    assert left is not None
    assert (left.aside, left.going_to, left.stopped) == ((), "", ("prometheus",))
    del runtime.execute  # type: ignore[misc]
    runtime.done.clear()
    assert undo(state, runtime, left) == ("prometheus",)
    assert runtime.done == ["create prometheus"]


def test_finish_removes_the_old_data_and_records_what_runs(state: State, runtime: Pretended) -> None:
    entry = begun(state, in_place=True)
    assert finish(state, runtime, entry) == ("prometheus",)
    assert runtime.done == ["drop prometheus ab", "drop grafana ab", "create prometheus"]
    running = state.running()
    assert running is not None
    assert (running.generation, running.partly) == (entry.going_to, "")
    assert state.intent() is None


def test_finish_without_a_start_records_that_nothing_runs(state: State, runtime: Pretended) -> None:
    entry = begun(state, in_place=True)
    assert finish(state, runtime, entry, starting=False) == ()
    assert state.running() is None


@pytest.mark.parametrize(
    ("in_place", "said"),
    [
        (True, "the restored data is in place, prometheus started again"),
        (False, "the data is what it was before, prometheus started again"),
    ],
)
def test_data_that_is_all_there_decides(
    in_place: bool, said: str, state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    assert finish_or_undo(manifest, state, begun(state, in_place=in_place), progress) == said


def test_nothing_that_ran_is_not_said_to_be_started(
    state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    new = state.write(tree("new"))
    entry = Entry("restore", 1.0, "native", "shop", going_to=new.id, token="ab")
    assert finish_or_undo(manifest, state, entry, progress) == "the data is what it was before"
