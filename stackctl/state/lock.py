"""One stackctl at a time: a lock that the kernel drops with the process that holds it."""

from __future__ import annotations

import fcntl
import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from stackctl.bounds.files import read_text
from stackctl.errors import Unavailable
from stackctl.state.disk import TEMPORARY, explained
from stackctl.wait import TimedOut, wait_until


class Busy(Unavailable):
    """Another stackctl holds the lock."""


@contextmanager
def locked(path: Path, wait_seconds: float) -> Iterator[None]:
    """Hold the lock at `path`, after waiting at most `wait_seconds` for its holder.

    Raises Busy with the holder's pid and command when it stays taken, and InputError when the file at
    `path` may not be written.
    """
    with explained(path):
        file = _opened(path)
    with file:
        try:
            wait_until(lambda: _try(file), bool, wait_seconds, what="another stackctl to be done with this stack")
        except TimedOut as error:
            raise Busy.of(
                "stack.locked",
                f"another stackctl is working on this stack: {_holder(path)}",
                cause=f"It has held {path} for more than {wait_seconds:g} s.",
                remedy="Wait until it is done, or stop it.",
            ) from error
        with explained(path):
            _sign(file)
        yield


def _opened(path: Path) -> IO[str]:
    """The file at `path`, made when it is not there. Something else of that name goes: a link is not followed."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.rename(path.with_name(f"{TEMPORARY}{path.name}-{os.getpid()}"))
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600), "a+")


def _try(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(file: IO[str]) -> None:
    file.truncate(0)
    name = Path(sys.argv[0]).name if sys.argv else "stackctl"
    file.write(f"pid {os.getpid()} ({shlex.join([name, *sys.argv[1:]])})\n")
    file.flush()


def _holder(path: Path) -> str:
    return read_text(path, errors="replace").strip() or "an unknown process"
