"""Restoring a backup: what is refused before anything stops, and what is put in place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from stackctl.backup import Label, pack
from stackctl.errors import InputError, Unavailable
from stackctl.operations.restore import bring_back
from stackctl.runtimes.protocol import DataFile
from stackctl.runtimes.select import Choice
from stackctl.state import State
from tests.unit.operations.pretended import Noted, Pretended

SHOP = "version: 1\nname: shop\nservices: {api: {targets: ['127.0.0.1:8000']}}\n"
LABEL = Label("shop", "native", "2026-01-02T03:04:05+00:00", ("prometheus", "grafana"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A backup of Prometheus, and of a Grafana that the stack has no more."""
    path = tmp_path / "shop.tar.gz"
    data = [(unit, DataFile("a", 1, 0o600, BytesIO(b"x"))) for unit in LABEL.units]
    with path.open("wb") as out:
        pack(out, LABEL, data)
    return path


@pytest.fixture
def machine(manifest: Path, runtime: Pretended, monkeypatch: pytest.MonkeyPatch) -> Pretended:
    manifest.write_text(SHOP)
    monkeypatch.setattr("stackctl.runtimes.select.choose", lambda *_, **__: Choice(runtime, "asked for"))  # type: ignore[arg-type]
    monkeypatch.setattr("stackctl.runtimes.ready.wait_ready", lambda *_: None)

    def write_data(unit: str, files: Iterable[DataFile]) -> None:
        runtime.done.append(f"write {unit}: {', '.join(file.path for file in files)}")

    more: Any = runtime
    more.validate = lambda *_: []
    more.existing_data = lambda: ("data",)
    more.set_aside = lambda unit, _: runtime.done.append(f"set aside {unit}")
    more.write_data = write_data
    return runtime


def restored(manifest: Path, file: Path, progress: Noted, *, force: bool = False) -> Label:
    return bring_back(manifest, file, "auto", progress, force=force, deadline_seconds=10)


def test_backup_of_a_cluster_goes_to_the_runtime_of_this_machine(
    manifest: Path, file: Path, machine: Pretended, progress: Noted, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def choose(name: str, *_: object, **__: object) -> Choice:
        asked.append(name)
        return Choice(machine, "asked for")  # type: ignore[arg-type]

    monkeypatch.setattr("stackctl.runtimes.select.choose", choose)
    with file.open("wb") as out:
        pack(out, replace(LABEL, runtime="kubernetes"), [])
    restored(manifest, file, progress)
    assert asked == ["auto"]


def test_data_is_put_in_place_before_the_old_is_removed(
    manifest: Path, file: Path, state: State, machine: Pretended, progress: Noted
) -> None:
    assert restored(manifest, file, progress) == LABEL
    assert [" ".join(each.split()[:2]).rstrip(":") for each in machine.done] == [
        "set aside",
        "write prometheus",
        "drop prometheus",
    ]
    assert progress.lines == ["restoring prometheus", "! left out grafana: this stack has none"]
    assert (state.intent(), state.running()) == (None, None)
    assert state.home().runtime == "native"


def test_stack_that_ran_is_stopped_first_and_runs_again(
    manifest: Path, file: Path, state: State, machine: Pretended, progress: Noted
) -> None:
    machine.states = {"prometheus": "running", "node": "exited"}
    restored(manifest, file, progress, force=True)
    assert machine.done[0] == "stop in native"
    assert machine.done[-1] == "create prometheus"


def test_running_stack_needs_force(
    manifest: Path, file: Path, state: State, machine: Pretended, progress: Noted
) -> None:
    machine.states = {"prometheus": "running", "grafana": "paused", "node": "exited"}
    with pytest.raises(InputError, match=r"the stack is running, .* its data: grafana, prometheus"):
        restored(manifest, file, progress)
    assert (machine.done, state.generations(), state.intent()) == ([], (), None)


def test_unit_that_could_not_start_again_stops_nothing(
    manifest: Path, file: Path, state: State, machine: Pretended, progress: Noted
) -> None:
    machine.lacking = {"prometheus": "no image"}
    with pytest.raises(Unavailable, match="prometheus cannot run: no image"):
        restored(manifest, file, progress)
    assert (machine.done, state.generations(), state.intent()) == ([], (), None)


@pytest.mark.parametrize("failure", [Unavailable.of("disk.full", "no space left"), KeyboardInterrupt()])
def test_old_data_is_put_back_when_the_new_does_not_fit(
    failure: BaseException, manifest: Path, file: Path, state: State, machine: Pretended, progress: Noted
) -> None:
    def fail(*_: object) -> None:
        raise failure

    machine.write_data = fail  # type: ignore[attr-defined]
    with pytest.raises(type(failure)):
        restored(manifest, file, progress)
    assert [each.split()[0] for each in machine.done] == ["set", "put", "remove"]
    assert (state.intent(), state.current(), state.generations()) == (None, None, ())


def test_file_that_is_not_a_backup_leaves_no_trace(
    manifest: Path, state: State, machine: Pretended, progress: Noted, tmp_path: Path
) -> None:
    (tmp_path / "other.tar.gz").write_bytes(b"nothing of the kind")
    with pytest.raises(InputError):
        restored(manifest, tmp_path / "other.tar.gz", progress)
    assert not state.root.exists()


def test_wrong_manifest_leaves_no_trace(
    manifest: Path, file: Path, state: State, machine: Pretended, progress: Noted
) -> None:
    manifest.write_text("version: 7\n")
    with pytest.raises(InputError):
        restored(manifest, file, progress)
    assert not state.root.exists()
