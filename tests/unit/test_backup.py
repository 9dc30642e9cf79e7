"""A backup as a file: what was packed comes out again, and nothing else is ever taken for a backup."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from stackctl import backup
from stackctl.errors import InputError
from stackctl.runtimes.protocol import DataFile

LABEL = backup.Label("shop", "native", "2026-01-02T03:04:05+00:00", ("prometheus", "grafana"), {"stackctl": "1"})
FILES = {
    ("prometheus", "01ABC/chunks/000001"): b"samples" * 1000,
    ("prometheus", "01ABC/meta.json"): b"{}",
    ("grafana", "grafana.db"): b"",
}
Members = list[tuple[tarfile.TarInfo, bytes]]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "b.tar.gz"
    data = [(unit, DataFile(name, len(text), 0o640, io.BytesIO(text))) for (unit, name), text in FILES.items()]
    with path.open("wb") as out:
        backup.pack(out, LABEL, data)
    return path


def edit(path: Path, change: Callable[[Members], object]) -> None:
    """Write the archive anew, with other members and sound as an archive."""
    with tarfile.open(path) as archive:
        members = [(member, content.read()) for member in archive if (content := archive.extractfile(member))]
    change(members)
    with tarfile.open(path, "w:gz") as archive:
        for member, text in members:
            member.size = len(text) if member.isreg() else 0
            archive.addfile(member, io.BytesIO(text))


def add(name: str, kind: bytes = tarfile.REGTYPE) -> Callable[[Members], object]:
    """A change that puts one more member in, and into the index too, as who tampers with it would."""

    def change(members: Members) -> None:
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        index = json.loads(members[-1][1])
        index["files"][name] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        members[-1:] = [(member, b""), (members[-1][0], json.dumps(index).encode())]

    return change


def reword(**fields: object) -> Callable[[Members], object]:
    """A change of the index."""

    def change(members: Members) -> None:
        members[-1] = (members[-1][0], json.dumps({**json.loads(members[-1][1]), **fields}).encode())

    return change


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as refused:
        backup.verify(path)
    (problem,) = refused.value.problems
    assert problem.summary == f"{path} cannot be restored"
    assert "Nothing was changed" in problem.remedy
    return problem.cause


def unpacked(path: Path) -> dict[tuple[str, str], bytes]:
    return {(unit, each.path): each.content.read() for unit in LABEL.units for each in backup.contents(path, unit)}


def test_unpacks_what_was_packed(file: Path) -> None:
    assert backup.verify(file) == LABEL
    assert unpacked(file) == FILES
    assert {each.mode for each in backup.contents(file, "prometheus")} == {0o640}


def test_index_lists_every_file_with_its_checksum(file: Path) -> None:
    with tarfile.open(file) as archive:
        index = json.load(archive.extractfile(backup.INDEX) or io.BytesIO())
        assert set(index["files"]) == set(archive.getnames()) - {backup.INDEX}
    assert {len(sum) for sum in index["files"].values()} == {64}
    assert index["versions"] == {"stackctl": "1"}


def test_a_truncated_archive_is_refused_wherever_it_ends(file: Path) -> None:
    whole = file.read_bytes()
    for length in range(len(whole)):
        file.write_bytes(whole[:length])
        refusal(file)


def test_a_changed_byte_is_refused_unless_the_same_comes_out(file: Path) -> None:
    """gzip's header has a time, and zeros can be packed in several ways: neither says anything about the content."""
    whole = file.read_bytes()
    for place in range(len(whole)):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            assert backup.verify(file) == LABEL
        except InputError:
            continue
        assert unpacked(file) == FILES


def test_refuses_changed_content_by_its_checksum(file: Path) -> None:
    edit(file, lambda members: members.__setitem__(1, (members[1][0], b"[]")))
    assert "the checksum of data/prometheus/01ABC/meta.json differs" in refusal(file)


def test_refuses_a_missing_and_an_unlisted_file(file: Path) -> None:
    whole = file.read_bytes()
    edit(file, lambda members: members.pop(0))
    assert "data/prometheus/01ABC/chunks/000001" in refusal(file)
    file.write_bytes(whole)
    edit(file, lambda members: members.insert(0, (tarfile.TarInfo("data/grafana/x"), b"")))
    assert "data/grafana/x" in refusal(file)


@pytest.mark.parametrize(
    "name",
    [
        "data/prometheus/../../etc/cron",
        "/data/prometheus/x",
        "../x",
        "data/prometheus",
        "data/prometheus/",
        "data/prometheus//x",
        "data/prometheus/./x",
        "data/somebody/x",
        "data/../x",
        "other/prometheus/x",
        "x",
    ],
)
def test_a_path_that_leaves_the_data_is_refused(file: Path, name: str) -> None:
    edit(file, add(name))
    assert "It contains an unexpected file" in refusal(file) or name.endswith("/")


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_refuses_what_is_not_a_file(file: Path, kind: bytes) -> None:
    edit(file, add("data/prometheus/x", kind))
    assert "It contains an entry that is not a regular file: data/prometheus/x" in refusal(file)


def test_a_name_that_comes_twice_is_refused(file: Path) -> None:
    edit(file, lambda members: members.insert(1, members[0]))
    assert "data/prometheus/01ABC/chunks/000001" in refusal(file)


@pytest.mark.parametrize(
    "fields", [{"format": "stackctl-backup/2"}, {"files": []}, {"units": 1}, {"more": 1}, {"units": ["../x"]}]
)
def test_another_format_is_refused(file: Path, fields: dict[str, object]) -> None:
    edit(file, reword(**fields))
    assert "in format stackctl-backup/1" in refusal(file)


def test_refuses_what_is_not_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "x"
    refusal(path)
    path.write_bytes(b"something else")
    refusal(path)
    path.write_bytes(gzip.compress(bytes(10240)))
    assert "It has no backup.json" in refusal(path)
    refusal(tmp_path)


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file or directory") as caught:
        backup.verify(tmp_path / "nope.tgz")
    assert "damaged" not in str(caught.value)
