"""The packs of runtimes, of gRPC and of Grafana on a real Prometheus: what is provoked arrives and ends.

Node.js and Python are real processes with their client libraries; `simulate` drives the contracts of the others.
Every panel has data, every rule what it asks for. A cache with one counter is there too.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import prometheus_client
import pytest

from stackctl import tools
from tests.e2e.nodejs import Application, running_node
from tests.e2e.packs_live import PATIENCE_SECONDS, RUNTIMES, Inbox, holds, inbox, running, simulated
from tests.e2e.real_stack import App, cannot_run
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]

SIMULATED = ("calls", "java", "micrometer", "go", "board", "snake")
PORTS = ("prometheus", "alertmanager", "node", "python", "old", "control", *SIMULATED)
HOUR_SECONDS = 3600
# What a process had more than three hours ago, and has at first: it gives it back.
GREW = {
    "go_goroutines": (1500, 4000),
    "nodejs_heap_size_used_bytes": (3e8, 9e8),
    "process_resident_memory_bytes": (3e8, 9e8),
}
# What a consumer that is stuck has at last, and at first.
WAITS = {
    'kafka_consumergroup_lag{consumergroup="g",topic="t",partition="0"}': (0, 9),
    'kafka_consumergroup_current_offset{consumergroup="g",topic="t",partition="0"}': (50, 50),
}
GROWN = ("GoGoroutinesGrow", "NodejsHeapGrows", "PythonMemoryGrows", "KafkaConsumerStuck")
MANIFEST = """\
version: 1
name: stackctl-runtimes-{prometheus}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
alertmanager:
  listen: {alertmanager}
  receivers: {{team: {{webhook: {{url: "http://127.0.0.1:{inbox}/"}}}}}}
  route: {{receiver: team, group_by: [alertname], group_wait: 1s, group_interval: 1s}}
services:
  calls:
    targets: ["localhost:{calls}"]
    metrics:
      grpc_server_handled_total:
        type: counter
        labels: {{grpc_type: [unary], grpc_method: [Get, Put], grpc_code: [OK, NotFound, Internal]}}
        range: [50, 400]
      grpc_server_handling_seconds:
        type: histogram
        labels: {{grpc_type: [unary, server_stream], grpc_service: [shop.Carts], grpc_method: [Get, Put]}}
      shop_cache_requests_total: {{type: counter, labels: {{result: [hit, error]}}, range: [0, 400]}}
  java:
    targets: ["localhost:{java}"]
    metrics:
      jvm_memory_used_bytes: {{type: gauge, labels: {{area: [heap, nonheap]}}, range: [1e8, 9.8e8]}}
      jvm_memory_committed_bytes: {{type: gauge, labels: {{area: [heap, nonheap]}}, range: [1e9, 1e9]}}
      jvm_memory_max_bytes: {{type: gauge, labels: {{area: [heap, nonheap]}}, range: [1e9, 1e9]}}
      jvm_gc_collection_seconds: {{type: summary, labels: {{gc: [Copy, MarkSweepCompact]}}, range: [0.001, 1]}}
      jvm_threads_current: {{type: gauge, range: [10, 100]}}
      jvm_threads_state: {{type: gauge, labels: {{state: [RUNNABLE, BLOCKED]}}, range: [5, 50]}}
      jvm_threads_deadlocked: {{type: gauge, range: [0, 1]}}
      jvm_classes_currently_loaded: {{type: gauge, range: [2000, 3000]}}
      process_start_time_seconds: {{type: gauge}}
  micrometer:
    targets: ["localhost:{micrometer}"]
    metrics:
      jvm_memory_used_bytes: {{type: gauge, labels: {{area: [heap, nonheap], id: [Eden, Old]}}, range: [1e8, 2e8]}}
      jvm_memory_committed_bytes: {{type: gauge, labels: {{area: [heap, nonheap], id: [Eden, Old]}}, range: [1e9, 1e9]}}
      jvm_memory_max_bytes: {{type: gauge, labels: {{area: [heap, nonheap], id: [Eden, Old]}}, range: [1e9, 1e9]}}
      jvm_gc_pause_seconds: {{type: summary, labels: {{gc: [Copy], cause: [Allocation Failure]}}}}
      jvm_threads_live_threads: {{type: gauge, range: [10, 100]}}
      jvm_threads_states_threads: {{type: gauge, labels: {{state: [runnable, blocked]}}, range: [5, 50]}}
      jvm_classes_loaded_classes: {{type: gauge, range: [2000, 3000]}}
      process_start_time_seconds: {{type: gauge}}
  node: {{targets: ["localhost:{node}"]}}
  go:
    targets: ["localhost:{go}"]
    metrics:
      go_goroutines: {{type: gauge, range: [10, 500]}}
      go_gc_duration_seconds: {{type: summary, quantiles: [0.5, 1]}}
      go_memstats_heap_inuse_bytes: {{type: gauge, range: [1e8, 5e8]}}
      go_memstats_sys_bytes: {{type: gauge, range: [1e8, 9.9e8]}}
      go_memstats_heap_released_bytes: {{type: gauge, range: [1e6, 1e6]}}
      go_gc_gomemlimit_bytes: {{type: gauge, range: [1e9, 1e9]}}
      process_resident_memory_bytes: {{type: gauge, range: [3e8, 5e8]}}
      process_cpu_seconds_total: {{type: counter}}
      process_open_fds: {{type: gauge, range: [10, 100]}}
      process_max_fds: {{type: gauge, range: [1024, 1024]}}
      process_start_time_seconds: {{type: gauge}}
  board:
    targets: ["localhost:{board}"]
    metrics:
      grafana_build_info: {{type: gauge, labels: {{version: [12.1.1], edition: [oss]}}, range: [1, 1]}}
      grafana_http_request_duration_seconds:
        type: histogram
        labels: {{handler: [/login, /api/ds/query], method: [GET, POST], status_code: ["200", "400", "500"]}}
      grafana_http_request_in_flight: {{type: gauge, range: [0, 10]}}
      grafana_datasource_request_total:
        {{type: counter, labels: {{datasource: [prometheus], code: ["200", "500"], method: [post]}}}}
      grafana_datasource_request_duration_seconds: {{type: histogram, labels: {{datasource: [prometheus]}}}}
      grafana_alerting_rule_evaluations_total: {{type: counter, labels: {{org: ["1"]}}}}
      grafana_alerting_rule_evaluation_failures_total: {{type: counter, labels: {{org: ["1"]}}}}
      grafana_alerting_scheduler_behind_seconds: {{type: gauge, range: [0, 1]}}
      process_resident_memory_bytes: {{type: gauge, range: [3e8, 5e8]}}
  snake:
    targets: ["localhost:{snake}"]
    metrics:
      process_resident_memory_bytes: {{type: gauge, range: [3e8, 5e8]}}
      process_start_time_seconds: {{type: gauge}}
      python_gc_objects_uncollectable_total: {{type: counter, labels: {{generation: ["2"]}}, range: [0, 10]}}
  python: {{targets: ["localhost:{python}"]}}
  itself: {{targets: ["localhost:{prometheus}"]}}
  old: {{targets: ["localhost:{old}"]}}
rules:
  - pack: grpc
    services: [calls]
    with: {{window: 5s, enough: 5}}
    override: {{GrpcErrors: {{for: 1s}}, GrpcErrorsCritical: {{for: 1s}}, GrpcSlow: {{for: 1s}}}}
  # Ten minutes are judged, of which the failures are a part only.
  - pack: cache
    services: [calls]
    with: {{miss: error, min_hits: 0.9}}
    override: {{CacheMisses: {{for: 1s}}}}
  - pack: runtime-jvm
    services: [java]
    with: {{window: 3s}}
    override: {{JvmHeapHigh: {{for: 1s}}, JvmGcTimeHigh: {{for: 1s}}, JvmThreadsDeadlocked: {{for: 1s}}}}
  - {{pack: runtime-jvm, services: [micrometer], with: {{gc: jvm_gc_pause_seconds, deadlocked: off}}}}
  - {{pack: runtime-nodejs, services: [node], override: {{NodejsEventLoopLags: {{for: 1s}}}}}}
  - {{pack: runtime-go, services: [go, itself], override: {{GoMemoryNearLimit: {{for: 1s}}}}}}
  - {{pack: runtime-python, services: [python, snake], with: {{window: 5s}}}}
  - {{pack: runtime-go, services: [old], override: {{GoGoroutinesGrow: {{for: 1s}}, GoMemoryNearLimit: off}}}}
  - {{pack: runtime-nodejs, services: [old], override: {{NodejsHeapGrows: {{for: 1s}}, NodejsEventLoopLags: off}}}}
  - pack: runtime-python
    services: [old]
    override: {{PythonMemoryGrows: {{for: 1s}}, PythonGarbageUncollectable: off}}
  - pack: kafka
    services: [old]
    override:
      KafkaConsumerStuck: {{for: 1s}}
      KafkaBrokersMissing: off
      KafkaUnderReplicated: off
      KafkaLagHigh: off
      KafkaLagGrows: off
  - pack: grafana
    services: [board]
    with: {{grafana_down_for: 1s, alerting: true, window: 5s, enough: 5, max_query_errors: 0.3}}
    override: {{GrafanaErrors: {{for: 1s}}, GrafanaQueriesFail: {{for: 1s}}, GrafanaAlertRulesFail: {{for: 1s}}}}
dashboards:
  - {{pack: grpc, services: [calls]}}
  - {{pack: cache, services: [calls], with: {{miss: error}}}}
  - {{pack: runtime-jvm, services: [java]}}
  - pack: runtime-jvm
    services: [micrometer]
    with:
      gc: jvm_gc_pause_seconds
      threads: jvm_threads_live_threads
      states: jvm_threads_states_threads
      classes: jvm_classes_loaded_classes
  - {{pack: runtime-nodejs, services: [node]}}
  - {{pack: runtime-go, services: [go, itself]}}
  - {{pack: runtime-python, services: [python]}}
  - {{pack: grafana, services: [board], with: {{by_datasource: true, alerting: true}}}}
"""


# It waits for the alerts of several scenarios one after the other.
@pytest.mark.timeout(600)
def test_packs_of_runtimes_have_data_and_alerts_that_arrive(tmp_path: Path) -> None:
    for name in ("prometheus", "promtool", "alertmanager"):
        if tools.locate(name) is None:
            cannot_run(f"no {name}: run `stackctl tools install {name}`")
    manifest, ports = tmp_path / "stack.yml", {name: free_port() for name in PORTS}
    with (
        inbox() as heard,
        python_itself(ports["python"]),
        running_node(ports["node"]) as node,
        old_process(ports["old"]) as old,
    ):
        manifest.write_text(MANIFEST.format(inbox=heard.port, **ports))
        remember(manifest, ports["old"])
        with simulated(manifest, ports["control"], SIMULATED) as simulation, running(manifest):
            holds(manifest, "panel.data", "rule.data")
            # None has to do with another, so they need not wait for each other.
            with ThreadPoolExecutor() as beside:
                moves = [
                    beside.submit(simulation.provoke, heard, RUNTIMES),
                    beside.submit(block, heard, node),
                    beside.submit(shrink, heard, old),
                ]
                for move in moves:
                    move.result()


def block(heard: Inbox, node: Application) -> None:
    node.do("block")
    heard.arrive("firing", ["NodejsEventLoopLags"])
    node.do("calm")
    heard.arrive("resolved", ["NodejsEventLoopLags"])


@contextmanager
def python_itself(port: int) -> Iterator[None]:
    """What the client library serves unasked of a real Python process: this one."""
    server, thread = prometheus_client.start_http_server(port, addr="127.0.0.1")
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE_SECONDS)


@contextmanager
def old_process(port: int) -> Iterator[App]:
    """What serves the metrics of a process that has been running for a day, and has grown."""
    app = App("127.0.0.1", port)
    serve(app, {name: now for name, (_, now) in (GREW | WAITS).items()})
    app.start()
    try:
        yield app
    finally:
        app.stop()


def serve(app: App, values: Mapping[str, float]) -> None:
    shown = {**values, "process_start_time_seconds": time.time() - 24 * HOUR_SECONDS}
    text = "".join(f"{name} {value}\n" for name, value in shown.items())
    app.answers["/metrics"] = (200, "text/plain; version=0.0.4", text.encode())


def shrink(heard: Inbox, old: App) -> None:
    heard.arrive("firing", GROWN)
    serve(old, {name: then for name, (then, _) in (GREW | WAITS).items()})
    heard.arrive("resolved", GROWN)


def remember(manifest: Path, port: int) -> None:
    """Give Prometheus, which has not started yet, the data of the hour that was three hours ago."""
    data, samples = manifest.parent / ".stackctl" / "data" / "prometheus", manifest.parent / "samples"
    hour = range(int(time.time()) - 4 * HOUR_SECONDS, int(time.time()) - 3 * HOUR_SECONDS, 60)
    labels = f'{{job="old",instance="localhost:{port}"}}'
    lines = [f"{name}{labels} {then} {when}\n" for name, (then, _) in GREW.items() for when in hour]
    samples.write_text("".join([*lines, "# EOF\n"]))
    data.mkdir(parents=True)
    promtool = [str(tools.require("promtool").path), "tsdb", "create-blocks-from", "openmetrics"]
    subprocess.run([*promtool, str(samples), str(data)], check=True, capture_output=True, timeout=PATIENCE_SECONDS)
