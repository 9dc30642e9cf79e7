"""The packs in Docker: each job, address and selector as Compose gives it, and an alert of every pack arrives and ends.

Prometheus, Alertmanager, the node and the blackbox exporter are real containers; what has no image here is simulated
in another, by the names that they would have.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.e2e.packs_live import inbox, running, simulated
from tests.e2e.real_stack import need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.docker]

REAL = ("prometheus", "alertmanager", "node", "blackbox")
EXPORTERS = ("cadvisor", "postgres", "redis", "kafka", "nginx", "memcached")
SIMULATED = ("api", "clickhouse", *EXPORTERS)
PORTS = (*REAL, *EXPORTERS, "control")
# Service or exporter -> its scenario, and the alerts that come of it. `normal` ends them.
PROVOKED = {
    "api": ("down", ["ServiceDown", "ProbeFailed"]),
    "cadvisor": ("saturated", ["ContainerMemoryHigh"]),
    "postgres": ("saturated", ["PostgresDown", "PostgresTransactionLong"]),
    "redis": ("saturated", ["RedisMemoryHigh", "RedisClientsHigh"]),
    "kafka": ("saturated", ["KafkaUnderReplicated"]),
    "nginx": ("saturated", ["NginxDown"]),
    "memcached": ("saturated", ["MemcachedDown"]),
    "clickhouse": ("saturated", ["ClickHouseReadonlyReplica"]),
}
MANIFEST = """\
version: 1
name: stackctl-packs-{prometheus}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
alertmanager:
  listen: {alertmanager}
  receivers: {{team: {{webhook: {{url: "http://localhost:{inbox}/"}}}}}}
  route: {{receiver: team, group_by: [alertname], group_wait: 1s, group_interval: 1s}}
exporters:
  node: {{listen: {node}}}
  blackbox: {{listen: {blackbox}, probes: {{api: {{url: "http://api:8000/health"}}}}}}
  cadvisor: {{listen: {cadvisor}, resources: {{cpus: 1}}}}
  postgres: {{listen: {postgres}, dsn: "postgresql://monitor@postgres:5432/postgres"}}
  redis: {{listen: {redis}, address: "redis:6379"}}
  kafka: {{listen: {kafka}, brokers: ["one:9092", "two:9092"]}}
  nginx: {{listen: {nginx}, url: "http://web:8080/stub_status"}}
  memcached: {{listen: {memcached}, address: "memcached:11211"}}
  clickhouse: {{target: "clickhouse:9363"}}
services:
  api:
    targets: ["api:8000"]
    health: {{live: /health}}
    metrics:
      http_requests_total: {{type: counter, labels: {{method: [GET, POST], code: ["200", "500"]}}, range: [0, 400]}}
      http_request_duration_seconds: {{type: histogram, labels: {{method: [GET, POST]}}, range: [0.02, 3]}}
rules:
  - {{pack: service-health, with: {{down_for: 1s}}}}
  - {{pack: http, services: [api]}}
  - pack: host
  - {{pack: blackbox, with: {{down_for: 1s}}}}
  - {{pack: containers, override: {{ContainerMemoryHigh: {{for: 1s}}}}}}
  - {{pack: postgres, override: {{PostgresDown: {{for: 1s}}, PostgresTransactionLong: {{for: 1s}}}}}}
  - {{pack: redis, override: {{RedisMemoryHigh: {{for: 1s}}, RedisClientsHigh: {{for: 1s}}}}}}
  - {{pack: kafka, override: {{KafkaUnderReplicated: {{for: 1s}}}}}}
  - {{pack: nginx, override: {{NginxDown: {{for: 1s}}}}}}
  - {{pack: memcached, override: {{MemcachedDown: {{for: 1s}}}}}}
  - {{pack: clickhouse, override: {{ClickHouseReadonlyReplica: {{for: 1s}}}}}}
dashboards:
  - pack: overview
  - {{pack: red, services: [api]}}
  - pack: host
  - pack: blackbox
  - pack: containers
  - pack: postgres
  - pack: redis
  - pack: kafka
  - pack: nginx
  - pack: memcached
  - pack: clickhouse
"""


def test_packs_in_docker_have_data_and_alerts_that_arrive(tmp_path: Path) -> None:
    need("docker")
    manifest, ports = tmp_path / "stack.yml", {name: free_port() for name in PORTS}
    with inbox("0.0.0.0") as heard:
        manifest.write_text(MANIFEST.format(inbox=heard.port, **ports))
        with (
            running(manifest, *REAL, runtime="docker"),
            simulated(manifest, ports["control"], ["--container", *SIMULATED]) as simulation,
        ):
            assert not_passed(manifest) == {}
            # What is simulated begins after the stack: an alert may have told of that.
            heard.forget()
            assert not_passed(manifest) == {}
            assert heard.alerts == {}, "nothing fires while all is well"

            alerts = [alert for _, provoked in PROVOKED.values() for alert in provoked]
            simulation.change({name: scenario for name, (scenario, _) in PROVOKED.items()})
            heard.arrive("firing", alerts)
            simulation.calm(PROVOKED)
            heard.arrive("resolved", alerts)
            assert heard.firing == set()


def not_passed(manifest: Path) -> dict[tuple[str, str], str]:
    """What verify finds that is not well, or cannot be told, and why. Panels are among what it has looked at."""
    ran = stackctl("-f", str(manifest), "verify", "--timeout", "60s", "-o", "json")
    checks = json.loads(ran.stdout)["diagnostics"]
    assert any(check["code"] == "panel.data" for check in checks)
    return {(check["code"], check["subject"]): check["summary"] for check in checks if check["status"] != "pass"}
