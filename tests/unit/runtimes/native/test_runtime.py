"""The native runtime: data of units, what a unit lacks, and what is in the way of its port."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stackctl.errors import Unavailable
from stackctl.runtimes.native import runtime as native
from stackctl.runtimes.native.runtime import Native
from stackctl.runtimes.protocol import DataFile
from stackctl.tree import Unit

PROMETHEUS = Unit("prometheus", address="127.0.0.1:9090", tool="prometheus")


@pytest.fixture
def runtime(tmp_path: Path) -> Native:
    (tmp_path / ".stackctl").mkdir()
    return Native(tmp_path / ".stackctl")


def data(runtime: Native, unit: str) -> dict[str, bytes]:
    return {file.path: file.content.read() for file in runtime.read_data(unit)}


def write(runtime: Native, unit: str, **files: str) -> None:
    runtime.write_data(
        unit,
        (DataFile(path.replace("__", "/"), len(text), 0o640, BytesIO(text.encode())) for path, text in files.items()),
    )


# -- data ---------------------------------------------------------------------------------------------------


def test_data_that_is_written_is_read_again(runtime: Native) -> None:
    runtime.set_aside("prometheus", "ab")
    write(runtime, "prometheus", wal="1", chunks__a="2")
    assert data(runtime, "prometheus") == {"wal": b"1", "chunks/a": b"2"}
    root = runtime.folder / "data" / "prometheus"
    assert [path.stat().st_mode & 0o777 for path in (root, root / "chunks", root / "wal")] == [0o700, 0o700, 0o640]


def test_links_are_not_data(runtime: Native, tmp_path: Path) -> None:
    runtime.set_aside("prometheus", "ab")
    write(runtime, "prometheus", wal="1")
    (runtime.folder / "data" / "prometheus" / "link").symlink_to(tmp_path / "secret")
    assert list(data(runtime, "prometheus")) == ["wal"]


def test_old_data_comes_back_however_often_it_is_put_back(runtime: Native) -> None:
    runtime.set_aside("prometheus", "ab")  # there is nothing yet
    write(runtime, "prometheus", old="1")
    for _ in range(2):
        runtime.set_aside("prometheus", "ab")
    write(runtime, "prometheus", new="2")
    runtime.set_aside("prometheus", "ab")  # what is aside already is not replaced by what is new
    for _ in range(2):
        runtime.put_back("prometheus", "ab")
    assert data(runtime, "prometheus") == {"old": b"1"}


def test_data_aside_is_of_its_token_and_is_removed_once(runtime: Native) -> None:
    runtime.set_aside("prometheus", "ab")
    write(runtime, "prometheus", old="1")
    runtime.set_aside("prometheus", "ab")
    write(runtime, "prometheus", new="2")
    runtime.put_back("prometheus", "cd")
    assert runtime.existing_data() == ("prometheus",)
    for _ in range(2):
        runtime.drop_aside("prometheus", "ab")
    runtime.put_back("prometheus", "ab")
    assert data(runtime, "prometheus") == {"new": b"2"}


def test_only_data_that_was_added_is_removed(runtime: Native) -> None:
    for name in ("prometheus", "grafana"):
        (runtime.folder / "data" / name).mkdir(parents=True)
    runtime.remove_other_data(("grafana",))
    assert runtime.existing_data() == ("grafana",)
    runtime.remove_other_data(())
    assert not (runtime.folder / "data").exists()
    runtime.remove_other_data(())


def test_folder_of_data_can_be_listed_and_removed(runtime: Native) -> None:
    (runtime.folder / "data" / "prometheus" / "snapshots" / "one").mkdir(parents=True)
    assert runtime.folders("prometheus", "snapshots") == ("one",)
    runtime.remove_data("prometheus", "snapshots/one")
    assert runtime.folders("prometheus", "snapshots") == ()
    assert runtime.folders("grafana", "snapshots") == ()


# -- what is in the way -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        (Unit("api", command=("/bin/api",)), ""),
        (Unit("mine", address="127.0.0.1:9"), "it has no `program`, which the native runtime needs"),
        (Unit("loki"), "it is a container, which the native runtime cannot run"),
    ],
)
def test_unit_without_a_program_says_what_it_lacks(unit: Unit, reason: str) -> None:
    assert native._lacking(unit) == reason


def test_missing_tool_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise Unavailable.of("tool.missing", "prometheus is not installed", remedy="Run `stackctl tools install`.")

    monkeypatch.setattr("stackctl.tools.require_recent", missing)
    assert native._lacking(PROMETHEUS) == "prometheus is not installed. Run `stackctl tools install`."


class Holder(SimpleNamespace):
    def __str__(self) -> str:
        return f"process {self.pid}"


@pytest.mark.parametrize(
    ("is_taken", "holder", "own", "summary"),
    [
        (True, Holder(pid=7, container=""), {1}, "prometheus cannot listen on 127.0.0.1:9090: process 7 uses it"),
        (True, Holder(pid=7, container=""), {7}, None),
        # Another user's process is not named. It may be one of this stack, which runs.
        (True, Holder(pid=0, container=""), {7}, None),
        (True, Holder(pid=0, container=""), set(), "prometheus cannot listen on 127.0.0.1:9090: process 0 uses it"),
        (True, Holder(pid=0, container="db"), {7}, "prometheus cannot listen on 127.0.0.1:9090: process 0 uses it"),
        (False, Holder(pid=0, container=""), {7}, "prometheus cannot listen on 127.0.0.1:9090: Permission denied"),
    ],
)
def test_port_of_an_earlier_process_of_the_stack_is_no_obstacle(
    is_taken: bool, holder: Any, own: set[int], summary: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stackctl.runtimes.ports.refusal", lambda _: OSError(13, "Permission denied"))
    monkeypatch.setattr("stackctl.runtimes.ports.is_taken", lambda _: is_taken)
    monkeypatch.setattr("stackctl.runtimes.ports.holder", lambda _: holder)
    found = native._obstacle(PROMETHEUS, own)
    assert (found.summary if found else None) == summary


@pytest.mark.parametrize(
    ("code", "words"), [(1, "exited with code 1"), (-9, "killed by SIGKILL"), (0, "exited with code 0")]
)
def test_end_of_a_process_is_said_in_words(code: int, words: str) -> None:
    assert native._words(code) == words


def test_unit_whose_pid_file_is_damaged_has_exited(runtime: Native) -> None:
    (runtime.folder / "pids").mkdir(parents=True)
    (runtime.folder / "pids" / "node.pid").write_text("damaged")
    (found,) = runtime.observe()
    assert (found.name, found.state, found.detail) == ("node", "exited", "left no trace of its process")


# -- commands -----------------------------------------------------------------------------------------------


def test_line_for_a_shell_is_quoted_and_reads_a_file_of_the_tree(
    runtime: Native, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = SimpleNamespace(path=Path("/opt/my tools/grafana"), home=Path("/opt/graf ana"))
    monkeypatch.setattr("stackctl.tools.locate", lambda _: tool)
    unit = Unit("grafana", tool="grafana", env={"GF_PATHS_DATA": "{data}", "GF_LOG": "x"})
    line = runtime.in_shell(unit, ["grafana", "cli", "--homepath={home}"], "secrets/grafana/admin_password")
    root = runtime.folder
    assert line == (
        f"GF_PATHS_DATA={root}/data/grafana '/opt/my tools/grafana' cli '--homepath=/opt/graf ana'"
        f" < {root}/live/current/secrets/grafana/admin_password"
    )


def test_dollar_in_the_path_of_the_tree_is_not_a_variable(tmp_path: Path) -> None:
    runtime = Native(tmp_path / "a$b" / ".stackctl")
    places = runtime._places(Unit("prometheus"), None)
    assert "$b" in places["{tree}"]
    assert "$b" not in places["{expanded_tree}"]
    assert "{home}" not in places


def test_large_log_is_kept_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "_LOG_BYTES", 3)
    log = tmp_path / "node.log"
    native._rotate(log)
    for text, kept in (("abc", None), ("abcd", "abcd"), ("efghi", "efghi")):
        log.write_text(text)
        native._rotate(log)
        old = tmp_path / "node.log.1"
        assert (old.read_text() if old.exists() else None) == kept
