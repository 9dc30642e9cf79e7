"""Stopping a stack by whatever is left of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl.errors import Unavailable
from stackctl.operations.unfinished.down import finish, known_place, stop_all
from stackctl.state import Entry, Running, State
from tests.unit.operations.pretended import Noted, Pretended, live


@pytest.fixture
def runtimes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Pretended]:
    """Each runtime by its name; they write into one list what they do."""
    done: list[str] = []
    made = {name: Pretended(name, {f"of-{name}": "running"}, done) for name in ("docker", "native")}
    monkeypatch.setattr("stackctl.runtimes.select.reopen_runtime", lambda name, *_, **__: made[name])
    return made


def test_place_is_known_by_the_best_of_the_files(state: State) -> None:
    assert known_place(state) == ("", "")
    state.record(None)
    with state.lock():
        state.keep_data_in("docker")
    assert known_place(state) == ("", "docker")
    state.record(Running("native", "abc"))
    assert known_place(state) == ("", "native")
    made = live(state)
    state.record(Running("docker", made.id))
    assert known_place(state) == ("shop", "native")
    (made.path / c.UNITS_FILE).write_text("{")
    assert known_place(state) == ("", "docker")


def test_native_servers_are_stopped_wherever_the_stack_ran(state: State, runtimes: dict[str, Pretended]) -> None:
    live(state)
    assert stop_all(state, "docker", "shop", volumes=False) == ("of-native", "of-docker")
    assert runtimes["docker"].done == ["stop in native", "stop in docker"]


def test_docker_is_not_asked_about_a_native_stack(state: State, runtimes: dict[str, Pretended]) -> None:
    live(state)
    assert stop_all(state, "native", "shop", volumes=False) == ("of-native",)


def test_runtime_that_does_not_answer_matters_only_where_the_stack_ran(
    state: State, runtimes: dict[str, Pretended]
) -> None:
    runtimes["docker"].fails = Unavailable.of("docker.unavailable", "Docker does not answer")
    assert stop_all(state, "", "", volumes=False) == ("of-native",)
    with pytest.raises(Unavailable, match="Docker does not answer"):
        stop_all(state, "docker", "shop", volumes=False)


@pytest.mark.parametrize(
    ("kept_in", "done"),
    [
        ("docker", ["stop in native with data", "stop in docker with data"]),
        # The volumes of this name are those of another stack.
        ("native", ["stop in native with data", "stop in docker"]),
        ("", ["stop in native with data", "stop in docker"]),
    ],
)
def test_data_is_removed_only_where_this_state_has_it(
    kept_in: str, done: list[str], state: State, runtimes: dict[str, Pretended]
) -> None:
    live(state)
    with state.lock():
        state.keep_data_in(kept_in)
    stop_all(state, "docker", "shop", volumes=True)
    assert runtimes["docker"].done == done
    assert state.home().runtime == ""


def test_without_any_state_labels_alone_say_what_to_remove(state: State, runtimes: dict[str, Pretended]) -> None:
    stop_all(state, "", "", volumes=True)
    assert runtimes["docker"].done == ["stop in native with data", "stop in docker with data"]
    assert not state.root.exists()


def test_interrupted_down_goes_on_as_it_was_asked(
    state: State, manifest: Path, runtimes: dict[str, Pretended], progress: Noted
) -> None:
    made = live(state)
    state.record(Running("docker", made.id))
    with state.lock():
        state.keep_data_in("docker")
    entry = Entry("down", 1.0, "docker", "shop", volumes=True)
    state.begin(entry)
    assert finish(manifest, state, entry, progress) == "stopped what was left"
    assert runtimes["docker"].done[-1] == "stop in docker with data"
    assert (state.intent(), state.running()) == (None, None)
