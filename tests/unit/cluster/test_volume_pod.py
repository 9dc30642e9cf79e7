"""Data next to a server arrives whole or not at all, and a switch that was killed is finished by the next one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from stackctl.cluster import volume_pod

TOKEN = "5f3a"
OLD = {"wal/0": "old", "lock": "", "queries": "old"}
NEW = {"01/index": "new", "wal/0": "new", "queries": "new"}


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "data"
    (folder / "lost+found").mkdir(parents=True)
    monkeypatch.setattr(volume_pod, "DATA", folder)
    return folder


def fill(folder: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def found(folder: Path) -> dict[str, str]:
    return {each.relative_to(folder).as_posix(): each.read_text() for each in folder.rglob("*") if each.is_file()}


def sent(monkeypatch: pytest.MonkeyPatch, folder: str = "") -> bytes:
    out = io.BytesIO()
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=out))
    volume_pod.read(folder)
    return out.getvalue()


def receive(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    volume_pod.write(TOKEN)


def stage(data: Path) -> None:
    fill(data, OLD)
    fill(data / f"{volume_pod.STAGED}{TOKEN}" / "new", NEW)


def test_files_that_were_read_are_staged_as_they_were(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(data, NEW)
    (data / "queries").chmod(0o640)
    (data / "link").symlink_to("/etc/passwd")
    content = sent(monkeypatch)
    receive(monkeypatch, content)
    staged = data / f"{volume_pod.STAGED}{TOKEN}" / "new"
    assert found(staged) == NEW
    assert (staged / "queries").stat().st_mode & 0o777 == 0o640
    assert sent(monkeypatch) == content  # what is staged is no data


def test_one_folder_is_read_alone(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(data, {"snapshots/a/01/index": "x", "other": "y"})
    content = sent(monkeypatch, "snapshots/a")
    assert b'"path": "01/index"' in content
    assert b"other" not in content
    with pytest.raises(FileNotFoundError):
        sent(monkeypatch, "snapshots/b")


@pytest.mark.usefixtures("data")
@pytest.mark.parametrize("end", [-1, -80, 40])
def test_data_that_was_cut_off_is_an_error(data: Path, end: int, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(data, NEW)
    content = sent(monkeypatch)
    with pytest.raises(ValueError, match=r"has not arrived whole|ended before its end|Expecting value|Unterminated"):
        receive(monkeypatch, content[:end] if end != -1 else content.replace(b"new", b"odd"))


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/tmp/x"])
@pytest.mark.usefixtures("data")
def test_path_outside_of_the_data_is_not_written(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValueError, match="not a path of the data"):
        receive(monkeypatch, volume_pod._line({"path": path, "size": 0, "mode": 0o600}))


class Killed(BaseException):
    """The end of the program, at a step."""


def steps(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Kill the program at each of its steps on the disk, until it has no more of them."""
    left, is_over = [0], [False]

    def counted(step: object) -> object:
        def run(*arguments: object, **more: object) -> object:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            return step(*arguments, **more)  # type: ignore[operator]

        return run

    for number in range(100):
        if is_over[0]:
            return
        with monkeypatch.context() as patched:
            for name in ("rename", "touch", "mkdir"):
                patched.setattr(Path, name, counted(getattr(Path, name)))
            patched.setattr(volume_pod.shutil, "rmtree", counted(volume_pod.shutil.rmtree))
            left[0] = number
            try:
                volume_pod.switch(TOKEN)
                is_over[0] = True
            except Killed:
                pass
        yield number
    raise AssertionError("it never ends")


def test_switch_killed_at_any_step_is_finished_by_the_next(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tried = 0
    stage(data)
    for _ in steps(monkeypatch):
        volume_pod.switch(TOKEN)
        assert found(data) == NEW
        assert sorted(each.name for each in data.iterdir()) == ["01", "lost+found", "queries", "wal"]
        for each in ("01", "wal"):
            volume_pod.shutil.rmtree(data / each)
        (data / "queries").unlink()
        stage(data)
        tried += 1
    assert tried > 8


def test_switch_without_staged_data_changes_nothing(data: Path) -> None:
    fill(data, OLD)
    volume_pod.switch(TOKEN)
    assert found(data) == OLD


def test_drop_leaves_the_data(data: Path) -> None:
    stage(data)
    volume_pod.drop()
    assert found(data) == OLD


def test_error_is_one_line_and_an_exit_code(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    volume_pod.main(["list", "snapshots"])
    assert out.getvalue() == "[]"
    with pytest.raises(SystemExit, match="No such file"):
        volume_pod.main(["remove", "snapshots/a"])
    fill(data, {"snapshots/a/x": ""})
    volume_pod.main(["remove", "snapshots/a"])
    assert not (data / "snapshots" / "a").exists()
