"""What runs, as the only stackctl that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from stackctl.operations.live import Live

L = TypeVar("L", bound=Live)


@contextmanager
def locked(kind: type[L], manifest: Path, command: str) -> Iterator[L]:
    """`kind.open(manifest)` while the lock is held, for `command`; what was interrupted is recovered first.

    Raises as `open`, and Unavailable when another stackctl holds the lock.
    """
    from stackctl.operations.recovery import exclusive
    from stackctl.state import State

    if not State.beside(manifest).root.is_dir():
        kind.open(manifest)  # says what is wrong, and leaves no trace
    with exclusive(manifest, command):
        yield kind.open(manifest)
