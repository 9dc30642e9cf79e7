"""An `up` that was interrupted: what some units have is brought in for all."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.errors import Unavailable
from stackctl.operations.unfinished.up import finish, record
from stackctl.state import Entry, Running, State
from tests.unit.operations.pretended import Noted, Pretended, live, tree

ALL = ("prometheus", "grafana", "node")


def entry_to(id: str, **changes: object) -> Entry:
    return Entry("up", 5.0, "native", "shop", going_to=id, units=ALL, is_whole=True, **changes)  # type: ignore[arg-type]


def test_units_that_were_not_reached_are_started(
    state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    made = live(state)
    runtime.states = {"prometheus": "running", "old": "running"}
    entry = entry_to(made.id, skipped={"node": c.LEFT_OUT})
    entry = Entry(**{**entry.__dict__, "units": ("prometheus", "grafana")})
    state.begin(entry)
    assert finish(manifest, state, entry, progress) == f"finished with generation {made.id}"
    # What is loaded is not known, so it is loaded again.
    assert runtime.done == ["remove old", "create grafana", "reload prometheus"]
    running = state.running()
    assert running is not None
    assert (running.generation, running.units_skipped) == (made.id, {"node": c.LEFT_OUT})
    assert state.intent() is None


def test_unit_left_out_is_removed(state: State, manifest: Path, runtime: Pretended, progress: Noted) -> None:
    made = live(state)
    runtime.states = dict.fromkeys(ALL, "running")
    entry = Entry("up", 5.0, "native", "shop", going_to=made.id, units=("grafana",), skipped={"node": c.LEFT_OUT})
    state.begin(entry)
    finish(manifest, state, entry, progress)
    assert runtime.done == ["remove node"]


@pytest.mark.parametrize("is_written", [True, False])
def test_generation_that_did_not_become_live_changes_nothing(
    is_written: bool, state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    live(state)
    entry = entry_to(state.write(tree("b")).id if is_written else "0123456789ab")
    state.begin(entry)
    assert finish(manifest, state, entry, progress) == "nothing had been changed"
    assert (runtime.done, state.intent()) == ([], None)


def test_failure_is_given_up_and_what_is_loaded_stays_unknown(
    state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    old = live(state)
    state.record(Running("native", old.id))
    new = live(state, "b")
    state.begin(entry_to(new.id))
    runtime.fails = Unavailable.of("unit.exited", "it does not start")
    with pytest.raises(Unavailable, match="it does not start"):
        finish(manifest, state, entry_to(new.id), progress)
    assert state.intent() is None
    running = state.running()
    assert running is not None
    assert (running.generation, running.partly) == (old.id, new.id)


def test_some_units_leave_the_others_on_the_generation_before(state: State) -> None:
    old, new = live(state), state.write(tree("b"))
    state.record(Running("native", old.id, {"node": "no binary"}, allow_missing=True))
    record(state, Entry("up", 5.0, "native", "shop", going_to=new.id, units=("grafana",)))
    running = state.running()
    assert running is not None
    assert (running.generation, running.partly, running.partly_since) == (old.id, new.id, 5.0)
    assert (running.units_skipped, running.allow_missing) == ({"node": "no binary"}, True)


def test_some_units_of_the_same_generation_keep_what_was_allowed(state: State) -> None:
    made = live(state)
    state.record(Running("native", made.id, {"node": "no binary"}, allow_missing=True))
    record(state, Entry("up", 5.0, "native", "shop", going_to=made.id, units=("grafana",)))
    running = state.running()
    assert running is not None
    assert (running.partly, running.units_skipped, running.allow_missing) == ("", {"node": "no binary"}, True)


def test_all_units_replace_what_was_allowed_before(state: State) -> None:
    old, new = live(state), state.write(tree("b"))
    state.record(Running("native", old.id, {"node": "no binary"}, allow_missing=True))
    record(state, entry_to(new.id))
    running = state.running()
    assert running is not None
    assert (running.generation, running.units_skipped, running.allow_missing) == (new.id, {}, False)
