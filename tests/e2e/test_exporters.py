"""The exporters of databases on real databases: what verify says while they work, and when they do not."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl import tools
from stackctl.wait import wait_until
from tests.e2e.real_stack import cannot_run, free_port, stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PASSWORD = "p@ss:$1"  # what a URL, a shell and Compose would each stumble over
QUOTED = "p%40ss%3A%241"


@pytest.fixture(scope="module")
def postgres() -> Iterator[int]:
    """The port of a PostgreSQL with a user `monitor`, run as a user that it accepts."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        cannot_run("no PostgreSQL server is installed")
    program, port = programs[-1].parent, free_port()
    # Not below pytest's own folder, into which other users cannot look.
    folder = Path(tempfile.mkdtemp(prefix="stackctl-postgres-"))
    if os.geteuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "postgres")
    data, user = folder / "data", ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": True, "cwd": folder}
    subprocess.run([*user, str(program / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"], **quiet)  # type: ignore[call-overload]
    options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1"
    control = [*user, str(program / "pg_ctl"), "-D", str(data), "-l", str(folder / "log")]
    subprocess.run([*control, "-o", options, "-w", "start"], **quiet)  # type: ignore[call-overload]
    try:
        statement = f"CREATE USER monitor PASSWORD '{PASSWORD}' IN ROLE pg_monitor"
        psql = [*user, str(program / "psql"), "-h", str(folder), "-p", str(port), "-U", "postgres", "-c", statement]
        subprocess.run(psql, **quiet)  # type: ignore[call-overload]
        rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (data / "pg_hba.conf").write_text(rules)
        subprocess.run([*control, "reload"], **quiet)  # type: ignore[call-overload]
        yield port
    finally:
        subprocess.run([*control, "-m", "immediate", "-w", "stop"], **{**quiet, "check": False})  # type: ignore[call-overload]
        shutil.rmtree(folder)


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    program = shutil.which("redis-server")
    if program is None:
        cannot_run("no Redis server is installed")
    port = free_port()
    options = ["--bind", "127.0.0.1", "--port", str(port), "--save", "", "--requirepass", PASSWORD]
    server = subprocess.Popen([str(program), *options], cwd=tmp_path, stdout=subprocess.DEVNULL)
    yield port, server
    server.terminate()
    server.wait()


def test_exporters_must_be_proved_by_what_they_export(
    tmp_path: Path, postgres: int, redis: tuple[int, subprocess.Popen[bytes]]
) -> None:
    for name in ("prometheus", "postgres_exporter", "redis_exporter"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install {name}`")
    manifest, ports = tmp_path / "stack.yml", [free_port() for _ in range(3)]
    port, server = redis
    manifest.write_text(
        f"""version: 1
name: stackctl-test-{ports[0]}
prometheus: {{listen: {ports[0]}, scrape_interval: 1s, evaluation_interval: 1s}}
exporters:
  postgres: {{listen: {ports[1]}, dsn: "postgresql://monitor:{QUOTED}@localhost:{postgres}/postgres?sslmode=disable"}}
  redis: {{listen: {ports[2]}, address: "localhost:{port}", password: ${{REDIS_PASSWORD}}}}
"""
    )
    (tmp_path / ".env").write_text(f'REDIS_PASSWORD="{PASSWORD}"\n')
    up = stackctl("-f", str(manifest), "up", "--runtime", "native")
    try:
        assert up.returncode == 0, up.stderr
        assert verdicts(manifest) == {"postgres": "pass", "redis": "pass"}
        server.send_signal(signal.SIGSTOP)
        server.kill()
        wait_until(server.poll, lambda code: code is not None, 10, what="Redis to end")
        assert verdicts(manifest) == {"postgres": "pass", "redis": "fail"}
        told = stackctl("-f", str(manifest), "verify", "--only", "exporter").stdout
        assert f"it answers, but its server does not: localhost:{port}: connection refused" in told
        hidden = [path for path in (tmp_path / ".stackctl").rglob("*") if path.is_file() and PASSWORD in read(path)]
        assert all("/secrets/" in str(path) for path in hidden)
        assert hidden
    finally:
        stackctl("-f", str(manifest), "down", "--volumes")


def verdicts(manifest: Path) -> dict[str, str]:
    """What verify finds of each exporter."""
    report = json.loads(stackctl("-f", str(manifest), "verify", "--only", "exporter", "-o", "json").stdout)
    return {check["subject"]: check["status"] for check in report["checks"]}


def read(path: Path) -> str:
    return path.read_text(errors="replace")
