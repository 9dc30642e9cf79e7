"""Writing that survives a crash: a name appears with its whole content or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stackctl.errors import InputError, Unavailable

# Whatever carries this prefix is unfinished: the next command may remove it.
TEMPORARY = ".tmp-"


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the operating system says about writing at `path` into an error with a remedy.

    A full disk is Unavailable, and so is one that fails; a folder that may not be written is an InputError.
    """
    try:
        yield
    except OSError as error:
        cause = f"{error.strerror or error}: {error.filename or path}"
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Unavailable.of(
                "disk.full",
                f"no space left to write {path}",
                cause=cause,
                remedy="Make room on this disk and run the command again; the running stack was not changed.",
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise InputError.of(
                "file.cannot-write",
                f"cannot write {path}",
                cause=cause,
                remedy="Make the folder writable for this user, or copy the manifest to a folder that is.",
            ) from error
        raise Unavailable.of(
            "file.cannot-write", f"cannot write {path}", cause=cause, remedy="Check the disk and run the command again."
        ) from error


@contextmanager
def replacing(path: Path, mode: int, group: int = -1, temporary: Path | None = None) -> Iterator[IO[bytes]]:
    """A file to write, which is at `path` after the context in one step, with exactly `mode` and on the disk;
    of `group`, or of this user's when that is -1. Until then it is at `temporary`, next to it.

    When the context ends with an error, `path` is what it was.
    """
    if temporary:
        descriptor, name = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), str(temporary)
    else:
        descriptor, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            os.fchown(file.fileno(), -1, group)
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write_file(path: Path, content: bytes, mode: int, group: int = -1) -> None:
    """Put `content` at `path` in one step, with exactly `mode`, and have it on the disk before returning."""
    with replacing(path, mode, group) as file:
        file.write(content)


def point(link: Path, target: str) -> None:
    """Make the symlink `link` lead to `target` in one step: at no moment is there no link."""
    fresh = link.with_name(f"{TEMPORARY}{link.name}-{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)
    sync_folder(link.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in `folder` on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_folder(folder: Path) -> None:
    """Remove `folder`. Its name goes first, so that a killed removal leaves no half of it behind under that name."""
    doomed = folder.with_name(f"{TEMPORARY}{folder.name}-{os.getpid()}")
    folder.rename(doomed)
    shutil.rmtree(doomed)


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left unfinished in `folder`. Only for the holder of the lock."""
    for path in folder.glob(f"{TEMPORARY}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
