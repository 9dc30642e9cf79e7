"""A take-over that was interrupted: the copy goes until it is whole, then it stays; nothing is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.operations.unfinished.take_over import end, finish_or_undo
from stackctl.state import Entry, State
from tests.unit.operations.pretended import Noted, Pretended, live

pytestmark = pytest.mark.usefixtures("reopened")


@pytest.fixture
def reopened(runtime: Pretended, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stackctl.runtimes.select.reopen_runtime", lambda *_: runtime)


def begun(state: State, *, in_place: bool) -> Entry:
    old, new = live(state, "old"), live(state, "new")
    entry = Entry(
        "take-over", 1.0, "native", "shop",
        before=old.id, going_to=new.id, token="ab", aside=("prometheus",), existed=("grafana",), in_place=in_place,
    )  # fmt: skip
    state.begin(entry)
    return entry


def test_part_of_a_copy_is_removed(state: State, runtime: Pretended) -> None:
    entry = begun(state, in_place=False)
    assert "begins it again" in finish_or_undo(Path(), state, entry, Noted())
    assert runtime.done == ["put back prometheus ab", "remove data but grafana"]
    assert state.current() == state.generation(entry.before)
    assert (state.intent(), state.home().runtime) == (None, "")


def test_whole_copy_stays_and_nothing_starts(state: State, runtime: Pretended) -> None:
    entry = begun(state, in_place=True)
    assert finish_or_undo(Path(), state, entry, Noted()) == "the data is in place"
    assert runtime.done == ["drop prometheus ab"]
    assert state.current() == state.generation(entry.before)
    assert (state.intent(), state.home().runtime) == (None, "native")


def test_what_had_nothing_live_has_nothing_live(state: State, runtime: Pretended) -> None:
    new = live(state, "new")
    entry = Entry("take-over", 1.0, "native", "shop", going_to=new.id, token="ab", aside=("prometheus",))
    state.begin(entry)
    end(state, runtime, entry)
    assert (state.current(), state.intent()) == (None, None)
