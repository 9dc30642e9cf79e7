"""What `render` writes runs without stackctl."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http
from stackctl.clients.prometheus import Prometheus
from stackctl.wait import wait_until
from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.docker]


def test_a_rendered_tree_comes_up_by_compose_alone(tmp_path: Path) -> None:
    need("docker")
    ports = [free_port() for _ in range(3)]
    name = f"stackctl-test-{ports[0]}"
    (tmp_path / "rules.yml").write_text("groups: [{name: g, rules: [{alert: Down, expr: up == 0}]}]\n")
    (tmp_path / "stack.yml").write_text(
        f"""version: 1
name: {name}
prometheus: {{listen: {ports[0]}, scrape_interval: 1s}}
alertmanager: {{listen: {ports[1]}, receivers: {{team: {{webhook: {{url: "${{HOOK}}"}}}}}}}}
exporters: {{node: {{listen: {ports[2]}}}}}
rules: [{{file: rules.yml}}]
"""
    )
    (tmp_path / ".env").write_text("HOOK=http://localhost:1/secret-token\n")
    rendered = stackctl("-f", str(tmp_path / "stack.yml"), "render", "--out", str(tmp_path / "tree"))
    assert rendered.returncode == 0, rendered.stderr
    # As a user who has never heard of stackctl would: elsewhere, and with nothing in the environment.
    compose = ["docker", "compose", "-f", str(tmp_path / "tree" / "compose.yaml")]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("STACKCTL_")}
    try:
        subprocess.run([*compose, "up", "-d", "--wait"], cwd="/", env=environment, check=True, capture_output=True)
        client = Prometheus(Http(Access(f"http://127.0.0.1:{ports[0]}")))
        expected = {"prometheus": "up", "alertmanager": "up", "node": "up"}
        wait_until(lambda: {t.job: t.health for t in client.targets()}, lambda seen: seen == expected, 30)
        assert [rule.name for rule in client.rules()] == ["Down"]
    finally:
        subprocess.run([*compose, "down", "--volumes"], cwd="/", env=environment, check=False, capture_output=True)
