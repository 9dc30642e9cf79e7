"""Data in a folder: what is there, who uses it, and that reading it changes nothing."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.runtimes import found_data
from stackctl.runtimes.found_data import is_folder, named, read, survey, user_of
from stackctl.wait import wait_until


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "01ABC").mkdir(parents=True)
    (folder / "01ABC" / "meta.json").write_text('{"version": 1}')
    (folder / "lock").write_text("")
    (folder / "link").symlink_to("/etc/passwd")
    return folder


def test_survey_finds_blocks_and_size(data: Path) -> None:
    found = survey(data)
    assert (found.names, found.size, found.used_by) == ({"01ABC", "lock", "link"}, 14, "")
    assert found.blocks == {"01ABC": '{"version": 1}'}


def test_read_yields_regular_files_only(data: Path) -> None:
    files = {file.path: file.content.read() for file in read(data)}
    assert files == {"01ABC/meta.json": b'{"version": 1}', "lock": b""}


def test_process_with_an_open_file_uses_the_folder(data: Path) -> None:
    code = "import sys; f = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", code, str(data / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert user_of(data).startswith(f"process {process.pid} (")
        process.communicate()
    assert user_of(data) == ""


def test_process_that_is_started_with_the_folder_uses_it(data: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", f"--storage.path={data}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        # A process that was just started has no command line for a moment.
        user = wait_until(lambda: user_of(data), bool, 10, what="the process to be seen")
        assert user.startswith(f"process {process.pid} (")
        process.communicate()


def test_held_lock_is_in_use_where_processes_cannot_be_seen(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(found_data, "_PROCESSES", tmp_path / "nothing")
    with (data / "lock").open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert "holds its lock" in user_of(data)
    assert user_of(data) == ""


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as caught:
        survey(tmp_path / "none")
    assert caught.value.problems[0].cause == "It does not exist."


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads all")
def test_unreadable_file_is_refused_with_its_owner(data: Path) -> None:
    (data / "lock").chmod(0)
    with pytest.raises(Unavailable) as caught:
        survey(data)
    assert f"(of user {os.geteuid()})" in caught.value.problems[0].cause


@pytest.mark.parametrize(("source", "words"), [("shop_data", "the volume shop_data"), ("./a", "the folder ./a")])
def test_path_is_a_folder_and_a_name_a_volume(source: str, words: str) -> None:
    assert (named(source), is_folder(source)) == (words, "/" in source)
