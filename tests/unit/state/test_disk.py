"""A file appears with its whole content or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from stackctl.errors import InputError, StackctlError, Unavailable
from stackctl.state import disk


def test_file_is_written_with_its_mode(tmp_path: Path) -> None:
    disk.write_file(tmp_path / "a", b"content", 0o640)
    assert (tmp_path / "a").read_bytes() == b"content"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    disk.write_file(tmp_path / "a", b"old", 0o600)
    with pytest.raises(ZeroDivisionError), disk.replacing(tmp_path / "a", 0o600) as file:
        file.write(b"half" * (1 // 0))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a", b"old")]


def test_link_changes_its_target_in_one_step(tmp_path: Path) -> None:
    for target in ("one", "two"):
        disk.point(tmp_path / "link", target)
        assert (tmp_path / "link").readlink() == Path(target)


def test_removes_what_a_killed_process_has_left(tmp_path: Path) -> None:
    (tmp_path / f"{disk.TEMPORARY}folder" / "x").mkdir(parents=True)
    (tmp_path / f"{disk.TEMPORARY}file").touch()
    (tmp_path / f"{disk.TEMPORARY}link").symlink_to(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    disk.remove_leftovers(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_folder_is_removed_whole(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    disk.remove_folder(tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.ENOSPC, Unavailable, "disk.full"),
        (errno.EROFS, InputError, "file.cannot-write"),
        (errno.EIO, Unavailable, "file.cannot-write"),
    ],
)
def test_error_of_the_system_becomes_one_with_a_remedy(number: int, kind: type[StackctlError], code: str) -> None:
    with pytest.raises(kind) as raised, disk.explained(Path("x")):
        raise OSError(number, os.strerror(number))
    assert raised.value.problems[0].code == code
    assert raised.value.problems[0].remedy
