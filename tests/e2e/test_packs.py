"""Packs on real servers: every panel has data, every rule what it asks for; provoked alerts arrive, and end."""

from __future__ import annotations

import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from stackctl import tools
from stackctl.runtimes.native import process
from tests.e2e.databases import PASSWORD, QUOTED, Postgres, Redis, deadlock, running_postgres, running_redis
from tests.e2e.disk_and_certificate import Disk, SecureServer, secure_server, small_disk
from tests.e2e.packs_live import (
    BY_THRESHOLD,
    ENDLESS,
    SERVICES,
    Inbox,
    holds,
    inbox,
    post,
    refused,
    run,
    running,
    simulated,
)
from tests.e2e.real_stack import App, cannot_run
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

TOOLS = ("prometheus", "alertmanager", "pushgateway", "node_exporter", "blackbox_exporter", "postgres_exporter")
SIMULATED = ("api", "shop", "worker")
SERVERS = ("prometheus", "alertmanager", "pushgateway", "node", "blackbox", "pg", "rd", "gone", "secure")
PORTS = (*SERVERS, "control", *SIMULATED)
WEEK, QUARTER = 7, 90
SESSIONS = 6
CLIENTS = 10
# What is too sharp, and what is usual.
SHARP = {
    "failed": "0.01", "probe": "0", "skew": "-1", "cpu": "0", "memory": "0", "deadlocks": "0", "resident": "1",
    "restarts": "0", "scrape": "0", "age": "20s",
}  # fmt: skip
USUAL = {
    "failed": "1", "probe": "2", "skew": "1e9", "cpu": "1", "memory": "1", "deadlocks": "5", "resident": "2e9",
    "restarts": "3", "scrape": "5", "age": "1d",
}  # fmt: skip
PROCESS = """\
      process_open_fds: {type: gauge, range: [10, 1000]}
      process_max_fds: {type: gauge, range: [1024, 1024]}
      process_resident_memory_bytes: {type: gauge, range: [1e8, 2e8]}
      process_start_time_seconds: {type: gauge}
"""
WEB = """\
      http_requests_total: {type: counter, labels: {method: [GET, POST], code: ["200", "500"]}, range: [0, 400]}
      http_request_duration_seconds: {type: histogram, labels: {method: [GET, POST]}, range: [0.02, 3]}
      shop_tasks_total: {type: counter, labels: {status: [success, failure]}, range: [0, 40]}
      shop_task_duration_seconds: {type: histogram, range: [0.02, 3]}
"""
MANIFEST = """\
version: 1
name: stackctl-packs-{prometheus}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s, retention: {{time: 30d}}}}
alertmanager:
  listen: {alertmanager}
  receivers:
    team: {{webhook: {{url: "http://127.0.0.1:{inbox}/"}}}}
    deaf: {{webhook: {{url: "http://127.0.0.1:{inbox}/refused"}}}}
  route:
    receiver: team
    group_by: [alertname]
    group_wait: 1s
    group_interval: 1s
    routes: [{{receiver: deaf, matchers: ['alertname="Watchdog"'], continue: true}}, {{receiver: team}}]
pushgateway: {{listen: {pushgateway}}}
exporters:
  node: {{listen: {node}}}
  blackbox:
    listen: {blackbox}
    probes:
      ready: {{url: "http://localhost:{prometheus}/-/ready"}}
      gone: {{url: "http://localhost:{gone}/live"}}
      secure: {{url: "https://localhost:{secure}/"}}
  postgres: {{listen: {pg}, dsn: "postgresql://monitor:{quoted}@localhost:{database}/postgres?sslmode=disable"}}
  redis: {{listen: {rd}, address: "localhost:{store}", password: "{password}"}}
services:
  api:
    targets: ["localhost:{api}"]
    slo:
      answered:
        objective: 90
        window: 1d
        good: 'rate(http_requests_total{{code="200"}}[$window])'
        total: 'rate(http_requests_total[$window])'
    metrics:
{web}{process}\
  shop:
    targets: ["localhost:{shop}"]
    metrics:
{web}\
  worker:
    targets: ["localhost:{worker}"]
    metrics:
      shop_queue_length: {{type: gauge, range: [1, 1000]}}
      shop_cache_hits_total: {{type: counter, range: [50, 100]}}
      shop_cache_misses_total: {{type: counter, range: [1, 10]}}
      db_pool_used: {{type: gauge, range: [1, 20]}}
      db_pool_size: {{type: gauge, range: [20, 20]}}
{process}\
  empty: {{targets: ["localhost:{empty}"]}}
  found: {{discovery: {{http_sd_configs: [{{url: "http://localhost:{empty}/found", refresh_interval: 1s}}]}}}}
  itself: {{targets: ["localhost:{prometheus}"]}}
rules:
  - pack: service-health
    with: {{down_for: 2s, silent_for: 2s, slow_scrape: {scrape}}}
    override: {{ServiceNoMetrics: {{for: 1s}}, ServiceScrapeSlow: {{for: 1s}}}}
  - pack: http
    services: [api, shop]
    with: {{window: 5s, enough: 5, quiet: 3s, busy: 50}}
    override: {{HttpErrors: {{for: 1s}}, HttpErrorsCritical: {{for: 1s}}, HttpSlow: {{for: 1s}}}}
  - pack: tasks
    services: [api, shop]
    with: {{window: 5s, enough: 5, quiet: 3s, many: 5, max_seconds: 1}}
    override: {{TasksFail: {{for: 1s}}, TasksSlow: {{for: 1s}}}}
  - pack: process
    services: [api, worker, itself]
    with: {{max_restarts: {restarts}, max_resident: {resident}}}
    override: {{ProcessFilesExhausted: {{for: 1s}}, ProcessMemoryHigh: {{for: 1s}}}}
  - pack: queue
    services: [worker]
    with: {{window: 3s, max_waiting: 900}}
    override: {{QueueLong: {{for: 1s}}, QueueGrows: {{for: 1s}}}}
  - {{pack: cache, services: [worker]}}
  - {{pack: pool, services: [worker], override: {{PoolExhausted: {{for: 1s}}}}}}
  - pack: host
    with: {{max_skew: {skew}, max_cpu: {cpu}, max_memory: {memory}, filesystems: overlay|squashfs|fuse.*}}
    override:
      HostDiskFillsUp: {{for: 1s}}
      HostDiskReadOnly: {{for: 1s}}
      HostDown: {{for: 1s}}
      HostClockWrong: {{for: 1s}}
      HostCpuHigh: {{for: 1s}}
      HostMemoryHigh: {{for: 1s}}
  - pack: blackbox
    with: {{down_for: 2s, max_probe: {probe}}}
    override: {{ProbeSlow: {{for: 1s}}, CertificateExpires: {{for: 1s}}}}
  - pack: batch
    with: {{max_age: {age}, success: nightly_last_success_timestamp_seconds}}
    override: {{BatchFailed: {{for: 1s}}, BatchPushRefused: {{for: 1s}}}}
  - pack: postgres
    with: {{max_connections: 0.05, max_transaction: 2, max_deadlocks: {deadlocks}}}
    override:
      PostgresConnectionsHigh: {{for: 1s}}
      PostgresTransactionLong: {{for: 1s}}
  - pack: redis
    with: {{window: 10s}}
    override:
      RedisDown: {{for: 1s}}
      RedisMemoryHigh: {{for: 1s}}
      RedisClientsHigh: {{for: 1s}}
      RedisSaveFailed: {{for: 1s}}
  - pack: prometheus
    with: {{window: 10s, down_share: 0.01}}
    override:
      PrometheusReloadFailed: {{for: 1s}}
      PrometheusTargetsDown: {{for: 1s}}
      PrometheusRuleFails: {{for: 1s}}
  - pack: alertmanager
    with: {{max_failed: {failed}}}
    override: {{AlertmanagerReloadFailed: {{for: 1s}}, AlertmanagerNotificationsFail: {{for: 1s}}}}
  - pack: deadman
  # It cannot be evaluated while the service is down: all targets would have one set of labels.
  - name: clash
    rules:
      - record: clash:up
        expr: >-
          label_replace(label_replace(up and on () (up{{job="api"}} == 0), "job", "x", "", ""),
          "instance", "x", "", "")
dashboards:
  - pack: overview
  - {{pack: red, services: [api]}}
  - {{pack: queue, services: [worker]}}
  - {{pack: cache, services: [worker]}}
  - {{pack: pool, services: [worker]}}
  - {{pack: runtime-go, services: [itself]}}
  - pack: host
  - pack: blackbox
  - pack: batch
  - pack: postgres
  - pack: redis
  - pack: prometheus
  - pack: alertmanager
"""


# It waits for the alerts of many packs one after the other.
@pytest.mark.timeout(600)
def test_packs_have_data_and_alerts_that_arrive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*TOOLS, "redis_exporter"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install {name}`")
    manifest, ports = tmp_path / "stack.yml", {name: free_port() for name in PORTS}
    with ExitStack() as around:
        heard = around.enter_context(inbox())
        postgres, redis = around.enter_context(running_postgres()), around.enter_context(running_redis(tmp_path))
        # Only root may mount one; CI is root.
        disk = around.enter_context(small_disk(tmp_path / "disk")) if os.geteuid() == 0 else None
        secure = around.enter_context(secure_server(tmp_path / "secure", ports["secure"], WEEK))
        monkeypatch.setenv("SSL_CERT_FILE", str(secure.authority))
        empty, gone = App("127.0.0.1", free_port()), App("127.0.0.1", ports["gone"])
        for app in (empty, gone):
            around.callback(app.stop)
        empty.start()
        discovered(empty, ports["prometheus"])

        def write(thresholds: dict[str, str]) -> None:
            manifest.write_text(
                MANIFEST.format(
                    inbox=heard.port, database=postgres.port, store=redis.port, password=PASSWORD, quoted=QUOTED,
                    empty=empty.port, web=WEB, process=PROCESS, **ports, **thresholds,
                )
            )  # fmt: skip

        write(SHARP)
        simulation = around.enter_context(simulated(manifest, ports["control"], SIMULATED))
        simulation.calm(SIMULATED)
        around.enter_context(running(manifest))
        batch = f"http://127.0.0.1:{ports['pushgateway']}/metrics/job/nightly"
        push_success(batch, time.time())
        holds(manifest, "panel.data", "rule.data")

        live = manifest.parent / ".stackctl" / "live" / "current"
        configurations = {
            "PrometheusReloadFailed": (live / "prometheus" / "prometheus.yml", ports["prometheus"]),
            "AlertmanagerReloadFailed": (live / "alertmanager" / "alertmanager.yml", ports["alertmanager"]),
        }
        # None has to do with another, so they need not wait for each other.
        with ThreadPoolExecutor() as beside:
            moves = [
                beside.submit(simulation.provoke, heard, SERVICES),
                beside.submit(break_databases, heard, postgres, redis),
                beside.submit(break_services, heard, empty, gone, ports["prometheus"]),
                beside.submit(break_batch, heard, batch),
                beside.submit(renew_certificate, heard, secure),
                beside.submit(break_configurations, heard, configurations),
            ]
            if disk:
                moves.append(beside.submit(break_disk, heard, disk))
            for move in moves:
                move.result()
        freeze(heard, manifest)
        (down,) = heard.named("ServiceDown")
        assert down["labels"]["job"] == "api"
        assert down["annotations"]["summary"] == f"api is down at localhost:{ports['api']}"

        # What fired before Prometheus knew its Alertmanager is told a minute later.
        heard.arrive("firing", [*BY_THRESHOLD, *ENDLESS])
        write(USUAL)
        run(manifest, "reload")
        heard.arrive("resolved", BY_THRESHOLD)
        assert heard.firing == set(ENDLESS)


def break_configurations(heard: Inbox, configurations: dict[str, tuple[Path, int]]) -> None:
    for file, port in configurations.values():
        good = file.read_text()
        file.write_text("neither: [a configuration\n")
        refused(f"http://127.0.0.1:{port}/-/reload")
        file.write_text(good)
    heard.arrive("firing", configurations)
    for _, port in configurations.values():
        post(f"http://127.0.0.1:{port}/-/reload")
    heard.arrive("resolved", configurations)


def break_services(heard: Inbox, empty: App, gone: App, prometheus: int) -> None:
    empty.answers["/metrics"] = (200, "text/plain; version=0.0.4", b"")
    empty.answers["/found"] = (200, "application/json", b"[]")
    broken = ["ServiceNoMetrics", "ServiceAbsent", "ProbeFailed"]
    heard.arrive("firing", broken)
    del empty.answers["/metrics"]
    discovered(empty, prometheus)
    gone.start()
    heard.arrive("resolved", broken)


def break_batch(heard: Inbox, batch: str) -> None:
    heard.arrive("firing", ["BatchStale"])
    push_success(batch, time.time() - 3600)
    refused(batch, b"nightly_rows 3 1700000000000\n", "PUT")
    heard.arrive("resolved", ["BatchStale"])
    heard.arrive("firing", ["BatchFailed", "BatchPushRefused"])
    push_success(batch, time.time())
    heard.arrive("resolved", ["BatchFailed", "BatchPushRefused"])


def break_disk(heard: Inbox, disk: Disk) -> None:
    disk.fill()
    heard.arrive("firing", ["HostDiskFillsUp"])
    disk.empty()
    disk.remount("ro")
    heard.arrive("resolved", ["HostDiskFillsUp"])
    heard.arrive("firing", ["HostDiskReadOnly"])
    disk.remount("rw")
    heard.arrive("resolved", ["HostDiskReadOnly"])


def freeze(heard: Inbox, manifest: Path) -> None:
    node = process.read(manifest.parent / ".stackctl" / "pids" / "node.pid")
    assert node
    process.send(node, signal.SIGSTOP)
    try:
        heard.arrive("firing", ["HostDown"])
    finally:
        process.send(node, signal.SIGCONT)
    heard.arrive("resolved", ["HostDown"])


def renew_certificate(heard: Inbox, server: SecureServer) -> None:
    heard.arrive("firing", ["CertificateExpires"])
    server.certify(QUARTER)
    heard.arrive("resolved", ["CertificateExpires"])


def break_databases(heard: Inbox, postgres: Postgres, redis: Redis) -> None:
    deadlock(postgres)
    full = [
        "PostgresConnectionsHigh",
        "PostgresTransactionLong",
        "RedisMemoryHigh",
        "RedisClientsHigh",
        "RedisSaveFailed",
    ]
    snapshot = redis.folder / "dump.rdb"
    with ExitStack() as held:
        for _ in range(SESSIONS):
            session = held.enter_context(postgres.session())
            session.say("BEGIN; SELECT 1;")
            assert session.hear() == "1"
        snapshot.mkdir()
        redis.do("BGSAVE")
        redis.do("CONFIG SET maxmemory 1mb")
        redis.do(f"CONFIG SET maxclients {CLIENTS}")
        # The exporter is a client too.
        for _ in range(CLIENTS - 2):
            held.enter_context(redis.client())
        heard.arrive("firing", full)
        for _ in range(CLIENTS):
            held.enter_context(redis.client())
        # With all others there is no room for the exporter, which has to tell of it.
    heard.arrive("firing", ["RedisRejectsConnections"])
    snapshot.rmdir()
    redis.do("BGSAVE")
    redis.do("CONFIG SET maxmemory 1gb")
    heard.arrive("resolved", [*full, "RedisRejectsConnections"])

    redis.kill()
    heard.arrive("firing", ["RedisDown"])
    redis.start()
    heard.arrive("resolved", ["RedisDown"])


def discovered(app: App, port: int) -> None:
    """Let the list that the application serves have one target."""
    app.answers["/found"] = (200, "application/json", json.dumps([{"targets": [f"localhost:{port}"]}]).encode())


def push_success(url: str, when: float) -> None:
    post(url, f"nightly_rows 3\nnightly_last_success_timestamp_seconds {when}\n".encode(), "PUT")
