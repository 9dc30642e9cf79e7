"""Several exporters of one kind on real servers: each has its own unit, job and secrets, and fails alone."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from stackctl import conventions as c
from stackctl import tools
from tests.e2e.databases import PASSWORD, Redis, running_redis
from tests.e2e.real_stack import cannot_run, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e]

MANIFEST = """version: 1
name: stackctl-test-{prometheus}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
exporters:
  carts: {{kind: redis, listen: {carts}, address: "localhost:{first}", password: "{password}"}}
  sessions: {{kind: redis, listen: {sessions}, job: logins, address: "localhost:{second}", password: "{password}"}}
rules:
  - pack: redis
"""


@dataclass
class Running:
    """Two running exporters, with the servers that they ask."""

    manifest: Path
    servers: dict[str, Redis]

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return stackctl("-f", str(self.manifest), *arguments)

    def red(self) -> set[tuple[str, str]]:
        """The checks that fail, with their subjects."""
        report = json.loads(self.command("verify", "-o", "json").stdout)
        return {(each["code"], each["subject"]) for each in report["diagnostics"] if each["status"] == "fail"}


@contextmanager
def running(folder: Path, runtime: str) -> Iterator[Running]:
    ports = {name: free_port() for name in ("prometheus", "carts", "sessions")}
    bind = "127.0.0.1" if runtime == c.NATIVE else "0.0.0.0"
    for name in ("first", "second"):
        (folder / name).mkdir()
    with running_redis(folder / "first", bind) as first, running_redis(folder / "second", bind) as second:
        manifest = folder / "stack.yml"
        manifest.write_text(MANIFEST.format(**ports, first=first.port, second=second.port, password=PASSWORD))
        stack = Running(manifest, {"carts": first, "sessions": second})
        up = stack.command("up", "--runtime", runtime)
        try:
            assert up.returncode == 0, up.stderr
            yield stack
        finally:
            down = stack.command("down", "--volumes")
        assert down.returncode == 0, down.stderr


@pytest.mark.parametrize(
    "runtime", [pytest.param(c.NATIVE, marks=pytest.mark.native), pytest.param(c.DOCKER, marks=pytest.mark.docker)]
)
def test_one_of_two_exporters_of_a_kind_fails_alone(tmp_path: Path, runtime: str) -> None:
    if runtime == c.NATIVE and tools.locate("redis_exporter") is None:
        cannot_run("no redis_exporter: run `stackctl tools install redis_exporter`")
    with running(tmp_path, runtime) as stack:
        assert stack.red() == set()
        status = stack.command("status").stdout
        assert "carts" in status
        assert "sessions" in status
        assert stack.command("logs", "carts").returncode == 0
        stack.servers["sessions"].kill()
        assert stack.red() == {("exporter.works", "sessions")}
        stack.servers["sessions"].start()
        assert stack.red() == set()
        stop(stack, "carts", runtime)
        assert {subject.partition("/")[0] for _, subject in stack.red()} == {"carts"}
        again = stack.command("up")
        assert again.returncode == 0, again.stderr
        assert stack.red() == set()


def stop(stack: Running, unit: str, runtime: str) -> None:
    """Stop the process or the container of a unit."""
    if runtime == c.NATIVE:
        state = stack.manifest.parent / ".stackctl"
        (pid,) = [path.read_text() for path in state.rglob("*.pid") if path.stem == unit]
        subprocess.run(["kill", json.loads(pid)["pid"] if pid.startswith("{") else pid.split()[0]], check=True)
        return
    named = subprocess.run(
        ["docker", "ps", "--quiet", "--filter", f"label=stackctl.unit={unit}"],
        capture_output=True,
        text=True,
        check=True,
    )
    project = stack.manifest.read_text().splitlines()[1].partition(": ")[2]
    (container,) = [each for each in named.stdout.split() if project in name_of(each)]
    subprocess.run(["docker", "stop", "--time", "1", container], check=True, capture_output=True)


def name_of(container: str) -> str:
    asked = ["docker", "inspect", "--format", "{{.Name}}", container]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout
