"""Reading log files: the last lines, and then whatever is added."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TextIO

_POLL_SECONDS = 0.2


def lines(logs: Mapping[str, Path], *, follow: bool, tail: int | None) -> Iterator[str]:
    """Lines of `logs` (unit -> file), each led by its unit when there are several; for ever with `follow`.

    `tail` limits how many of the present lines of each file come first; None is all of them.
    """
    width = max(map(len, logs), default=0)
    leads = {name: f"{name:<{width}} | " if len(logs) > 1 else "" for name in logs}
    with ExitStack() as stack:
        files = {name: stack.enter_context(path.open(errors="replace")) for name, path in logs.items() if path.exists()}
        for name, file in files.items():
            yield from (leads[name] + line.rstrip("\n") for line in deque(file, maxlen=tail))
        while follow:
            added = [leads[name] + line for name, file in files.items() for line in _added(file)]
            yield from added
            if not added:
                time.sleep(_POLL_SECONDS)


def _added(file: TextIO) -> Iterator[str]:
    """The whole lines that were added since the last call; one that is still being written waits."""
    while True:
        start = file.tell()
        line = file.readline()
        if not line.endswith("\n"):
            file.seek(start)
            return
        yield line.rstrip("\n")
