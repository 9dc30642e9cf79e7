"""A `backup` that failed or was interrupted: what it stopped is started again, and its files are removed."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.operations.unfinished.restart import listed, runtime_of, start, stop_fully

if TYPE_CHECKING:
    from stackctl.progress import Progress
    from stackctl.runtimes.protocol import Runtime
    from stackctl.state import Entry, Generation, State

SNAPSHOTS = "snapshots"
# Prometheus names a snapshot by the time at which it was asked for it.
_ASKED_WITHIN_SECONDS = 60
_TIME = "%Y%m%dT%H%M%SZ"


def finish(_: Path, state: State, entry: Entry, __: Progress) -> str:
    """Tidy up, and say what was started again."""
    current = state.current()
    started = tidy(state, runtime_of(state, current), current, entry) if current else ()
    state.end()
    return f"{listed(started)} started again" if started else "nothing was stopped by it"


def tidy(state: State, runtime: Runtime, current: Generation, entry: Entry) -> tuple[str, ...]:
    """Leave nothing of a backup behind; return what was started again."""
    stop_fully(runtime, current, entry.stopped)
    started = start(runtime, current, entry.stopped)
    remove_files(runtime, entry)
    state.end()
    return started


def remove_files(runtime: Runtime, entry: Entry) -> None:
    """Remove the archive that was not finished, and the snapshot that Prometheus made for it."""
    if entry.temporary:
        Path(entry.temporary).unlink(missing_ok=True)
    if entry.snapshot_at:
        for name in runtime.folders(c.PROMETHEUS, SNAPSHOTS):
            if is_made_for(name, entry.snapshot_at):
                runtime.remove_data(c.PROMETHEUS, f"{SNAPSHOTS}/{name}")


def is_made_for(name: str, asked_at: float) -> bool:
    """Return whether a snapshot was made for the one who asked at that Unix time."""
    try:
        made = datetime.strptime(name.partition("-")[0], _TIME).replace(tzinfo=timezone.utc).timestamp()
    except ValueError:
        return False
    return int(asked_at) <= made <= asked_at + _ASKED_WITHIN_SECONDS
