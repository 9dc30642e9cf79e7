"""A reload that was interrupted: the configuration that was confirmed last is loaded again, or it is given up."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackctl.errors import CheckFailed
from stackctl.operations.unfinished.reload import roll_back
from stackctl.state import Entry, Running, State
from tests.unit.operations.pretended import Noted, live, tree


@pytest.fixture
def returned(monkeypatch: pytest.MonkeyPatch, state: State) -> list[Any]:
    """The generations that are loaded again, in place of which."""
    calls: list[Any] = []

    def open_(_: Path) -> Any:
        running = state.running()
        assert running is not None
        return SimpleNamespace(confirmed=lambda: state.generation(running.generation))

    monkeypatch.setattr("stackctl.operations.live.Live.open", open_)
    monkeypatch.setattr("stackctl.operations.transaction.return_to", lambda _, old, new, __: calls.append((old, new)))
    return calls


def test_confirmed_generation_is_loaded_again(
    state: State, manifest: Path, progress: Noted, returned: list[Any]
) -> None:
    old = live(state)
    state.record(Running("native", old.id))
    new = live(state, "b")
    entry = Entry("reload", 1.0, "native", "shop", before=old.id, going_to=new.id)
    state.begin(entry)
    assert roll_back(manifest, state, entry, progress) == f"rolled back to generation {old.id}"
    assert returned == [(old, new)]


@pytest.mark.parametrize(("runs", "said"), [(True, "it had finished"), (False, "nothing is running")])
def test_nothing_is_loaded_where_nothing_is_half_done(
    runs: bool, said: str, state: State, manifest: Path, progress: Noted, returned: list[Any]
) -> None:
    made = live(state)
    state.record(Running("native", made.id) if runs else None)
    entry = Entry("reload", 1.0, "native", "shop", going_to=made.id)
    state.begin(entry)
    assert roll_back(manifest, state, entry, progress) == said
    assert (returned, state.intent()) == ([], None)


def test_rollback_that_is_not_confirmed_is_given_up(
    state: State, manifest: Path, progress: Noted, returned: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise CheckFailed.of("reload.rejected", "Prometheus refuses it")

    monkeypatch.setattr("stackctl.operations.transaction.return_to", refuse)
    old, new = live(state), state.write(tree("b"))
    state.record(Running("native", old.id))
    entry = Entry("reload", 1.0, "native", "shop", before=old.id, going_to=new.id)
    state.begin(entry)
    with pytest.raises(CheckFailed):
        roll_back(manifest, state, entry, progress)
    running = state.running()
    assert running is not None
    assert (state.intent(), running.partly) == (None, new.id)
