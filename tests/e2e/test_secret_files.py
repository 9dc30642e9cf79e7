"""Real containers read the secrets of their own unit, and of no other, whoever wrote the files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

SECRETS = {"prometheus": ("scrape-password", "discovery-token"), "alertmanager": ("hook-token",)}
# All that is in the tree, by name: its folders of secrets cannot be listed.
EVERYTHING = 'cd /etc/stackctl/current && cat "$@" 2> /dev/null; true'


def test_containers_read_their_own_secrets_and_no_others(tmp_path: Path) -> None:
    need("docker")
    ports = [free_port() for _ in range(2)]
    name = f"stackctl-test-{ports[0]}"
    (tmp_path / "stack.yml").write_text(
        f"""version: 1
name: {name}
services: {{api: {{targets: ["localhost:1"], basic_auth: {{username: u, password: scrape-password}}}}}}
prometheus:
  listen: {ports[0]}
  extra: {{scrape_configs: [{{job_name: x, consul_sd_configs: [{{server: "localhost:1", token: discovery-token}}]}}]}}
alertmanager: {{listen: {ports[1]}, receivers: {{team: {{webhook: {{url: "http://localhost:1/?t=hook-token"}}}}}}}}
"""
    )
    run = ("-f", str(tmp_path / "stack.yml"))
    before = os.umask(0o077)
    try:
        up = stackctl(*run, "up", "--runtime", "docker")
        assert up.returncode == 0, up.stderr
        tree = (tmp_path / ".stackctl" / "live" / "current").resolve()
        files = [path.relative_to(tree).as_posix() for path in tree.rglob("*") if path.is_file()]
        for unit in SECRETS:
            read = execute("docker", "exec", f"{name}-{unit}-1", "sh", "-c", EVERYTHING, "sh", *files)
            seen = {secret for each in SECRETS.values() for secret in each if secret in read}
            assert seen == {*SECRETS[unit]}
            inspected = execute("docker", "inspect", f"{name}-{unit}-1")
            assert not [secret for each in SECRETS.values() for secret in each if secret in inspected]
    finally:
        os.umask(before)
        stackctl(*run, "down", "--volumes")


def execute(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
