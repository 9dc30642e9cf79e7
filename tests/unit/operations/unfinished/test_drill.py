"""A drill that was interrupted is ended in the order that notifies nobody."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from stackctl import conventions as c
from stackctl.errors import Unavailable
from stackctl.operations.unfinished.drill import end
from stackctl.state import Entry, Running, State
from stackctl.tree import Tree
from tests.unit.operations.pretended import Noted, live


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is changed, in order: a tree by its content and whether alerts fire in it."""
    calls: list[str] = []

    def change_to(_: Path, tree: Tree, __: object, *, drop: bool = False) -> None:
        firing = " with rules of a drill" if c.DRILL_RULES in tree.files else ""
        calls.append(f"change to {tree.files['a.yml'].content.decode()}{firing}{' for good' if drop else ''}")

    monkeypatch.setattr("stackctl.operations.drill_changes.change_to", change_to)
    monkeypatch.setattr("stackctl.operations.drill_changes.end_alerts", lambda *_: calls.append("end alerts"))
    monkeypatch.setattr("stackctl.operations.drill_changes.Servers.of", lambda _: SimpleNamespace(alertmanagers={}))
    monkeypatch.setattr("stackctl.operations.live.Live.open", lambda _: SimpleNamespace())
    return calls


def drilling(state: State) -> Entry:
    """A drill whose alerts fire, behind routes of its own."""
    before = live(state, "real routes")
    state.record(Running("native", before.id))
    files = {c.DRILL_RULES: "groups: []", c.PROMETHEUS_FILE: f"rule_files: [{c.DRILL_RULES}]"}
    firing = live(state, "routes of a drill", files)
    entry = Entry("drill", 1.0, "native", "shop", before=before.id)
    state.begin(entry)
    state.record(Running("native", firing.id))
    state.intend(entry)
    return entry


def test_rules_go_before_the_routes_come_back(state: State, manifest: Path, progress: Noted, done: list[str]) -> None:
    entry = drilling(state)
    assert end(manifest, state, entry, progress) == "ended"
    assert done == ["change to routes of a drill for good", "end alerts", "change to real routes for good"]
    assert state.intent() is None


def test_drill_whose_rules_are_gone_only_needs_its_routes_back(
    state: State, manifest: Path, progress: Noted, done: list[str]
) -> None:
    before = live(state, "real routes")
    led = live(state, "routes of a drill")
    state.record(Running("native", led.id))
    entry = Entry("drill", 1.0, "native", "shop", before=before.id)
    state.begin(entry)
    assert end(manifest, state, entry, progress) == "ended"
    assert done == ["end alerts", "change to real routes for good"]


def test_damaged_generation_before_changes_nothing(
    state: State, manifest: Path, progress: Noted, done: list[str]
) -> None:
    entry = drilling(state)
    before = state.generation(entry.before)
    assert before is not None
    (before.path / "a.yml").write_text("edited")
    with pytest.raises(Unavailable, match=f"generation {before.id}, the one before the drill, is damaged"):
        end(manifest, state, entry, progress)
    assert done == []
    assert state.intent() == entry


def test_stack_that_was_taken_down_has_nothing_to_end(
    state: State, manifest: Path, progress: Noted, done: list[str]
) -> None:
    entry = drilling(state)
    state.record(None)
    assert end(manifest, state, entry, progress) == "nothing runs"
    assert (done, state.intent()) == ([], None)
