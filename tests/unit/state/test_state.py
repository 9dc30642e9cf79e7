"""State: what is known of what runs while a change is under way."""

from __future__ import annotations

import stat
from pathlib import Path

from stackctl import conventions as c
from stackctl.state import Entry, Running, State
from stackctl.tree import File, Tree, Unit, dump_units

UNITS = (Unit("prometheus", reads="r1"),)


def tree(content: bytes = b"a: 1\n", password: bytes = b"hunter2") -> Tree:
    files = {
        "prometheus/prometheus.yml": File(content),
        "secrets/password": File(password, secret=True),
        c.UNITS_FILE: File(dump_units("shop", "native", UNITS)),
    }
    return Tree("shop", "native", files, UNITS)


def mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.stat().st_mode))


def test_reading_creates_nothing(state: State) -> None:
    assert (state.current(), state.running(), state.generations()) == (None, None, ())
    assert state.kept_secret("x") is None
    assert not state.root.exists()


def test_nothing_is_known_of_what_is_loaded_while_a_change_is_under_way(state: State) -> None:
    old, new = state.write(tree()), state.write(tree(b"new"))
    state.record(Running("native", old.id, {"node": "no image"}, 12.5))
    assert state.known() == tree()
    state.begin(Entry("reload", 13.5, going_to=new.id))
    assert state.running() == Running("native", old.id, {"node": "no image"}, 12.5, new.id, 13.5)
    assert state.known() is None
    state.end()
    assert state.known() == tree()


def test_what_an_interrupted_change_left_unknown_outlives_the_next_one(state: State) -> None:
    """A reload to B is killed, and one back to A is killed too: servers may still hold B."""
    a, b = state.write(tree()), state.write(tree(b"b"))
    state.record(Running("native", a.id))
    state.begin(Entry("reload", 1.0, going_to=b.id))
    state.begin(Entry("reload", 2.0, going_to=a.id))
    state.end()
    running = state.running()
    assert running is not None
    assert (running.generation, running.partly) == (a.id, b.id)


def test_a_change_that_was_recorded_has_ended(state: State) -> None:
    new = state.write(tree())
    state.begin(Entry("reload", 1.0, going_to=new.id))
    state.record(Running("native", new.id))
    running = state.running()
    assert running is not None
    assert running.partly == ""


def test_a_failed_change_leaves_what_it_was_bringing_in_on_record(state: State) -> None:
    old, new = state.write(tree()), state.write(tree(b"new"))
    state.record(Running("native", old.id))
    state.begin(Entry("up", 1.0, going_to=new.id))
    state.give_up()
    assert state.intent() is None
    running = state.running()
    assert running is not None
    assert running.partly == new.id


def test_a_secret_is_made_once_and_never_shown(state: State) -> None:
    made = state.generated_secret("grafana")
    assert state.generated_secret("grafana") == made == state.kept_secret("grafana")
    assert len(made.reveal()) >= 32
    assert str(made) == "***"
    assert mode(state.root / "secrets" / "grafana") == "0o600"
