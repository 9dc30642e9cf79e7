"""A process that can be told from a later one with the same pid, and that says by itself whose it is."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from stackctl.bounds import files


@dataclass(frozen=True)
class Entry:
    """Content of a pid file. `started` is the kernel's own word for the start time, and only ever compared."""

    pid: int
    started: str
    spec: str


def read(path: Path) -> Entry | None:
    """The entry in a pid file, or None when it is missing or damaged.

    A pid of 1 or less is no server's: to signal it would end all processes, or a group of them.
    """
    try:
        pid, started, spec = files.read_text(path).splitlines()
        entry = Entry(int(pid), started.strip(), spec)
    except (OSError, ValueError):
        return None
    return entry if entry.pid > 1 and entry.started else None


# The variables by which a server that stackctl started says whose it is, also when no file knows it any more. Its own
# pid tells it from its children, which have the same variables.
STATE, STATE_ID, UNIT, SPEC, PID = (f"STACKCTL_{name}" for name in ("STATE", "STATE_ID", "UNIT", "SPEC", "PID"))


@dataclass(frozen=True)
class Mark:
    """Mark of a process: the state folder and its id, the unit and its spec."""

    entry: Entry
    state: str
    state_id: str
    unit: str


def marked() -> Iterator[Mark]:
    """Every process that stackctl has started for any stack, as far as the system shows them to this user."""
    for path in Path("/proc").iterdir() if Path("/proc/self/environ").exists() else ():
        if path.name.isdigit() and (mark := mark_of(int(path.name))):
            yield mark


def mark_of(pid: int) -> Mark | None:
    """Return the mark of the process `pid`; None when stackctl did not start it, or the system does not show it."""
    try:
        content = files.read_bytes(Path(f"/proc/{pid}/environ"))
    except OSError:
        return None
    if f"{PID}={pid}\0".encode() not in content:
        return None
    pairs = (pair.decode(errors="surrogateescape").partition("=") for pair in content.split(b"\0"))
    found = {name: value for name, _, value in pairs if name in {STATE, STATE_ID, UNIT, SPEC}}
    started = start_time(pid)
    if len(found) < len((STATE, STATE_ID, UNIT, SPEC)) or not started:
        return None
    return Mark(Entry(pid, started, found[SPEC]), found[STATE], found[STATE_ID], found[UNIT])


def works_elsewhere(pid: int, state: Path) -> bool:
    """Return whether the process works in a state folder other than `state`: it was moved away together with that."""
    try:
        folder = Path(os.readlink(f"/proc/{pid}/cwd"))  # noqa: PTH115 - may end with " (deleted)"
    except OSError:
        return False
    own = (folder, *folder.parents)
    return state not in own and any(each.name == state.name and each.is_dir() for each in own)


def is_alive(entry: Entry) -> bool:
    """Return whether the very process of `entry` still runs. One that has ended and not been collected does not."""
    return start_time(entry.pid) == entry.started


def send(entry: Entry, number: signal.Signals) -> None:
    """Signal the process of `entry`, and no other one."""
    if is_alive(entry):
        with suppress(ProcessLookupError):
            os.kill(entry.pid, number)


def start_time(pid: int) -> str:
    """Return when the process `pid` started, in the system's own notation; "" when it does not run."""
    if not Path("/proc/self/stat").exists():
        return _start_time_of_ps(pid)
    try:
        # The second field is the name in parentheses, which may itself hold spaces and parentheses.
        fields = files.read_text(Path(f"/proc/{pid}/stat"), errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    state, threads, started = fields[0], int(fields[17]), fields[19]
    # A killed server's first thread is a zombie already while its other threads still hold ports and files.
    return "" if state in {"Z", "X"} and threads <= 1 else started


def _start_time_of_ps(pid: int) -> str:
    ran = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)], capture_output=True, text=True, check=False, env={"LC_ALL": "C"}
    )
    state, _, started = ran.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else started.strip()
