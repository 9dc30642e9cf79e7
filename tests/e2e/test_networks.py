"""A stack that joins a network of the user's: it reaches what is there, and disturbs nobody."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl import conventions as c
from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: {prometheus}}}
networks: {{join: [{network}]}}
exporters: {{redis: {{listen: {redis}, address: "redis:6379"}}}}
"""


def docker(*arguments: str) -> str:
    ran = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


@pytest.fixture
def neighbour() -> Iterator[tuple[str, str]]:
    """A network, and a container on it that is called `redis` there."""
    need("docker")
    network = f"stackctl-theirs-{free_port()}"
    docker("network", "create", network)
    try:
        waits = ["python3", "-c", "import time; time.sleep(250)"]
        started = docker(
            *("run", "--detach", "--rm", "--init", "--network", network, "--network-alias", "redis"),
            *(c.SIMULATE_IMAGE, *waits),
        )
        yield network, started.strip()
        docker("rm", "--force", started.strip())
    finally:
        docker("network", "rm", network)


def test_server_and_its_exporter_have_separate_names(tmp_path: Path, neighbour: tuple[str, str]) -> None:
    network, server = neighbour
    ports = {name: free_port() for name in ("prometheus", "redis")}
    manifest = tmp_path / "stack.yml"
    manifest.write_text(MANIFEST.format(name=f"stackctl-test-{ports['redis']}", network=network, **ports))
    try:
        up = stackctl("-f", str(manifest), "up", "--runtime", "docker")
        assert up.returncode == 0, up.stderr
        asks = "import socket; print({each[4][0] for each in socket.getaddrinfo('redis', 6379, socket.AF_INET)})"
        found = docker("exec", server, "python3", "-c", asks)
        form = f'{{{{(index .NetworkSettings.Networks "{network}").IPAddress}}}}'
        assert found == f"{{'{docker('inspect', '--format', form, server).strip()}'}}\n"
        logs = stackctl("-f", str(manifest), "logs", "redis")
        assert "Redis Metrics Exporter" in logs.stdout, logs.stderr
        again = stackctl("-f", str(manifest), "up")
        assert "unchanged" in again.stdout, again.stderr
    finally:
        down = stackctl("-f", str(manifest), "down", "--volumes")
    assert down.returncode == 0, down.stderr
