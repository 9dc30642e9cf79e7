"""Taking a stack down, whatever is left of its files."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from stackctl.errors import Unavailable
from stackctl.operations.down import TakenDown, take_down
from stackctl.state import Entry, Running, State
from tests.unit.operations.pretended import Noted, Pretended, live


@pytest.fixture
def runtimes(monkeypatch: pytest.MonkeyPatch) -> dict[str, Pretended]:
    done: list[str] = []
    made = {name: Pretended(name, done=done) for name in ("docker", "native")}
    monkeypatch.setattr("stackctl.runtimes.select.reopen_runtime", lambda name, *_, **__: made[name])
    return made


def test_stack_without_a_state_is_stopped_and_leaves_none(
    manifest: Path, state: State, runtimes: dict[str, Pretended], progress: Noted
) -> None:
    runtimes["native"].states = {"prometheus": "running"}
    assert take_down(manifest, progress, volumes=False) == TakenDown(("prometheus",))
    assert not state.root.exists()


def test_what_is_left_alone_is_named(
    manifest: Path, state: State, runtimes: dict[str, Pretended], progress: Noted
) -> None:
    made = live(state)
    state.record(Running("native", made.id))
    runtimes["native"].states = {"prometheus": "running"}
    runtimes["native"].others_at = (Path("/srv/shop"),)
    runtimes["docker"].volumes_of = ("shop_prometheus",)
    assert take_down(manifest, progress, volumes=False) == TakenDown(("prometheus",), (Path("/srv/shop"),))
    found = take_down(manifest, progress, volumes=True)
    assert found == TakenDown((), (Path("/srv/shop"),), ("shop_prometheus",))
    assert (state.running(), state.intent()) == (None, None)


def test_runtime_that_does_not_answer_leaves_the_rest_in_the_journal(
    manifest: Path, state: State, runtimes: dict[str, Pretended], progress: Noted
) -> None:
    live(state)
    runtimes["native"].fails = Unavailable.of("unit.exited", "it does not end")
    with pytest.raises(Unavailable, match="it does not end"):
        take_down(manifest, progress, volumes=True)
    entry = state.intent()
    assert entry is not None
    assert (entry.operation, entry.volumes) == ("down", True)


def test_copy_of_a_folder_becomes_a_stack_of_its_own(
    manifest: Path, state: State, runtimes: dict[str, Pretended], progress: Noted, tmp_path: Path
) -> None:
    made = live(state)
    state.record(Running("native", made.id))
    with state.lock():
        state.settle()
    copytree(manifest.parent, tmp_path / "copy", symlinks=True)
    take_down(tmp_path / "copy" / "stack.yml", progress, volumes=False)
    copy = State(tmp_path / "copy" / ".stackctl")
    assert copy.home().id != state.home().id
    assert (copy.place(), state.place()) == ("here", "here")
    assert (copy.running(), state.running()) == (None, Running("native", made.id))


@pytest.mark.parametrize(
    ("in_place", "done", "said"),
    [
        (False, "put back prometheus ab", "the interrupted `restore` was undone first"),
        (True, "drop prometheus ab", "the interrupted `restore` was finished first"),
    ],
)
def test_data_of_an_interrupted_restore_is_put_in_order_first(
    in_place: bool, done: str, said: str,
    manifest: Path, state: State, runtimes: dict[str, Pretended], progress: Noted,
) -> None:  # fmt: skip
    old, new = live(state, "old"), live(state, "new")
    state.begin(
        Entry(
            "restore", 1.0, "native", "shop", before=old.id, going_to=new.id, stopped=("prometheus",), token="ab",
            aside=("prometheus",), in_place=in_place,
        )
    )  # fmt: skip
    take_down(manifest, progress, volumes=False)
    assert done in runtimes["native"].done
    assert "create prometheus" not in runtimes["native"].done
    assert progress.lines == [said]
    assert state.intent() is None


def test_data_that_is_removed_anyway_is_not_put_in_order(
    manifest: Path, state: State, runtimes: dict[str, Pretended], progress: Noted
) -> None:
    made = live(state)
    state.begin(Entry("restore", 1.0, "native", "shop", going_to=made.id, token="ab", aside=("prometheus",)))
    take_down(manifest, progress, volumes=True)
    assert runtimes["native"].done == ["stop in native with data"]


def test_restore_that_cannot_be_undone_stays_and_the_stack_is_stopped(
    manifest: Path, state: State, runtimes: dict[str, Pretended], progress: Noted
) -> None:
    old, new = live(state, "old"), live(state, "new")
    entry = Entry(
        "restore", 1.0, "native", "shop", before=old.id, going_to=new.id, stopped=("node",), token="ab", aside=("node",)
    )
    state.begin(entry)

    def refuse(*_: object) -> None:
        raise Unavailable.of("file.cannot-write", "the disk fails")

    runtimes["native"].put_back = refuse  # type: ignore[method-assign]
    take_down(manifest, progress, volumes=False)
    assert runtimes["native"].done.count("stop in native") == 2
    left = state.intent()
    assert left is not None
    assert (left.operation, left.aside, left.stopped) == ("restore", ("node",), ())
    assert progress.lines == ["! the interrupted `restore` stays as it is: the disk fails"]
