"""Unpacking archives of others, measured on the way: a small one must not fill the disk or the memory."""

from __future__ import annotations

import gzip
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stackctl.bounds import files

# Samples are compressed already, and text of logs and dashboards shrinks to a twentieth.
RATIO = 100
# What an archive may unpack to however small it is.
SMALL_BYTES = 64 << 20
# A member's header, with a name of any length that is in use. Python's tarfile reads all of it into memory.
HEADER_BYTES = 1 << 20
_BLOCK = 512
_PIECE_BYTES = 1 << 20


class Bomb(OSError):
    """An archive that unpacks to more than it may."""


class _Measured:
    """A stream that is read up to `limit`, an offset in it that moves on with the members of its archive."""

    def __init__(self, stream: IO[bytes], total: int) -> None:
        self._stream, self._total = stream, total
        self._offset = 0
        self.limit = total

    def read(self, size: int = -1) -> bytes:
        piece = self._stream.read(min(size, _PIECE_BYTES) if size >= 0 else _PIECE_BYTES)
        self._offset += len(piece)
        if self._offset > self._total:
            raise Bomb(f"it unpacks to more than {self._total >> 20} MB, {RATIO} times its size")
        if self._offset > self.limit:
            raise Bomb(f"a header in it is longer than {HEADER_BYTES >> 20} MB")
        return piece


@contextmanager
def unpacking(path: Path) -> Iterator[Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]]:
    """The members of the tar.gz at `path` in their order, each with its content if it is a regular file.

    After the last one the archive has been read to its end. Raises OSError, EOFError, zlib.error or tarfile.TarError
    for what is damaged, and Bomb for what unpacks to more than RATIO times its size.
    """
    with files.opened(path) as packed:
        packed.seek(0, 2)
        total = SMALL_BYTES + RATIO * packed.tell()
        packed.seek(0)
        with gzip.GzipFile(fileobj=packed, mode="rb") as stream:
            measured = _Measured(stream, total)  # type: ignore[arg-type]
            yield _members(measured)


def _members(measured: _Measured) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    slack = HEADER_BYTES + tarfile.RECORDSIZE
    measured.limit = slack
    with tarfile.open(fileobj=measured, mode="r|") as archive:  # type: ignore[call-overload]
        while (member := archive.next()) is not None:
            measured.limit = member.offset_data + member.size + _BLOCK + slack
            yield member, archive.extractfile(member) if member.isreg() else None
    measured.limit = measured._total + 1
    while measured.read(_PIECE_BYTES):  # what is left holds gzip's own checksum
        pass
