"""Starting again what was stopped for a moment: only that, and nothing that runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.home import Home
from stackctl.operations.unfinished.restart import (
    former_place,
    listed,
    remove_former_place,
    restart,
    start,
    stop_fully,
    undone_on_failure,
)
from stackctl.state import Entry, State
from tests.unit.operations.pretended import Noted, Pretended, live


@pytest.mark.parametrize(
    ("states", "names", "done"),
    [
        ({"grafana": "running"}, ["grafana"], []),
        ({"grafana": "exited"}, ["grafana"], ["start grafana"]),
        ({}, ["grafana", "prometheus"], ["create prometheus", "create grafana"]),
        ({"node": "exited"}, ["grafana"], ["create grafana"]),
        # What it has loaded is not known, but a start loads everything.
        ({"prometheus": "running"}, ["prometheus"], []),
        ({}, [], []),
        ({}, ["unknown"], []),
    ],
)
def test_start_touches_only_what_does_not_run(
    states: dict[str, str], names: list[str], done: list[str], state: State, runtime: Pretended
) -> None:
    runtime.states = dict(states)
    started = start(runtime, live(state), names)
    assert runtime.done == done
    assert list(started) == [step.split()[1] for step in done]


def test_stop_waits_only_for_what_runs(state: State, runtime: Pretended) -> None:
    runtime.states = {"prometheus": "running", "grafana": "exited", "node": "running"}
    stop_fully(runtime, live(state), ["node", "grafana", "prometheus"])
    assert runtime.done == ["remove node", "remove prometheus"]
    stop_fully(runtime, live(state), ["grafana"])
    assert runtime.done == ["remove node", "remove prometheus"]


# -- a folder that was moved --------------------------------------------------------------------------------


def test_state_is_reachable_where_it_was_while_servers_stop(state: State, tmp_path: Path) -> None:
    live(state)
    former = tmp_path / "old" / ".stackctl"
    with former_place(state, former, "native"):
        assert former.resolve() == state.root
    assert not former.parent.exists()


def test_folder_that_exists_stays_without_the_link(state: State, tmp_path: Path) -> None:
    live(state)
    former = tmp_path / "old" / ".stackctl"
    former.parent.mkdir()
    with former_place(state, former, "native"):
        assert former.is_symlink()
    assert list((tmp_path / "old").iterdir()) == []


def test_link_goes_when_the_stop_fails(state: State, tmp_path: Path) -> None:
    live(state)
    former = tmp_path / "old" / ".stackctl"
    with pytest.raises(Unavailable), former_place(state, former, "native"):
        raise Unavailable.of("unit.exited", "it does not stop")
    assert not former.parent.exists()


@pytest.mark.parametrize("runtime", ["docker", "", "podman"])
def test_former_place_is_of_no_use_to_containers(runtime: str, state: State, tmp_path: Path) -> None:
    with former_place(state, tmp_path / "old" / ".stackctl", runtime):
        assert not (tmp_path / "old").exists()


def test_former_place_of_something_else_is_left_alone(state: State, tmp_path: Path) -> None:
    former = tmp_path / "old" / ".stackctl"
    former.mkdir(parents=True)
    (former / "home.json").write_text("another")
    with former_place(state, former, "native"):
        assert not former.is_symlink()
    assert (former / "home.json").read_text() == "another"


def test_former_place_without_its_parent_is_not_made(state: State, tmp_path: Path) -> None:
    with former_place(state, tmp_path / "gone" / "old" / ".stackctl", "native"):
        assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("is_own", [True, False])
def test_only_a_link_to_this_state_is_removed(is_own: bool, state: State, tmp_path: Path) -> None:
    live(state)
    former = tmp_path / "old" / ".stackctl"
    former.parent.mkdir()
    former.symlink_to(state.root if is_own else tmp_path)
    (state.root / "home.json").write_bytes(Home("id", str(former), 1.0).dump())
    remove_former_place(state)
    assert former.parent.exists() is not is_own


def test_restart_of_a_moved_stack_starts_what_was_stopped_and_settles(
    state: State, manifest: Path, runtime: Pretended, progress: Noted
) -> None:
    live(state)
    runtime.states = {"prometheus": "running"}
    entry = Entry("move", 1.0, "native", "shop", stopped=("grafana", "prometheus"))
    state.begin(entry)
    assert restart(manifest, state, entry, progress) == "grafana restarted"
    assert state.intent() is None
    assert state.place() == "here"
    assert restart(manifest, state, entry, progress) == "nothing restarted"


# -- undoing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), Unavailable.of("unit.exited", "away"), ValueError("bug")])
def test_failure_is_undone_and_raised(failure: BaseException, state: State, progress: Noted) -> None:
    undone: list[str] = []
    with pytest.raises(type(failure)), undone_on_failure(state, lambda: undone.append("yes"), progress):
        raise failure
    assert undone == ["yes"]
    assert progress.lines == []


def test_success_is_not_undone(state: State, progress: Noted) -> None:
    with undone_on_failure(state, lambda: pytest.fail("nothing has failed"), progress):
        pass


def test_undo_that_fails_is_left_to_the_next_command(state: State, progress: Noted) -> None:
    def undo() -> None:
        raise Unavailable.of("unit.exited", "grafana does not start")

    with pytest.raises(KeyboardInterrupt), undone_on_failure(state, undo, progress):
        raise KeyboardInterrupt
    assert progress.lines == ["! grafana does not start: the next command tries again to undo what was done"]


def test_full_disk_is_undone_and_explained(state: State, progress: Noted) -> None:
    undone: list[str] = []
    with (
        pytest.raises(Unavailable, match="No space left"),
        undone_on_failure(state, lambda: undone.append("yes"), progress),
    ):
        raise OSError(28, "No space left on device")


def test_names_are_listed_in_order() -> None:
    assert listed({"prometheus", "grafana"}) == "grafana, prometheus"
