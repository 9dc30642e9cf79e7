"""A `reload` that was interrupted: the configuration that was confirmed last is loaded again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from stackctl.errors import StackctlError

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.state import Entry, State

_CONFIRM_SECONDS = 30.0


def roll_back(manifest: Path, state: State, entry: Entry, _: Progress) -> str:
    """Raises StackctlError when that fails: then it is given up, and `up` brings in what the manifest says."""
    from stackctl.operations.live import Live
    from stackctl.operations.transaction import return_to

    running = state.running()
    if running is None or not running.partly:
        state.end()
        return "it had finished" if running else "nothing is running"
    try:
        live = Live.open(manifest)
        old = live.confirmed()
        return_to(live, old, state.generation(entry.going_to), _CONFIRM_SECONDS)
    except StackctlError:
        state.give_up()
        raise
    return f"rolled back to generation {old.id}"
