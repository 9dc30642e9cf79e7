"""Real databases beside a stack, and how they are brought into a bad way."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stackctl.wait import wait_until
from tests.e2e.real_stack import cannot_run, listens
from tests.ports import free_port

LIMIT_SECONDS = 30
PASSWORD = "p@ss:$1"  # what a URL, a shell and Compose would each stumble over
QUOTED = "p%40ss%3A%241"
QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@dataclass(frozen=True)
class Postgres:
    """A PostgreSQL with a user `monitor`, run as a user that it accepts."""

    programs: Path
    folder: Path
    port: int

    def start(self) -> None:
        options = f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1"
        self._control("-o", options, "-w", "start")

    def stop(self) -> None:
        self._control("-m", "immediate", "-w", "stop")

    def make(self) -> None:
        """Make its data, and start it."""
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self.folder, "postgres")
        self._run("initdb", "-D", str(self._data), "-U", "postgres", "-A", "trust")
        (self._data / "pg_hba.conf").write_text("local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n")
        self.start()
        with self.session() as session:
            session.say(f"CREATE USER monitor PASSWORD '{PASSWORD}' IN ROLE pg_monitor; SELECT 1;")
            session.hear()

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A client that is connected until the end."""
        command = self._command("psql", "-h", str(self.folder), "-p", str(self.port), "-U", "postgres", "-qAt")
        with subprocess.Popen(
            command,
            cwd=self.folder,
            text=True,
            bufsize=1,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as client:
            try:
                yield Session(client)
            finally:
                client.communicate(timeout=LIMIT_SECONDS)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _control(self, *arguments: str) -> None:
        self._run("pg_ctl", "-D", str(self._data), "-l", str(self.folder / "log"), *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        # A server that it starts would hold a pipe open.
        subprocess.run(self._command(program, *arguments), cwd=self.folder, **QUIET, check=True, timeout=LIMIT_SECONDS)

    def _command(self, program: str, *arguments: str) -> list[str]:
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        return [*user, str(self.programs / program), *arguments]


@dataclass(frozen=True)
class Session:
    """A psql. What it is told it does by and by; each row of an answer is a line."""

    client: subprocess.Popen[str]

    def say(self, statements: str) -> None:
        assert self.client.stdin
        self.client.stdin.write(statements + "\n")

    def hear(self) -> str:
        assert self.client.stdout
        return self.client.stdout.readline().strip()


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        cannot_run("no PostgreSQL server is installed")
    # Not below pytest's own folder, into which other users cannot look.
    server = Postgres(programs[-1].parent, Path(tempfile.mkdtemp(prefix="stackctl-postgres-")), free_port())
    try:
        server.make()
        yield server
    finally:
        if listens(server.port):
            server.stop()
        shutil.rmtree(server.folder)


def deadlock(server: Postgres) -> None:
    """Have two sessions wait for each other, until PostgreSQL ends one."""
    with server.session() as one, server.session() as other:
        for session, key in ((one, 1), (other, 2)):
            session.say(f"BEGIN; SELECT pg_advisory_xact_lock({key}); SELECT 'locked';")
            while session.hear() != "locked":
                pass
        one.say("SELECT pg_advisory_xact_lock(2);")
        other.say("SELECT pg_advisory_xact_lock(1);")


@dataclass
class Redis:
    """A Redis with a password, whose folder is `folder`, on the addresses of this machine that `bind` names."""

    folder: Path
    port: int
    bind: str = "127.0.0.1"
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        program = shutil.which("redis-server")
        if program is None:
            cannot_run("no Redis server is installed")
        options = ["--bind", self.bind, "--port", str(self.port), "--save", "", "--requirepass", PASSWORD]
        self.process = subprocess.Popen([program, *options], cwd=self.folder, stdout=subprocess.DEVNULL)
        wait_until(lambda: listens(self.port), bool, LIMIT_SECONDS, what="Redis to listen")

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait(LIMIT_SECONDS)
            self.process = None

    def do(self, command: str) -> str:
        """The first line of the answer to a command."""
        with self.client() as connection:
            connection.sendall(f"AUTH {PASSWORD}\r\n{command}\r\n".encode())
            with connection.makefile() as answers:
                assert answers.readline().strip() == "+OK"
                return answers.readline().strip()

    def client(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), LIMIT_SECONDS)


@contextmanager
def running_redis(folder: Path, bind: str = "127.0.0.1") -> Iterator[Redis]:
    server = Redis(folder, free_port(), bind)
    server.start()
    try:
        yield server
    finally:
        server.kill()
