"""The exporters of databases on real databases: what verify says while they work, and when they do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl import tools
from tests.e2e.databases import PASSWORD, QUOTED, running_postgres, running_redis
from tests.e2e.real_stack import cannot_run, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]


def test_exporters_are_verified_by_what_they_export(tmp_path: Path) -> None:
    for name in ("prometheus", "postgres_exporter", "redis_exporter"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install {name}`")
    manifest, ports = tmp_path / "stack.yml", [free_port() for _ in range(3)]
    with running_postgres() as postgres, running_redis(tmp_path) as redis:
        manifest.write_text(
            f"""version: 1
name: stackctl-test-{ports[0]}
prometheus: {{listen: {ports[0]}, scrape_interval: 1s, evaluation_interval: 1s}}
exporters:
  postgres: {{listen: {ports[1]}, dsn: "postgresql://monitor:{QUOTED}@localhost:{postgres.port}/postgres?sslmode=disable"}}
  redis: {{listen: {ports[2]}, address: "localhost:{redis.port}", password: ${{REDIS_PASSWORD}}}}
"""
        )
        (tmp_path / ".env").write_text(f"REDIS_PASSWORD='{PASSWORD}'\n")
        up = stackctl("-f", str(manifest), "up", "--runtime", "native")
        try:
            assert up.returncode == 0, up.stderr
            assert verdicts(manifest) == {"postgres": "pass", "redis": "pass"}
            redis.kill()
            assert verdicts(manifest) == {"postgres": "pass", "redis": "fail"}
            told = stackctl("-f", str(manifest), "verify", "--only", "exporter").stdout
            assert f"the exporter responds, but its server does not: localhost:{redis.port}: connection refused" in told
            hidden = [path for path in (tmp_path / ".stackctl").rglob("*") if path.is_file() and PASSWORD in read(path)]
            assert all("/secrets/" in str(path) for path in hidden)
            assert hidden
        finally:
            stackctl("-f", str(manifest), "down", "--volumes")


def verdicts(manifest: Path) -> dict[str, str]:
    """What verify finds of each exporter."""
    report = json.loads(stackctl("-f", str(manifest), "verify", "--only", "exporter", "-o", "json").stdout)
    return {check["subject"]: check["status"] for check in report["diagnostics"]}


def read(path: Path) -> str:
    return path.read_text(errors="replace")
