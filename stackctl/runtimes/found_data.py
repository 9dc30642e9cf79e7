"""Data in a folder that a server of somebody else has written: only read here, and never locked for long."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from stackctl.bounds import files
from stackctl.components.component import BLOCK_FILE, StoredData
from stackctl.errors import Unavailable
from stackctl.runtimes.protocol import DataFile

# The file that a Prometheus locks as long as it uses the folder.
_LOCK = "lock"
_PROCESSES = Path("/proc")
CODE = "data.unusable"


def is_folder(source: str) -> bool:
    """Return whether a source is a folder: its name is a path, which no Docker volume has."""
    return "/" in source or source in (".", "..")


def named(source: str) -> str:
    """Return a source with what it is."""
    return f"the {'folder' if is_folder(source) else 'volume'} {source}"


def survey(folder: Path) -> StoredData:
    """Return what a folder holds. Raises Unavailable for one that is not there or cannot be read as a whole."""
    if not folder.is_dir():
        cause = "It is not a folder." if folder.exists() else "It does not exist."
        remedy = "Correct the path, or remove `data` to begin without data."
        raise Unavailable.of(CODE, f"{folder} cannot be taken over", cause=cause, remedy=remedy)
    try:
        names = frozenset(path.name for path in folder.iterdir())
        paths = list(_regular(folder))
        size = sum(path.stat().st_size for path in paths)
        for path in paths:
            if not os.access(path, os.R_OK):
                raise PermissionError(13, "Permission denied", str(path))
        blocks = {path.parent.name: files.read_text(path, errors="replace") for path in folder.glob(f"*/{BLOCK_FILE}")}
    except OSError as error:
        raise unreadable(folder, error) from None
    return StoredData(names, blocks, size, user_of(folder))


def read(folder: Path) -> Iterator[DataFile]:
    """Yield the regular files in a folder. Raises OSError."""
    for path in _regular(folder):
        status = path.stat()
        with files.opened(path, follow=False) as content:
            yield DataFile(path.relative_to(folder).as_posix(), status.st_size, status.st_mode & 0o777, content)


def unreadable(folder: Path, error: OSError) -> Unavailable:
    """Return the error of a folder whose files this user cannot read."""
    cause = f"{error.strerror or error}: {error.filename or folder}"
    with suppress(OSError):
        cause += f" (of user {Path(error.filename or folder).stat().st_uid})"
    remedy = "Run the command as a user who may read all files in it."
    return Unavailable.of(CODE, f"{folder} cannot be taken over", cause=cause, remedy=remedy)


def user_of(folder: Path) -> str:
    """Return the process that uses a folder, as far as this user can see, "" for none."""
    root = str(folder.resolve())
    for process in _PROCESSES.glob("[0-9]*"):
        if process.name != str(os.getpid()) and _uses(process, root):
            return f"process {process.name} ({_command(process)[0]})"
    return "a running Prometheus, which holds its lock" if _is_locked(folder / _LOCK) else ""


def _regular(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for place, _, names in os.walk(folder, onerror=refuse):
        yield from (path for name in sorted(names) if (path := Path(place, name)).is_file() and not path.is_symlink())


def _uses(process: Path, root: str) -> bool:
    if any(word.partition("=")[2] == root for word in _command(process)):
        return True
    try:
        opened = [str(each.readlink()) for each in (process / "fd").iterdir()]
    except OSError:
        return False  # it has ended, or is another user's
    return any(path.startswith(f"{root}/") for path in opened)


def _command(process: Path) -> list[str]:
    try:
        return files.read_bytes(process / "cmdline").decode(errors="replace").split("\0")
    except OSError:
        return [""]


def _is_locked(lock: Path) -> bool:
    """Return whether somebody holds the lock. To take a shared one for a moment is the only way to find out."""
    try:
        with files.opened(lock, follow=False) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
