"""The data in a Docker volume: tar in and out, and the scripts that keep the old data aside in the volume itself."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from stackctl.runtimes.protocol import DataFile

# Run in the folder of the data, "$0", with the token in the names, "$1". Each can be killed anywhere and run again:
# what is moving is complete only together with what is next to it, what is aside is complete by itself, and what is
# done is of no use to anyone.
_NAMES = """\
cd "$0"
aside=".aside-$1" moving=".moving-$1" done=".done-$1"
"""
PUT_BACK = f"""\
{_NAMES}
if [ -d "$aside" ]; then
  find . -mindepth 1 -maxdepth 1 ! -name "$aside" -exec rm -rf {{}} +
  mv "$aside" "$moving"
fi
if [ -d "$moving" ]; then
  find "$moving" -mindepth 1 -maxdepth 1 -exec mv {{}} . \\;
  rmdir "$moving"
fi
"""
SET_ASIDE = f"""\
{_NAMES}
[ -d "$aside" ] && exit 0
mkdir -p "$moving"
find . -mindepth 1 -maxdepth 1 ! -name "$moving" -exec mv {{}} "$moving"/ \\;
mv "$moving" "$aside"
"""
DROP = f"""\
{_NAMES}
[ -d "$aside" ] && mv "$aside" "$done"
rm -rf "$done"
"""
_FOLDER_MODE = 0o700


def unpacked(pieces: Iterable[bytes]) -> Iterator[DataFile]:
    """The regular files in a tar that arrives in `pieces`; paths are relative to its only top folder."""
    with tarfile.open(fileobj=_Pieces(pieces), mode="r|") as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content:
                yield DataFile(member.name.partition("/")[2], member.size, member.mode & 0o777, content)


@contextmanager
def packed(files: Iterable[DataFile], user: int, folder: Path) -> Iterator[IO[bytes]]:
    """`files` as a tar in which everything belongs to `user`. It is in `folder` without a name, not in memory."""
    with tempfile.TemporaryFile(dir=folder) as spool:
        with tarfile.open(fileobj=spool, mode="w") as archive:
            made: set[str] = set()
            for file in files:
                for parent in reversed(PurePosixPath(file.path).parents[:-1]):
                    if str(parent) not in made:
                        made.add(str(parent))
                        archive.addfile(_entry(str(parent), user, _FOLDER_MODE, tarfile.DIRTYPE))
                archive.addfile(_entry(file.path, user, file.mode | 0o600, size=file.size), file.content)
        spool.seek(0)
        yield spool


def _entry(path: str, user: int, mode: int, kind: bytes = tarfile.REGTYPE, size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path)
    entry.uid = entry.gid = user
    entry.mode, entry.type, entry.size = mode, kind, size
    return entry


class _Pieces(io.RawIOBase):
    """An iterator of bytes as far as tarfile wants a file: a read may give more or less than was asked for."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)

    def read(self, _: int = -1, /) -> bytes:
        return next(self._pieces, b"")
