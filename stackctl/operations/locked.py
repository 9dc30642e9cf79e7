"""The running stack, for the only stackctl that changes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from stackctl.operations.live import Live
from stackctl.progress import Progress

L = TypeVar("L", bound=Live)


@contextmanager
def locked(opened: Callable[[Path], L], manifest: Path, command: str, progress: Progress) -> Iterator[L]:
    """`opened(manifest)` while the lock is held, for `command`; what was interrupted is recovered first.

    Raises as `opened`, and Unavailable when another stackctl holds the lock.
    """
    from stackctl.operations.recovery import exclusive
    from stackctl.state import State

    if not State.beside(manifest).root.is_dir():
        opened(manifest)  # says what is wrong, and leaves no trace
    with exclusive(manifest, command, progress):
        yield opened(manifest)
