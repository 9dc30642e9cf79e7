"""Real processes of Node.js and Java with the metrics of their client libraries, and how they get into a bad way."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackctl.tools import cache
from stackctl.wait import wait_until
from tests.e2e.real_stack import cannot_run, listens

LIMIT_SECONDS = 30
SOURCES = Path(__file__).parent / "applications"


@dataclass(frozen=True)
class Application:
    """What it is told it does, until it is told `calm`: its source says what it knows."""

    process: subprocess.Popen[str]

    def do(self, *words: str) -> None:
        assert self.process.stdin
        for word in words:
            self.process.stdin.write(f"{word}\n")


@contextmanager
def running_node(port: int) -> Iterator[Application]:
    """A Node.js process with prom-client at `port`."""
    source = str(SOURCES / "application.js")
    environment = {**os.environ, "NODE_PATH": str(clients() / "node_modules")}
    with _running([_program("node"), "--expose-gc", source, str(port)], environment, [port]) as application:
        yield application


@contextmanager
def running_java(client_java: int, micrometer: int) -> Iterator[Application]:
    """A JVM with a small heap, which client_java shows at one port, and Micrometer at another."""
    ports = [client_java, micrometer]
    command = [_program("java"), "-Xmx64m", "-cp", f"{clients()}/java/*", str(SOURCES / "Application.java")]
    with _running([*command, *map(str, ports)], dict(os.environ), ports) as application:
        yield application


def clients() -> Path:
    """Where tests/servers/install has put the client libraries."""
    folder = cache.cache_dir() / "servers" / "clients"
    if not folder.exists():
        cannot_run("no client libraries of Node.js and Java: run tests/servers/up")
    return folder


def _program(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        cannot_run(f"no {name} is installed")
    return str(program)


@contextmanager
def _running(command: list[str], environment: dict[str, str], ports: list[int]) -> Iterator[Application]:
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, text=True, bufsize=1) as process:
        try:
            wait_until(lambda: all(map(listens, ports)), bool, LIMIT_SECONDS, what=f"{command[0]} to listen")
            yield Application(process)
        finally:
            process.kill()
            process.wait(LIMIT_SECONDS)
