"""The data in a Docker volume: files in and out, and scripts that can be killed anywhere and run again."""

from __future__ import annotations

import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from stackctl.runtimes.docker.volume import DROP, PUT_BACK, SET_ASIDE, packed, unpacked
from stackctl.runtimes.protocol import DataFile


def archive(*members: tuple[str, bytes | None]) -> bytes:
    """A tar as Docker sends it; None is a folder."""
    out = BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, content in members:
            entry = tarfile.TarInfo(name)
            entry.mode = 0o4755
            if content is None:
                entry.type = tarfile.DIRTYPE
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, BytesIO(content))
        link = tarfile.TarInfo("data/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return out.getvalue()


@pytest.mark.parametrize("size", [1, 7, 512, 100_000])
def test_files_are_read_whatever_the_pieces_are(size: int) -> None:
    content = archive(("data", None), ("data/a", b"1" * 1000), ("data/b/c", b""), ("data/b/d", b"2"))
    pieces = (content[at : at + size] for at in range(0, len(content), size))
    found = [(file.path, file.content.read(), file.mode) for file in unpacked(pieces)]
    assert found == [("a", b"1" * 1000, 0o755), ("b/c", b"", 0o755), ("b/d", b"2", 0o755)]


def test_packed_files_belong_to_their_user_in_folders_of_their_own(tmp_path: Path) -> None:
    def files() -> Iterator[DataFile]:
        for path, mode in (("a/b/c", 0o400), ("a/d", 0o644), ("e", 0o644)):
            yield DataFile(path, 1, mode, BytesIO(b"x"))

    with packed(files(), 472, tmp_path) as out, tarfile.open(fileobj=out) as tar:
        found = [(each.name, each.isdir(), oct(each.mode), each.uid, each.gid) for each in tar]
    assert found == [
        ("a", True, "0o700", 472, 472),
        ("a/b", True, "0o700", 472, 472),
        ("a/b/c", False, "0o600", 472, 472),
        ("a/d", False, "0o644", 472, 472),
        ("e", False, "0o644", 472, 472),
    ]
    assert list(tmp_path.iterdir()) == []


# -- scripts ------------------------------------------------------------------------------------------------


def run(script: str, folder: Path) -> None:
    subprocess.run(["/bin/sh", "-ec", script, str(folder), "ab"], check=True)


def content(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """A volume with data, one file of which is hidden."""
    (tmp_path / "wal").mkdir()
    (tmp_path / "wal" / "1").write_text("old")
    (tmp_path / ".lock").write_text("")
    return tmp_path


def test_data_set_aside_comes_back_as_it_was(volume: Path) -> None:
    before = content(volume)
    for _ in range(2):
        run(SET_ASIDE, volume)
    assert [path.name for path in volume.iterdir()] == [".aside-ab"]
    (volume / "new").write_text("new")
    for _ in range(2):
        run(PUT_BACK, volume)
    assert content(volume) == before


def test_data_aside_is_removed_and_the_new_stays(volume: Path) -> None:
    run(SET_ASIDE, volume)
    (volume / "new").write_text("new")
    for _ in range(2):
        run(DROP, volume)
    run(PUT_BACK, volume)
    assert content(volume) == {"new": "new"}


@pytest.mark.parametrize("moved", [[], ["wal"], ["wal", ".lock"]])
def test_data_that_was_set_aside_in_part_is_whole_again(moved: list[str], volume: Path) -> None:
    before = content(volume)
    (volume / ".moving-ab").mkdir()
    for name in moved:
        (volume / name).rename(volume / ".moving-ab" / name)
    run(PUT_BACK, volume)
    assert content(volume) == before
    assert not (volume / ".moving-ab").exists()


@pytest.mark.parametrize("left", [["wal"], [".lock"], []])
def test_setting_aside_goes_on_where_it_was_killed(left: list[str], volume: Path) -> None:
    before = content(volume)
    (volume / ".moving-ab").mkdir()
    for name in {"wal", ".lock"} - set(left):
        (volume / name).rename(volume / ".moving-ab" / name)
    run(SET_ASIDE, volume)
    assert content(volume / ".aside-ab") == before


def test_removal_goes_on_where_it_was_killed(volume: Path) -> None:
    (volume / ".done-ab").mkdir()
    (volume / ".done-ab" / "half").write_text("old")
    run(DROP, volume)
    assert "half" not in str(content(volume))
