"""Containers that the stack runs and does not scrape, on a real engine, and natively, where they cannot run."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stackctl import conventions as c
from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = pytest.mark.e2e

MANIFEST = """\
version: 1
name: {name}
prometheus:
  listen: {port}
  scrape_interval: 1s
  evaluation_interval: 1s
  docker: {{labels: {{team: shop}}, extra_hosts: ["far:192.0.2.7"], env_file: own.env, networks: [back]}}
services:
  web: {{targets: ["web:8000"], fallback_scrape_protocol: PrometheusText0.0.4}}
containers:
  seeds: {{image: {image}, command: [python3, -c, "print('seeded')"], restart: "no", volumes: ["data:/data"]}}
  web:
    image: {image}
    command: [python3, -m, http.server, "8000"]
    init: true
    working_dir: /web
    env_file: web.env
    volumes: ["./web:/web:ro", "data:/data"]
    depends_on: {{seeds: {{condition: service_completed_successfully}}}}
    healthcheck:
      test: [CMD, python3, -c, "import os; open(os.environ['PAGE'])"]
      interval: 1s
"""


@pytest.fixture
def manifest(tmp_path: Path) -> Iterator[Path]:
    port = free_port()
    path = tmp_path / "stack.yml"
    path.write_text(MANIFEST.format(name=f"stackctl-test-{port}", port=port, image=c.SIMULATE_IMAGE))
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "metrics").write_text("pages 3\n")
    (tmp_path / "web.env").write_text("PAGE=metrics\n")
    (tmp_path / "own.env").write_text("TZ=Europe/Berlin\n")
    yield path
    down = stackctl("-f", str(path), "down", "--volumes")
    assert down.returncode == 0, down.stderr


def rows(manifest: Path, *only: str) -> dict[str, Any]:
    ran = stackctl("-f", str(manifest), "verify", "--output", "json", *(f"--only={name}" for name in only))
    return {f"{each['code']} {each['subject']}": each for each in json.loads(ran.stdout)["diagnostics"]}


def project(manifest: Path) -> str:
    """The name of the stack, which is that of its Compose project."""
    return f"stackctl-test-{manifest.read_text().split('listen: ')[1].split()[0]}"


@pytest.mark.docker
def test_containers_run_and_are_verified(manifest: Path) -> None:
    need("docker")
    up = stackctl("-f", str(manifest), "up", "--runtime", "docker")
    assert up.returncode == 0, up.stderr
    found = rows(manifest, "container", "target")
    assert {name: each["status"] for name, each in found.items()} == {
        "container.running seeds": "pass",
        "container.running web": "pass",
        "target.up prometheus/prometheus:9090": "pass",
        "target.up web/web:8000": "pass",
    }
    assert found["container.running web"]["summary"] == "is running and healthy"
    assert "seeded" in stackctl("-f", str(manifest), "logs", "seeds").stdout
    assert "web" in stackctl("-f", str(manifest), "status").stdout
    connected = [f"{project(manifest)}_default", f"{project(manifest)}-web-1"]
    subprocess.run(["docker", "network", "disconnect", *connected], check=True, timeout=30)
    repaired = stackctl("-f", str(manifest), "up")
    assert f"replace web: disconnected from the network {connected[0]}" in repaired.stderr
    assert {each["status"] for each in rows(manifest, "container", "target").values()} == {"pass"}
    (manifest.parent / "web.env").write_text("PAGE=nothing\n")
    manifest.write_text(f"{manifest.read_text()}      retries: 1\n")
    again = stackctl("-f", str(manifest), "up")
    assert again.returncode == 0, again.stderr
    broken = rows(manifest, "container")["container.running web"]
    assert (broken["status"], broken["summary"]) == ("fail", "is running, but its health check fails")


@pytest.mark.docker
def test_container_of_a_component_has_more_fields(manifest: Path) -> None:
    need("docker")
    up = stackctl("-f", str(manifest), "up", "--runtime", "docker", "--without", "web", "--without", "seeds")
    assert up.returncode == 0, up.stderr
    asked = subprocess.run(["docker", "inspect", f"{project(manifest)}-prometheus-1"], capture_output=True, check=True)
    [container] = json.loads(asked.stdout)
    assert container["Config"]["Labels"].items() >= {"team": "shop", c.LABEL_UNIT: c.PROMETHEUS}.items()
    assert "TZ=Europe/Berlin" in container["Config"]["Env"]
    assert "far:192.0.2.7" in container["HostConfig"]["ExtraHosts"]
    networks = {f"{project(manifest)}_{name}" for name in ("default", "back")}
    assert container["NetworkSettings"]["Networks"].keys() == networks


@pytest.mark.native
def test_native_runtime_leaves_containers_out_only_when_allowed(manifest: Path) -> None:
    need("native")
    refused = stackctl("-f", str(manifest), "up", "--runtime", "native")
    assert refused.returncode == 3, refused.stderr
    assert "web cannot run: it is a container, which the native runtime cannot run" in refused.stderr
    assert "use `--allow-missing`, or `--without web`" in refused.stderr
    up = stackctl("-f", str(manifest), "up", "--runtime", "native", "--allow-missing")
    assert up.returncode == 0, up.stderr
    row = rows(manifest, "container")["container.running web"]
    assert row["status"] == "skip"
    assert "it is a container, which the native runtime cannot run" in row["summary"]
