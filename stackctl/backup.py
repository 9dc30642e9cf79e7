"""A backup as a file: a tar.gz of the units' data, with an index that has the checksum of everything in it.

data/<unit>/...   the files
backup.json       the index, written last because only then all sums are known
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from stackctl.bounds.archive import unpacking
from stackctl.bounds.json_text import loads
from stackctl.components import registry
from stackctl.errors import InputError
from stackctl.runtimes.protocol import DataFile

FORMAT = "stackctl-backup/1"
INDEX = "backup.json"
_DATA = "data"
_PIECE_BYTES = 1 << 20
# A checksum takes a hundred bytes: a million files.
_INDEX_BYTES = 128 << 20
# Samples are compressed already; more effort than this costs time and wins nothing.
_COMPRESSION = 3


@dataclass(frozen=True)
class Label:
    """Description of a backup: stack, units, runtime, versions and time (UTC)."""

    stack: str
    runtime: str
    made_at: str
    units: tuple[str, ...]
    versions: Mapping[str, str] = field(default_factory=dict)


def pack(out: IO[bytes], label: Label, data: Iterable[tuple[str, DataFile]]) -> None:
    """Write the backup of `data`, files with the names of their units, to `out`."""
    sums: dict[str, str] = {}
    # Without a name of its own in the header: that would be the temporary one.
    packed = gzip.GzipFile("", "wb", _COMPRESSION, out)
    with packed, tarfile.open(fileobj=packed, mode="w") as archive:
        for unit, file in data:
            path, content = f"{_DATA}/{unit}/{file.path}", _Summed(file.content)
            archive.addfile(_entry(path, file.size, file.mode), content)
            sums[path] = content.sum()
        index = json.dumps({"format": FORMAT, **asdict(label), "files": sums}, indent=2).encode() + b"\n"
        archive.addfile(_entry(INDEX, len(index), 0o600), io.BytesIO(index))


def verify(path: Path) -> Label:
    """Return the label of the backup at `path`, after comparing every byte of it with its checksum.

    Raises InputError for what is damaged, incomplete, of another format, or would lead out of a unit's data.
    """
    index, sums = b"", dict[str, str]()
    with _explained(path):
        for name, content in _members(path):
            if name == INDEX:
                index = content.read(_INDEX_BYTES)
            elif name in sums or not _is_safe(name):
                raise _refusal(path, f"It contains an unexpected file: {name}")
            else:
                sums[name] = _sum(content)
    return _checked(path, index, sums)


def contents(path: Path, unit: str) -> Iterator[DataFile]:
    """The files of `unit` in the backup at `path`, which has been verified."""
    folder = f"{_DATA}/{unit}/"
    with _explained(path), unpacking(path) as archive:
        for member, content in archive:
            if content and member.name.startswith(folder):
                yield DataFile(member.name.removeprefix(folder), member.size, member.mode & 0o777, content)


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Every file in the archive, whose end has been reached and found whole after the last one."""
    with unpacking(path) as archive:
        for member, content in archive:
            if content is None:
                raise _refusal(path, f"It contains an entry that is not a regular file: {member.name}")
            yield member.name, content


def _checked(path: Path, index: bytes, sums: Mapping[str, str]) -> Label:
    label, expected = _read(index)
    if label is None:
        raise _refusal(path, f"It has no {INDEX} in format {FORMAT}.")
    changed = sorted(name for name in expected.keys() | sums if expected.get(name) != sums.get(name))
    if changed:
        more = f", and those of {len(changed) - 1} more files" if len(changed) > 1 else ""
        raise _refusal(path, f"It is not what {INDEX} says: the checksum of {changed[0]} differs{more}.")
    return label


def _read(index: bytes) -> tuple[Label | None, dict[str, str]]:
    """The label and the checksums in an index; no label when it is not one of this format."""
    try:
        about: dict[str, Any] = loads(index)
        known, sums = about.pop("format") == FORMAT, dict(about.pop("files").items())
        label = Label(**{**about, "units": tuple(about["units"])})
    except (ValueError, TypeError, LookupError, AttributeError):
        return None, {}
    return (label if known and all(map(_has_data, label.units)) else None), sums


def _has_data(unit: str) -> bool:
    known = registry.find(unit)
    return bool(known and known.container.data)


def _is_safe(name: str) -> bool:
    """Return whether a name is below the data of a unit that has data."""
    top, *below = name.split("/")
    return top == _DATA and len(below) > 1 and _has_data(below[0]) and not {"", ".", ".."} & set(below)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        remedy = "Use a file that `stackctl backup` wrote. Nothing was changed."
        raise InputError.of(
            "archive.unusable", f"{path} cannot be restored", cause=str(error.strerror), remedy=remedy
        ) from error
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise _refusal(path, str(error)) from error


def _refusal(path: Path, cause: str) -> InputError:
    remedy = "Use another backup: this one is damaged, or stackctl did not make it. Nothing was changed."
    return InputError.of("archive.unusable", f"{path} cannot be restored", cause=cause, remedy=remedy)


def _entry(path: str, size: int, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.size, entry.mode = size, mode
    return entry


def _sum(content: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := content.read(_PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


class _Summed(io.RawIOBase):
    """A file that keeps the sum of what has been read of it, so that it is read only once."""

    def __init__(self, content: IO[bytes]) -> None:
        self._content = content
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        piece = self._content.read(size)
        self._digest.update(piece)
        return piece

    def sum(self) -> str:
        return self._digest.hexdigest()
