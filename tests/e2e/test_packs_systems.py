"""The packs of servers: nginx and its exporter as they are, simulated exporters of what cannot be had here.

Every panel has data, every rule what it asks for; what is provoked arrives, and ends.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest

from stackctl import tools
from stackctl.wait import wait_until
from tests.e2e.packs_live import SYSTEMS, SYSTEMS_BY_THRESHOLD, holds, inbox, run, running, simulated, verified
from tests.e2e.real_stack import cannot_run, listens
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

END_SECONDS = 10
# Debian has no exporter for memcached, and there is no Kafka, ClickHouse or cAdvisor to be had natively.
# `house`, `store` and `replica` are others of their kind, which get into what those do not.
SIMULATED = (
    *("cadvisor", "kafka", "clickhouse", "memcached", "postgres", "mysql", "mongodb", "process", "rabbitmq", "windows"),
    "stackctl",
    *("house", "store", "replica"),
)
PORTS = ("prometheus", "alertmanager", "nginx", "server", "control", *SIMULATED)
MAX_CONNECTIONS = 16
# What is too sharp, and what is usual.
SHARP = {"throttled": "0", "restarts": "-1", "brokers": "3", "hits": "1"}
USUAL = {"throttled": "1", "restarts": "3", "brokers": "2", "hits": "0"}
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
  postgres: {{listen: {postgres}, dsn: "postgresql://monitor@localhost:5432/postgres"}}
  mysql: {{listen: {mysql}, address: "localhost:3306"}}
  mongodb: {{listen: {mongodb}, address: "localhost:27017"}}
  process: {{listen: {process}}}
  rabbitmq: {{targets: ["localhost:{rabbitmq}"]}}
  windows: {{targets: ["localhost:{windows}"]}}
  stackctl: {{targets: ["localhost:{stackctl}"]}}
services:
  house:
    targets: ["localhost:{house}"]
    metrics:
      ClickHouseProfileEvents_DelayedInserts: {{type: counter, range: [0, 20]}}
      ClickHouseProfileEvents_RejectedInserts: {{type: counter, range: [0, 20]}}
  store:
    targets: ["localhost:{store}"]
    metrics:
      memcached_connections_rejected_total: {{type: counter, range: [0, 20]}}
      memcached_connections_listener_disabled_total: {{type: counter, range: [0, 0]}}
  replica:
    targets: ["localhost:{replica}"]
    metrics:
      pg_replication_lag_seconds: {{type: gauge, range: [0, 60]}}
      pg_replication_is_replica: {{type: gauge, range: [1, 1]}}
rules:
  - pack: containers
    with: {{oom_events: true, max_throttled: {throttled}, max_restarts: {restarts}}}
    override: {{CadvisorDown: {{for: 1s}}, ContainerMemoryHigh: {{for: 1s}}, ContainerCpuThrottled: {{for: 1s}}}}
  - pack: kafka
    with: {{window: 5s, brokers: {brokers}}}
    override:
      KafkaBrokersMissing: {{for: 1s}}
      KafkaUnderReplicated: {{for: 1s}}
      KafkaLagHigh: {{for: 1s}}
      KafkaLagGrows: {{for: 1s}}
  - pack: clickhouse
    with: {{max_failed_queries: 0.04}}
    override:
      ClickHouseDown: {{for: 1s}}
      ClickHouseReadonlyReplica: {{for: 1s}}
      ClickHouseReplicaLags: {{for: 1s}}
      ClickHousePartsHigh: {{for: 1s}}
      ClickHouseQueriesFail: {{for: 1s}}
  - {{pack: nginx, with: {{window: 10s}}, override: {{NginxDown: {{for: 1s}}}}}}
  - pack: memcached
    with: {{window: 5s, min_hits: {hits}}}
    override:
      MemcachedDown: {{for: 1s}}
      MemcachedConnectionsHigh: {{for: 1s}}
      MemcachedEvicts: {{for: 1s}}
      MemcachedMisses: {{for: 1s}}
  # Of a real one there is more in test_packs.py.
  - {{pack: postgres, override: {{PostgresDown: {{for: 1s}}}}}}
  - pack: clickhouse
    services: [house]
    with: {{window: 5s}}
    override:
      ClickHouseInsertsDelayed: {{for: 1s}}
      ClickHouseDown: off
      ClickHouseReadonlyReplica: off
      ClickHouseReplicaLags: off
      ClickHousePartsHigh: off
      ClickHouseQueriesFail: off
  - {{pack: mysql, override: {{MysqlDown: {{for: 1s}}, MysqlConnectionsHigh: {{for: 1s}}}}}}
  - {{pack: mongodb, override: {{MongodbDown: {{for: 1s}}, MongodbCacheFull: {{for: 1s}}}}}}
  - pack: processes
    override:
      ProcessGroupFilesExhausted: {{for: 1s}}
      ProcessGroupZombies: {{for: 1s}}
      ProcessExporterDown: {{for: 1s}}
  - pack: rabbitmq
    override:
      RabbitmqMemoryAlarm: {{for: 1s}}
      RabbitmqDiskAlarm: {{for: 1s}}
      RabbitmqMessagesWait: {{for: 1s}}
      RabbitmqFilesExhausted: {{for: 1s}}
      RabbitmqDown: {{for: 1s}}
  - pack: windows
    override: {{WindowsMemoryHigh: {{for: 1s}}, WindowsDiskFull: {{for: 1s}}, WindowsDown: {{for: 1s}}}}
  - pack: stackctl
    override: {{StackctlCheckFailed: {{for: 1s}}, StackctlCannotVerify: {{for: 1s}}, StackctlDown: {{for: 1s}}}}
  - pack: memcached
    services: [store]
    with: {{window: 5s}}
    override: {{MemcachedDown: off, MemcachedConnectionsHigh: off, MemcachedEvicts: off, MemcachedMisses: off}}
  - pack: postgres
    services: [replica]
    override:
      PostgresReplicaLags: {{for: 1s}}
      PostgresDown: off
      PostgresConnectionsHigh: off
      PostgresTransactionLong: off
      PostgresDeadlocks: off
dashboards:
  - pack: containers
  - pack: kafka
  - pack: clickhouse
  - pack: nginx
  - pack: memcached
  - pack: mysql
  - pack: mongodb
  - pack: processes
  - pack: rabbitmq
  - pack: windows
  - pack: stackctl
"""


# It waits for the alerts of several scenarios one after the other.
@pytest.mark.timeout(600)
def test_packs_of_servers_have_data_and_alerts_that_arrive(tmp_path: Path) -> None:
    for name in ("prometheus", "alertmanager", "nginx-prometheus-exporter"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install {name}`")
    manifest, ports = tmp_path / "stack.yml", {name: free_port() for name in PORTS}
    with ExitStack() as around:
        heard = around.enter_context(inbox())
        manifest.write_text(MANIFEST.format(inbox=heard.port, **ports, **SHARP))
        simulation = around.enter_context(simulated(manifest, ports["control"], SIMULATED))
        simulation.calm(SIMULATED)
        server = around.enter_context(ExitStack())
        server.enter_context(nginx(tmp_path, ports["server"]))
        around.enter_context(running(manifest, "prometheus", "alertmanager", "nginx"))

        holds(manifest, "panel.data", "rule.data", "exporter.works")
        assert heard.firing <= set(SYSTEMS_BY_THRESHOLD), "nothing else fires while all is well"

        flood(ports["server"])
        heard.arrive("firing", ["NginxConnectionsDropped"])
        server.close()
        heard.arrive("firing", ["NginxDown"])
        assert verified(manifest, "exporter.works")["nginx"][0] == "fail"
        server.enter_context(nginx(tmp_path, ports["server"]))
        heard.arrive("resolved", ["NginxDown", "NginxConnectionsDropped"])

        simulation.provoke(heard, SYSTEMS)
        heard.arrive("firing", SYSTEMS_BY_THRESHOLD)
        manifest.write_text(MANIFEST.format(inbox=heard.port, **ports, **USUAL))
        run(manifest, "reload")
        heard.arrive("resolved", SYSTEMS_BY_THRESHOLD)


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
