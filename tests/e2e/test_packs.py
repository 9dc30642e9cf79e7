"""Packs on real servers: every panel has data, every rule what it asks for, and provoked alerts arrive."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stackctl import tools
from stackctl.wait import wait_until
from tests.e2e.real_stack import cannot_run, free_port, listens, stackctl
from tests.e2e.test_exporters import PASSWORD, QUOTED, postgres, redis

__all__ = ["postgres", "redis"]  # fixtures

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PATIENCE_SECONDS = 90
TOOLS = ("prometheus", "alertmanager", "pushgateway", "node_exporter", "blackbox_exporter")
PORTS = ("prometheus", "alertmanager", "pushgateway", "node", "blackbox", "pg", "rd", "api", "control", "nobody")
MANIFEST = """\
version: 1
name: stackctl-packs-{prometheus}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
alertmanager:
  listen: {alertmanager}
  receivers: {{team: {{webhook: {{url: "http://127.0.0.1:{inbox}/"}}}}}}
  route: {{receiver: team, group_by: [alertname], group_wait: 1s, group_interval: 1s}}
pushgateway: {{listen: {pushgateway}}}
exporters:
  node: {{listen: {node}}}
  blackbox:
    listen: {blackbox}
    probes:
      ready: {{url: "http://localhost:{prometheus}/-/ready"}}
      gone: {{url: "http://localhost:{nobody}/"}}
  postgres: {{listen: {pg}, dsn: "postgresql://monitor:{quoted}@localhost:{database}/postgres?sslmode=disable"}}
  redis: {{listen: {rd}, address: "localhost:{store}", password: "{password}"}}
services:
  api:
    targets: ["localhost:{api}"]
    metrics:
      http_requests_total: {{type: counter, labels: {{method: [GET, POST], code: ["200", "500"]}}, range: [50, 400]}}
      http_request_duration_seconds: {{type: histogram, labels: {{method: [GET, POST]}}, range: [0.02, 3]}}
      shop_queue_length: {{type: gauge, range: [1, 500]}}
      shop_cache_hits_total: {{type: counter, range: [50, 100]}}
      shop_cache_misses_total: {{type: counter, range: [1, 10]}}
      db_pool_used: {{type: gauge, range: [1, 10]}}
      db_pool_size: {{type: gauge, range: [20, 20]}}
  itself: {{targets: ["localhost:{prometheus}"]}}
rules:
  - {{pack: service-health, with: {{down_for: 2s}}}}
  - {{pack: http, services: [api], with: {{window: 20s, enough: 5}}, override: {{HttpErrors: {{for: 1s}}}}}}
  - {{pack: process, services: [itself]}}
  - {{pack: queue, services: [api]}}
  - {{pack: cache, services: [api]}}
  - {{pack: pool, services: [api]}}
  - pack: host
  - {{pack: blackbox, with: {{down_for: 2s}}}}
  - pack: batch
  - pack: postgres
  - pack: redis
  - pack: prometheus
  - pack: alertmanager
  - pack: deadman
dashboards:
  - pack: overview
  - {{pack: red, services: [api]}}
  - {{pack: queue, services: [api]}}
  - {{pack: cache, services: [api]}}
  - {{pack: pool, services: [api]}}
  - {{pack: runtime-go, services: [itself]}}
  - pack: host
  - pack: blackbox
  - pack: batch
  - pack: postgres
  - pack: redis
  - pack: prometheus
  - pack: alertmanager
"""


def test_packs_must_have_data_and_their_alerts_must_arrive(
    tmp_path: Path, postgres: int, redis: tuple[int, subprocess.Popen[bytes]]
) -> None:
    for name in (*TOOLS, "postgres_exporter", "redis_exporter"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install {name}`")
    manifest, ports = tmp_path / "stack.yml", {name: free_port() for name in PORTS}
    with inbox() as (port, arrived):
        text = MANIFEST.format(inbox=port, database=postgres, store=redis[0], password=PASSWORD, quoted=QUOTED, **ports)
        manifest.write_text(text)
        with simulated(manifest, ports["control"]), running(manifest):
            post(f"http://127.0.0.1:{ports['pushgateway']}/metrics/job/nightly", b"nightly_rows 3\n", "PUT")
            post(f"http://127.0.0.1:{ports['control']}/-/scenario?service=api&name=errors")
            expected = {"Watchdog", "ProbeFailed", "HttpErrors"}
            wait_until(lambda: set(arrived), lambda seen: expected <= seen, PATIENCE_SECONDS, what="the alerts")
            for id in ("panel.data", "rule.data"):
                verdicts = verified(manifest, id)
                bad = {subject: summary for subject, (status, summary) in verdicts.items() if status != "pass"}
                assert verdicts, id
                assert bad == {}
            post(f"http://127.0.0.1:{ports['control']}/-/scenario?service=api&name=down")
            wait_until(lambda: set(arrived), lambda seen: "ServiceDown" in seen, PATIENCE_SECONDS, what="ServiceDown")
            assert arrived["ServiceDown"]["labels"]["job"] == "api"
            assert arrived["ServiceDown"]["annotations"]["summary"] == f"api is down at localhost:{ports['api']}"


def verified(manifest: Path, id: str) -> dict[str, tuple[str, str]]:
    """What verify finds of each subject: status and summary."""
    ran = stackctl("-f", str(manifest), "verify", "--only", id, "--timeout", "60s", "-o", "json")
    return {each["subject"]: (each["status"], each["summary"]) for each in json.loads(ran.stdout)["checks"]}


@contextmanager
def running(manifest: Path) -> Iterator[None]:
    up = stackctl("-f", str(manifest), "up", "--runtime", "native")
    try:
        assert up.returncode == 0, up.stderr
        yield
    finally:
        stackctl("-f", str(manifest), "down", "--volumes")


@contextmanager
def simulated(manifest: Path, control: int) -> Iterator[None]:
    """The service `api`, served until the end."""
    command = [sys.executable, "-m", "stackctl", "-f", str(manifest), "simulate", "api", "--control-port", str(control)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: listens(control), bool, PATIENCE_SECONDS, what="simulate to listen")
            yield
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE_SECONDS)


@contextmanager
def inbox() -> Iterator[tuple[int, dict[str, dict[str, Any]]]]:
    """A receiver of notifications: its port, and the last alert of each name that has arrived firing."""
    arrived: dict[str, dict[str, Any]] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            for alert in message["alerts"]:
                if alert["status"] == "firing":
                    arrived[alert["labels"]["alertname"]] = alert
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], arrived
    finally:
        server.shutdown()
        server.server_close()


def post(url: str, body: bytes = b"", method: str = "POST") -> None:
    request = urllib.request.Request(url, data=body, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status < 300
