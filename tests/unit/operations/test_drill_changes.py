"""The changes that a drill is made of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.drill import EVERY
from stackctl.operations.drill_changes import change_to, end_alerts
from stackctl.state import Running, State
from tests.unit.operations.pretended import Noted, Pretended, live, tree


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    calls: list[tuple[str, bool]] = []

    def change(running: Any, new: Any, *_: object, **__: object) -> None:
        calls.append((new.id, new.fresh))
        running.state.switch(new.generation)

    monkeypatch.setattr("stackctl.operations.transaction.change", change)
    return calls


def test_tree_that_runs_already_is_not_loaded_again(
    manifest: Path, state: State, runtime: Pretended, changed: list[Any], progress: Noted
) -> None:
    state.record(Running("native", live(state).id))
    change_to(manifest, tree(), progress)
    assert changed == []


def test_tree_that_may_not_be_loaded_everywhere_is(
    manifest: Path, state: State, runtime: Pretended, changed: list[Any], progress: Noted
) -> None:
    made = live(state)
    state.record(Running("native", made.id, partly="0123456789ab"))
    change_to(manifest, tree(), progress)
    assert changed == [(made.id, False)]


@pytest.mark.parametrize("drop", [True, False])
def test_generation_of_no_more_use_is_removed(
    drop: bool, manifest: Path, state: State, runtime: Pretended, changed: list[Any], progress: Noted
) -> None:
    old = live(state)
    state.record(Running("native", old.id))
    change_to(manifest, tree("b"), progress, drop=drop)
    assert [fresh for _, fresh in changed] == [True]
    assert (state.generation(old.id) is None) is drop


class Alertmanager:
    """An Alertmanager that resolves what is ended after some looks."""

    def __init__(self, *alerts: Any) -> None:
        self.firing, self.ended, self.looks = list(alerts), [], 0
        self.ended: list[Any]

    def alerts(self, _: object) -> list[Any]:
        self.looks += 1
        return self.firing if not self.ended or self.looks < 3 else []

    def end(self, labels: list[Any]) -> None:
        self.ended += labels


def test_drilled_alerts_are_ended_by_their_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    from types import SimpleNamespace

    monkeypatch.setattr("time.sleep", lambda _: None)
    server = Alertmanager(SimpleNamespace(labels={"alertname": "High", "drill": "true"}))
    end_alerts([server], EVERY)
    assert server.ended == [{"alertname": "High", "drill": "true"}]


def test_nothing_is_ended_where_nothing_fires() -> None:
    server = Alertmanager()
    end_alerts([server], EVERY)
    assert (server.ended, server.looks) == ([], 1)
