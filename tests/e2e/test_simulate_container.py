"""A simulation that is a container of the stack's network: services that have no image yet, by their names."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from stackctl.wait import wait_until
from tests.e2e.examples import play
from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

PATIENCE_SECONDS = 30
MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
pushgateway: {{listen: {pushgateway}}}
exporters: {{kafka: {{brokers: ["broker:9092"], listen: {kafka}}}}}
services:
  api:
    targets: ["api:8000", "api2:8000"]
    basic_auth: {{username: prometheus, password: right-horse}}
    health: {{live: /health}}
    metrics: {{jobs_total: {{type: counter, labels: {{status: [ok, error]}}}}}}
  web:
    targets: ["web:8000"]
    metrics: {{hits_total: counter}}
  here:
    targets: ["localhost:{here}"]
    metrics: {{things: gauge}}
  nightly:
    push: {{}}
    metrics: {{rows_total: counter}}
"""


def containers(name: str) -> list[str]:
    asked = ["docker", "ps", "--all", "--filter", f"name={name}", "--format", "{{.Names}}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=20).stdout.split()


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Path]:
    need("docker")
    ports = {name: free_port() for name in ("prometheus", "pushgateway", "kafka", "here")}
    path = tmp_path / "stack.yml"
    path.write_text(MANIFEST.format(name=name_of(path), **ports))
    up = stackctl("-f", str(path), "up", "prometheus", "pushgateway", "--runtime", "docker")
    assert up.returncode == 0, up.stderr
    yield path
    stackctl("-f", str(path), "down", "--volumes")


def name_of(manifest: Path) -> str:
    return f"stackctl-test-{abs(hash(manifest))}"


@contextmanager
def simulating(manifest: Path) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running simulation, and the port of its control."""
    control = free_port()
    command = [sys.executable, "-m", "stackctl", "-f", str(manifest), "simulate", "--container", "--exporters"]
    with subprocess.Popen([*command, "--control-port", str(control)], stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout
            assert any(line.startswith("control: ") for line in iter(running.stdout.readline, ""))
            yield running, control
        finally:
            running.kill()


def failed(manifest: Path) -> set[tuple[str, str]]:
    report = json.loads(stackctl("-f", str(manifest), "verify", "--timeout", "10s", "-o", "json").stdout)
    return {(check["code"], check["subject"]) for check in report["diagnostics"] if check["status"] != "pass"}


def test_simulated_services_are_verified_by_name_until_the_end(manifest: Path) -> None:
    name = f"{name_of(manifest)}-simulate"
    with simulating(manifest) as (running, control):
        assert failed(manifest) == set()
        may = inspected(name)
        assert (may["ReadonlyRootfs"], may["CapDrop"], may["Privileged"]) == (True, ["ALL"], False)
        assert "no-new-privileges:true" in may["SecurityOpt"]
        assert {port["HostIp"] for bound in may["PortBindings"].values() for port in bound} & {"", "0.0.0.0"} == set()
        assert "right-horse" not in subprocess.run(["docker", "inspect", name], capture_output=True, text=True).stdout
        again = stackctl("-f", str(manifest), "simulate", "--container")
        assert (again.returncode, "already running" in again.stderr) == (3, True)
        play(control, "down&service=web")
        assert {subject for id, subject in failed(manifest) if id == "target.up"} == {"web/web:8000"}
        running.send_signal(signal.SIGTERM)
        assert running.wait(PATIENCE_SECONDS) == 0
    assert containers(name) == []


def test_a_simulation_that_is_killed_leaves_no_container(manifest: Path) -> None:
    name = f"{name_of(manifest)}-simulate"
    with simulating(manifest) as (running, _):
        assert containers(name) == [name]
        running.kill()
        wait_until(lambda: containers(name), lambda left: not left, PATIENCE_SECONDS, what="the container to be gone")


def test_a_container_that_runs_is_not_shadowed(manifest: Path) -> None:
    text = manifest.read_text().replace('"web:8000"', '"prometheus:8000"')
    (manifest.parent / "other.yml").write_text(text)
    done = stackctl("-f", str(manifest.parent / "other.yml"), "simulate", "--container")
    assert done.returncode == 3
    assert "`prometheus` is already running, as the container" in done.stderr


def inspected(name: str) -> dict[str, Any]:
    asked = subprocess.run(["docker", "inspect", name], capture_output=True, text=True, check=True, timeout=20)
    return dict(json.loads(asked.stdout)[0]["HostConfig"])
