"""The docker command: everything that stackctl asks of it starts here, with the time that it may take."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from enum import Enum
from typing import Any

from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable
from stackctl.program import CHECK_SECONDS, Ended
from stackctl.program import run as run_program

_NATIVE = "Install Docker, or use `--runtime native`."


class Limit(Enum):
    """Seconds that a call may take, by what it is for."""

    # It only makes a message better.
    HINT = 5.0
    # A question about what there is.
    ANSWER = 20.0
    # A checker, in a container or in a plugin of the command.
    CHECK = CHECK_SECONDS
    # It takes as long as images are large and servers are many.
    WORK = None


def run(
    limit: Limit,
    *arguments: str,
    env: Mapping[str, str] | None = None,
    stdout: Any = subprocess.PIPE,
    remedy: str = _NATIVE,
) -> subprocess.CompletedProcess[str]:
    """Run `docker` with these arguments to its end, whatever that is.

    Raises Unavailable, with this `remedy`, when there is no such command, or when it does not end in time.
    """
    try:
        return subprocess.run(
            ["docker", *arguments],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=limit.value,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable.of(
            "docker.unavailable", "the docker command cannot be run", cause=str(error), remedy=remedy
        ) from error


def check(name: str, *arguments: str, env: Mapping[str, str] | None = None) -> Ended | Diagnostic:
    """Run a checker that `docker` with these arguments stands for; `name` is what messages call it."""
    return run_program(name, ["docker", *arguments], seconds=Limit.CHECK.value, env=env)


def start(*arguments: str, **streams: Any) -> subprocess.Popen[str]:
    """Start `docker` with these arguments, for as long as its streams are used. Raises OSError."""
    return subprocess.Popen(["docker", *arguments], text=True, **streams)


def last_line(ran: subprocess.CompletedProcess[str]) -> str:
    """The last of what a command has complained of."""
    return (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]
