"""A process that can be told from a later one with the same pid."""

from __future__ import annotations

import os
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """What a pid file holds. `started` is the kernel's own word for the start time, and only ever compared."""

    pid: int
    started: str
    spec: str


def read(path: Path) -> Entry | None:
    """The entry in a pid file, or None when there is none that makes sense."""
    try:
        pid, started, spec = path.read_text().splitlines()
        return Entry(int(pid), started.strip(), spec)
    except (OSError, ValueError):
        return None


def is_alive(entry: Entry) -> bool:
    """Whether the very process of `entry` still runs. One that has ended and not been collected does not."""
    return start_time(entry.pid) == entry.started


def send(entry: Entry, number: signal.Signals) -> None:
    """Signal the process of `entry`, and no other one."""
    if is_alive(entry):
        with suppress(ProcessLookupError):
            os.kill(entry.pid, number)


def start_time(pid: int) -> str:
    """When the process `pid` started, in the system's own notation; "" when it does not run."""
    if not Path("/proc/self/stat").exists():
        return _start_time_of_ps(pid)
    try:
        # The second field is the name in parentheses, which may itself hold spaces and parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
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
