"""Timing whole commands in pairs, so that a ratio holds although the machine's speed drifts."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

Action = Callable[[], float]


@dataclass(frozen=True)
class Ratio:
    """Seconds of ours and of the real thing beside it, measured in turn; `ratio` is the median of the pairs."""

    name: str
    ours: list[float]
    theirs: list[float]
    goal: float

    @property
    def ratio(self) -> float:
        return statistics.median(a / b for a, b in zip(self.ours, self.theirs, strict=True))

    def __str__(self) -> str:
        ours, theirs = statistics.median(self.ours), statistics.median(self.theirs)
        verdict = "within" if self.ratio <= self.goal else "OVER"
        return f"{self.name:<44} {ours:7.3f} s / {theirs:7.3f} s = {self.ratio:5.2f}   (goal {self.goal}: {verdict})"


def run(command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> float:
    """The wall seconds of a command. Raises CalledProcessError, with what it said, when it fails."""
    begin = time.perf_counter()
    subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, check=True, capture_output=True)
    return time.perf_counter() - begin


def cpu(command: Sequence[str], cwd: Path) -> float:
    """The processor seconds of a command and of all that it starts. Raises CalledProcessError when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command, cwd)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def pairs(name: str, ours: Action, theirs: Action, goal: float, rounds: int) -> Ratio:
    """Measure both in turn after one round that does not count. Each action returns the seconds that count."""
    ours(), theirs()
    measured = [(ours(), theirs()) for _ in range(rounds)]
    return Ratio(name, [pair[0] for pair in measured], [pair[1] for pair in measured], goal)


def peak_memory(command: Sequence[str], cwd: Path) -> tuple[float, float]:
    """Wall seconds and peak resident memory (MB) of one command."""
    begin = time.perf_counter()
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL) as child:
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, list(command))
    return time.perf_counter() - begin, usage.ru_maxrss / 1024
