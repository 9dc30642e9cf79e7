"""Programs that answer a question and end: run for a bounded time, with a reason when they cannot be used."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from stackctl.bounds.deadline import bounded
from stackctl.diagnostic import Diagnostic

# A checker that takes longer is not going to end.
CHECK_SECONDS = 60.0
# The code of a checker that cannot be run, or does not end: it says nothing about what it was to check.
UNUSABLE = "checker.unusable"
# Go's GOGC: how much the memory in use grows, in percent, before garbage is collected.
_GARBAGE = "400"
# What is kept of a checker's words.
_OUTPUT_BYTES = 1 << 20


@dataclass(frozen=True)
class Ended:
    """A program's exit code, and all that it has written."""

    code: int
    output: str


def run(
    name: str, command: Sequence[str], *, seconds: float = CHECK_SECONDS, env: Mapping[str, str] | None = None
) -> Ended | Diagnostic:
    """Run a program to its end, or until `seconds` have passed; then it and all that it has started are killed.

    `name` is what messages call it.
    """
    seconds = bounded(seconds)
    # Programs of Go that end soon collect no garbage: that is a third of promtool's time on thousands of rules.
    env = {"GOGC": _GARBAGE, **(os.environ if env is None else env)}
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=env,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return _cannot_run(name, command[0], error)
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        _kill(process)
        cause = f"It did not finish within {seconds:g} seconds."
        return Diagnostic(UNUSABLE, f"{name} does not answer", cause=cause, remedy=f"Try `{command[0]} --version`.")
    except BaseException:
        _kill(process)
        raise
    return Ended(process.returncode, output[:_OUTPUT_BYTES].decode(errors="replace"))


def _cannot_run(name: str, program: str, error: OSError | ValueError) -> Diagnostic:
    reason = getattr(error, "strerror", None) or str(error)
    remedy = "Correct it, or run `stackctl tools install`."
    return Diagnostic(UNUSABLE, f"{name} cannot be run", cause=f"{program}: {reason}", remedy=remedy)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill a program with its children, which would keep its output open."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
