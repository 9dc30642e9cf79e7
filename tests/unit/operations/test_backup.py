"""Taking a backup: what has to run for it, and in which order servers stand still."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from stackctl.errors import InputError, Unavailable
from stackctl.operations import backup
from stackctl.operations.backup import back_up
from stackctl.runtimes.http import Answer
from stackctl.runtimes.protocol import DataFile
from stackctl.state import Running, State
from stackctl.tree import Unit
from tests.unit.operations.pretended import Noted, Pretended, tree

UNITS = (
    Unit("prometheus", image="prom:3", address="127.0.0.1:9090", spec="p"),
    Unit("grafana", image="graf:1", spec="g"),
    Unit("node", image="node:1", spec="n"),  # it has no data
)


@pytest.fixture
def running(state: State, runtime: Pretended, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    """A stack that runs, whose units have one file of data each."""
    made = state.write(tree(units=UNITS))
    state.switch(made)
    state.record(Running("native", made.id))
    runtime.states = {unit.name: "running" for unit in UNITS}

    def read_data(unit: str, folder: str = "") -> Iterator[DataFile]:
        runtime.done.append(f"read {unit}{f'/{folder}' if folder else ''}")
        yield DataFile("file", 1, 0o600, BytesIO(b"x"))

    runtime.read_data = read_data  # type: ignore[attr-defined]
    monkeypatch.setattr(backup, "make_snapshot", lambda *_: "20260102T030405Z-1a")
    monkeypatch.setattr("stackctl.runtimes.http.is_ready", lambda *_: Answer(200, "ready"))
    monkeypatch.setattr("stackctl.runtimes.ready.wait_ready", lambda *_: None)
    return runtime


def refusal(manifest: Path, file: Path) -> list[tuple[str, str]]:
    with pytest.raises((Unavailable, InputError)) as refused:
        back_up(manifest, file, Noted())
    assert not file.exists()
    return [(each.code, each.summary) for each in refused.value.problems]


def test_servers_stand_still_one_after_the_other(
    manifest: Path, state: State, running: Pretended, tmp_path: Path
) -> None:
    label = back_up(manifest, tmp_path / "shop.tar.gz", Noted())
    assert (label.stack, label.units) == ("shop", ("prometheus", "grafana"))
    assert running.done == [
        "read prometheus/snapshots/20260102T030405Z-1a",
        "remove prometheus/snapshots/20260102T030405Z-1a",
        "remove grafana",
        "read grafana",
        "create grafana",
    ]
    assert state.intent() is None
    with tarfile.open(tmp_path / "shop.tar.gz") as archive:
        assert any(name.endswith("grafana/file") for name in archive.getnames())
    assert (tmp_path / "shop.tar.gz").stat().st_mode & 0o777 == 0o600


def test_failure_starts_again_what_was_stopped(
    manifest: Path, state: State, running: Pretended, tmp_path: Path
) -> None:
    reading: Any = running.read_data  # type: ignore[attr-defined]

    def fail(unit: str, folder: str = "") -> Iterator[DataFile]:
        if unit == "grafana":
            raise Unavailable.of("docker.unavailable", "Docker does not answer")
        yield from reading(unit, folder)

    running.read_data = fail  # type: ignore[attr-defined]
    assert refusal(manifest, tmp_path / "shop.tar.gz") == [("docker.unavailable", "Docker does not answer")]
    assert running.states["grafana"] == "running"
    assert [path.name for path in tmp_path.iterdir()] == ["shop"]
    assert state.intent() is None


def test_server_that_has_ended_is_named_unless_it_was_left_out(
    manifest: Path, state: State, running: Pretended, tmp_path: Path
) -> None:
    del running.states["grafana"]
    file = tmp_path / "shop.tar.gz"
    words = "grafana is not running, so its data would be missing"
    assert refusal(manifest, file) == [("backup.incomplete", words)]
    current = state.current()
    assert current is not None
    state.record(Running("native", current.id, {"grafana": "left out"}))
    assert back_up(manifest, file, Noted()).units == ("prometheus",)
    file.unlink()
    running.states["grafana"] = "exited"
    assert refusal(manifest, file) == [("backup.incomplete", words)]


def test_prometheus_has_to_run_and_to_answer(
    manifest: Path, running: Pretended, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "shop.tar.gz"
    monkeypatch.setattr("stackctl.runtimes.http.is_ready", lambda *_: Answer(503, "starting"))
    assert refusal(manifest, file)[0][1].startswith("Prometheus does not answer at 127.0.0.1:9090")
    running.states["prometheus"] = "exited"
    assert refusal(manifest, file)[0][1].startswith("Prometheus is not running")
    assert running.done == []


def test_stack_that_does_not_run_has_nothing_to_back_up(
    manifest: Path, state: State, runtime: Pretended, tmp_path: Path
) -> None:
    words = "the stack is not running, so there is nothing to back up"
    assert refusal(manifest, tmp_path / "a") == [("backup.not-running", words)]
    assert not state.root.exists()
    state.switch(state.write(tree(units=UNITS)))
    assert refusal(manifest, tmp_path / "a") == [("backup.not-running", words)]


@pytest.mark.parametrize(("folder", "words"), [("missing", "does not exist"), ("file", "is not a folder")])
def test_place_without_a_folder_is_refused_before_anything_stops(
    folder: str, words: str, manifest: Path, running: Pretended, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    place = tmp_path / folder / "shop.tar.gz"
    with pytest.raises(InputError, match=f"cannot write {place}: {place.parent} {words}"):
        back_up(manifest, place, Noted())
    assert running.done == []
