"""The packs of servers: nginx and its exporter as they are, simulated exporters of what cannot be had here.

Every panel has data, every rule what it asks for; what is provoked arrives, and ends.
"""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stackctl import tools
from stackctl.wait import wait_until
from tests.e2e.real_stack import cannot_run, free_port, listens, stackctl
from tests.e2e.test_packs import PATIENCE_SECONDS, post, verified

pytestmark = [pytest.mark.e2e, pytest.mark.native]

END_SECONDS = 10
# Debian has no exporter for memcached, and there is no Kafka, ClickHouse or cAdvisor to be had natively.
SIMULATED = ("cadvisor", "kafka", "clickhouse", "memcached")
PORTS = ("prometheus", "alertmanager", "nginx", "server", "control", *SIMULATED)
MAX_CONNECTIONS = 16
PROVOKED = {
    "cadvisor": "ContainerMemoryHigh",
    "kafka": "KafkaUnderReplicated",
    "clickhouse": "ClickHouseReadonlyReplica",
    "memcached": "MemcachedDown",
}
MANIFEST = """\
version: 1
name: stackctl-systems-{prometheus}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
alertmanager:
  listen: {alertmanager}
  receivers: {{team: {{webhook: {{url: "http://127.0.0.1:{inbox}/"}}}}}}
  route: {{receiver: team, group_by: [alertname], group_wait: 1s, group_interval: 1s}}
exporters:
  nginx: {{listen: {nginx}, url: "http://localhost:{server}/stub_status"}}
  memcached: {{listen: {memcached}, address: "localhost:11211"}}
  cadvisor: {{listen: {cadvisor}, resources: {{cpus: 1}}}}
  kafka: {{listen: {kafka}, brokers: ["one:9092", "two:9092"]}}
  clickhouse: {{target: "localhost:{clickhouse}"}}
rules:
  - {{pack: containers, with: {{oom_events: true}}, override: {{ContainerMemoryHigh: {{for: 1s}}}}}}
  - {{pack: kafka, override: {{KafkaUnderReplicated: {{for: 1s}}}}}}
  - {{pack: clickhouse, override: {{ClickHouseReadonlyReplica: {{for: 1s}}}}}}
  - {{pack: nginx, override: {{NginxDown: {{for: 1s}}}}}}
  - {{pack: memcached, override: {{MemcachedDown: {{for: 1s}}}}}}
dashboards: [{{pack: containers}}, {{pack: kafka}}, {{pack: clickhouse}}, {{pack: nginx}}, {{pack: memcached}}]
"""


def test_packs_of_servers_must_have_data_and_their_alerts_must_arrive_and_end(tmp_path: Path) -> None:
    for name in ("prometheus", "alertmanager", "nginx-prometheus-exporter"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install {name}`")
    manifest, ports = tmp_path / "stack.yml", {name: free_port() for name in PORTS}
    with ExitStack() as around:
        port, last = around.enter_context(inbox())
        manifest.write_text(MANIFEST.format(inbox=port, **ports))
        around.enter_context(simulated(manifest, ports["control"]))
        server = around.enter_context(ExitStack())
        server.enter_context(nginx(tmp_path, ports["server"]))
        around.enter_context(running(manifest))

        for id in ("panel.data", "rule.data", "exporter.works"):
            verdicts = verified(manifest, id)
            assert len(verdicts) >= len(SIMULATED), id
            assert {subject: each for subject, each in verdicts.items() if each[0] != "pass"} == {}
        assert last == {}, "nothing fires while all is well"

        for name in SIMULATED:
            post(f"http://127.0.0.1:{ports['control']}/-/scenario?service={name}&name=saturated")
        flood(ports["server"])
        arrive(last, {**dict.fromkeys(PROVOKED.values(), "firing"), "NginxConnectionsDropped": "firing"})

        for name in SIMULATED:
            post(f"http://127.0.0.1:{ports['control']}/-/scenario?service={name}&name=normal")
        server.close()
        arrive(last, {**dict.fromkeys(PROVOKED.values(), "resolved"), "NginxDown": "firing"})
        assert verified(manifest, "exporter.works")["nginx"][0] == "fail"

        server.enter_context(nginx(tmp_path, ports["server"]))
        arrive(last, {"NginxDown": "resolved"})


def arrive(last: dict[str, str], expected: dict[str, str]) -> None:
    """Wait until the last that was heard of each alert is as expected."""
    wait_until(
        lambda: dict(last), lambda seen: expected.items() <= seen.items(), PATIENCE_SECONDS, what="the notifications"
    )


def flood(port: int) -> None:
    """Open connections until nginx closes one unheard. It is writing to all others: it would close idle ones first."""
    with ExitStack() as opened:
        for _ in range(MAX_CONNECTIONS + 1):
            client = opened.enter_context(socket.create_connection(("127.0.0.1", port), END_SECONDS))
            if not is_heard(client):
                return
        pytest.fail("nginx takes all connections")


def is_heard(client: socket.socket) -> bool:
    """Whether nginx begins to answer."""
    with suppress(ConnectionError):
        client.sendall(b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return client.recv(1) != b""
    return False


@contextmanager
def nginx(folder: Path, port: int) -> Iterator[None]:
    """nginx with its page of `stub_status`, another that takes long, and few connections."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if program is None:
        cannot_run("no nginx server is installed")
    paths = "".join(
        f"{kind}_temp_path {folder}/{kind}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;\n"
        f"events {{ worker_connections {MAX_CONNECTIONS}; }}\n"
        f"http {{ access_log off; {paths}\n"
        f"  server {{ listen 127.0.0.1:{port}; location = /stub_status {{ stub_status; }}\n"
        "    location = /slow { limit_rate 1; return 200 slow; } } }\n"
    )
    arguments = [str(program), "-c", str(folder / "nginx.conf"), "-e", str(folder / "nginx.log")]
    with subprocess.Popen(arguments) as server:
        try:
            wait_until(lambda: listens(port), bool, END_SECONDS, what="nginx to listen")
            yield
        finally:
            server.terminate()
            server.wait(END_SECONDS)


@contextmanager
def running(manifest: Path) -> Iterator[None]:
    """What of the stack is not simulated."""
    up = stackctl("-f", str(manifest), "up", "--runtime", "native", "prometheus", "alertmanager", "nginx")
    try:
        assert up.returncode == 0, up.stderr
        yield
    finally:
        stackctl("-f", str(manifest), "down", "--volumes")


@contextmanager
def simulated(manifest: Path, control: int) -> Iterator[None]:
    """The exporters that cannot be had, served until the end."""
    command = [sys.executable, "-m", "stackctl", "-f", str(manifest), "simulate", *SIMULATED]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*command, "--control-port", str(control)], **quiet) as server:  # type: ignore[call-overload]
        try:
            wait_until(lambda: listens(control), bool, PATIENCE_SECONDS, what="simulate to listen")
            yield
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE_SECONDS)


@contextmanager
def inbox() -> Iterator[tuple[int, dict[str, str]]]:
    """A receiver of notifications: its port, and the last status of each alert by name."""
    last: dict[str, str] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            last[message["groupLabels"]["alertname"]] = message["status"]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1], last
    finally:
        server.shutdown()
        server.server_close()
