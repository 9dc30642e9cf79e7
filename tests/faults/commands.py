"""Command lines of stackctl as forks of one process that has imported it: importing is most of what a case would take.

Each is a process of its own, which ends by signals and exit codes like any other.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event, Timer

CHILD = Path(__file__).with_name("child.py")
DEADLINE_SECONDS = 300


class Commands:
    """Runs command lines. `folder` is the one whose files the plans of faults are about."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = str(folder)
        self._server = subprocess.Popen(
            [sys.executable, str(CHILD)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def run(self, arguments: Sequence[str], plan: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command line, with a fault when there is a `plan`. Raises TimeoutExpired."""
        assert self._server.stdin
        assert self._server.stdout
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
            request = [self._folder, plan, out.name, err.name, [*arguments]]
            self._server.stdin.write(f"{json.dumps(request)}\n")
            self._server.stdin.flush()
            child, late = int(self._server.stdout.readline()), Event()
            timer = Timer(DEADLINE_SECONDS, _end, (child, late))
            timer.start()
            code = int(self._server.stdout.readline())
            timer.cancel()
            if late.is_set():
                raise subprocess.TimeoutExpired([*arguments], DEADLINE_SECONDS)
            said = [Path(file.name).read_text(errors="replace") for file in (out, err)]
            return subprocess.CompletedProcess([*arguments], code, *said)

    def close(self) -> None:
        """End the process that they are forked from."""
        assert self._server.stdin
        self._server.stdin.close()
        self._server.wait(DEADLINE_SECONDS)
        assert self._server.stdout
        self._server.stdout.close()


def _end(child: int, late: Event) -> None:
    late.set()
    os.kill(child, signal.SIGKILL)
