"""Reading files: regular ones only, and never more of one than a limit. Writing them: whole, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

# Far above any file that a person writes, or that stackctl does: 10,000 targets are 1 MB.
FILE_BYTES = 16 << 20
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a directory",
}


class NotRegular(OSError):
    """Raised for a path that is not a regular file: `kind` says what it is."""

    def __init__(self, path: Path, kind: str) -> None:
        number = errno.EISDIR if kind == "a directory" else errno.EINVAL
        super().__init__(number, f"it is {kind}, not a regular file", str(path))
        self.kind = kind


class TooLarge(OSError):
    """A file is larger than the `limit` for it. Both are in bytes; `size` is at least what has been read."""

    def __init__(self, path: Path, size: int, limit: int) -> None:
        super().__init__(errno.EFBIG, f"it is larger than the limit of {limit / 1e6:.0f} MB", str(path))
        self.size, self.limit = size, limit


@contextmanager
def opened(path: Path, *, follow: bool = True) -> Iterator[BinaryIO]:
    """The regular file at `path`, open for reading, of any size. Raises OSError: NotRegular for anything else.

    Without `follow`, a symbolic link is refused too.
    """
    # A named pipe would wait for a writer, a terminal would become ours.
    flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
    _refuse_irregular(path, path.stat() if follow else path.lstat())
    descriptor = os.open(path, flags)
    with os.fdopen(descriptor, "rb") as file:
        _refuse_irregular(path, os.fstat(descriptor))  # it may be another one by now
        yield file


def read_bytes(path: Path, limit: int = FILE_BYTES, *, follow: bool = True) -> bytes:
    """All of the regular file at `path`. Raises OSError: NotRegular, or TooLarge for one of more than `limit` bytes."""
    with opened(path, follow=follow) as file:
        size = os.fstat(file.fileno()).st_size
        content = file.read(limit + 1) if size <= limit else b""
    if max(size, len(content)) > limit:
        raise TooLarge(path, max(size, len(content)), limit)
    return content


def read_text(path: Path, limit: int = FILE_BYTES, *, errors: str = "strict", follow: bool = True) -> str:
    """The same as text in UTF-8. Raises UnicodeDecodeError for what is not."""
    return read_bytes(path, limit, follow=follow).decode("utf-8", errors)


def write_text(path: Path, text: str) -> None:
    """Put a text at `path` in one step. Raises OSError, and leaves everything as it was then."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def _refuse_irregular(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise NotRegular(path, _KINDS.get(stat.S_IFMT(status.st_mode), "something else"))
