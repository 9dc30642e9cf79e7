"""What runs, as the only stackctl that changes it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from stackctl.operations.live import Live

L = TypeVar("L", bound=Live)


@contextmanager
def locked(kind: type[L], manifest: Path) -> Iterator[L]:
    """`kind.open(manifest)` while the lock is held; a drill that was cut short is ended first.

    Raises as `open`, and Unavailable when another stackctl holds the lock.
    """
    from stackctl.state import State

    if not State.beside(manifest).root.is_dir():
        kind.open(manifest)  # says what is wrong, and leaves no trace
    with State.beside(manifest).lock():
        live = kind.open(manifest)
        if live.left_by_a_drill():
            from stackctl.operations.drill import put_out_left_behind

            put_out_left_behind(manifest, live)
            live = kind.open(manifest)
        yield live
