"""Every example works whole: its contract is served and arrives, its panels have data, its alerts reach a receiver.

The examples are played with time compressed: intervals of a second, and no waiting in an alert's `for`.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml

from stackctl.clients.http import Http
from stackctl.clients.prometheus import Prometheus
from stackctl.manifest import load
from stackctl.promql.grafana import runnable
from stackctl.wait import wait_until
from tests.e2e.real_stack import BOTH, free_port, need, stackctl

pytestmark = pytest.mark.e2e

EXAMPLES = Path(__file__).parents[2] / "examples"
# Example -> alert -> the scenario that makes it fire.
ALERTS: dict[str, dict[str, str]] = {
    "dag-workflow": {
        "HighWorkflowFailureRate": "errors",
        "DatabaseUnhealthy": "saturated",
        "HighAPILatency": "latency",
        "TooManyActiveWorkflows": "saturated",
        "HighMemoryUsage": "saturated",
    },
    "data-pipeline": {
        "ServiceDown": "down",
        "ServiceUnhealthy": "saturated",
        "HighRequestLatency": "latency",
        "HighErrorRate": "errors",
        "HighMemoryUsage": "saturated",
        "MessageProcessingLag": "errors",
        "NoMessagesProcessed": "idle",
        "HighDataQualityIssues": "saturated",
    },
    "dishtayantra": {
        "DishtaYantraDown": "down",
        "DAGExecutionErrors": "errors",
        "DAGExecutionSlow": "latency",
        "HighCPUUsage": "saturated",
        "HighMemoryUsage": "saturated",
        "KafkaConsumerLag": "saturated",
        "DBPoolExhausted": "saturated",
    },
    "mojo-compute": {
        "HighErrorRate": "errors",
        "SlowRequests": "latency",
        "HighConnectionCount": "saturated",
        "LowSpeedup": "saturated",
    },
    "pybase": {
        "HighAPIErrorRate": "errors",
        "CriticalAPIErrorRate": "errors",
        "HighTaskFailureRate": "errors",
        "CriticalTaskFailureRate": "errors",
        "HighAPILatency": "latency",
        "CriticalAPILatency": "latency",
        "SlowDatabaseQueries": "latency",
        "SlowTasks": "latency",
        "HighMemoryUsage": "saturated",
        "CriticalMemoryUsage": "saturated",
        "HighCPUUsage": "saturated",
        "TooManyOpenFiles": "saturated",
        "LongTaskQueue": "saturated",
    },
}
LISTENING = ("prometheus", "alertmanager", "pushgateway")


@dataclass
class Sink:
    """A webhook receiver that remembers which alerts have arrived firing."""

    port: int = 0
    fired: set[str] = field(default_factory=set)


@contextmanager
def sink() -> Iterator[Sink]:
    received = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            received.fired |= {a["labels"]["alertname"] for a in body["alerts"] if a["status"] == "firing"}
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("0.0.0.0", 0), Handler)
    received.port = server.server_address[1]
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield received
    finally:
        server.shutdown()
        server.server_close()


def copied(example: str, folder: Path, sink_port: int) -> Path:
    """The example with free ports, compressed time, without Grafana, and with its receiver at the sink."""
    shutil.copytree(EXAMPLES / example, folder, dirs_exist_ok=True)
    text = (folder / "stack.yml").read_text()
    manifest = yaml.safe_load(re.sub(r"localhost:(\d+)", _moved({}), text))
    manifest["name"] = f"stackctl-test-{free_port()}"
    manifest.pop("grafana", None)
    for name in LISTENING:
        if name in manifest or name == "prometheus":
            manifest[name] = {**(manifest.get(name) or {}), "listen": free_port()}
    # The exporters of databases and brokers have tests of their own, on real ones.
    if "node" in (manifest.pop("exporters", None) or {}):
        manifest["exporters"] = {"node": {"listen": free_port()}}
    manifest["prometheus"] |= {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for service in manifest["services"].values():
        service.pop("scrape_interval", None)
    if "alertmanager" in manifest:
        manifest["alertmanager"]["receivers"] = {"sink": {"webhook": {"url": f"http://localhost:{sink_port}/"}}}
        manifest["alertmanager"]["route"] = {"receiver": "sink", "group_wait": "1s", "group_interval": "1s"}
        manifest["alertmanager"].pop("routing", None)
    (folder / "stack.yml").write_text(yaml.safe_dump(manifest, sort_keys=False))
    for rules in folder.glob("rules/*.yml"):
        rules.write_text(_compressed(rules.read_text()))
    return folder / "stack.yml"


def _moved(ports: dict[str, int]) -> Any:
    """Each port of the example as one that is free, the same one every time."""
    return lambda match: f"localhost:{ports.setdefault(match[1], free_port())}"


def _compressed(rules: str) -> str:
    without_waits = re.sub(r"(?m)^(\s*)(for|interval): .*$", r"\1\2: 1s", rules)
    return re.sub(r"\[\d+[mh]\]", "[10s]", without_waits)


@contextmanager
def simulated(manifest: Path, *hosts: str) -> Iterator[int]:
    """A running simulation; the port of its control."""
    control = free_port()
    options = [option for host in hosts for option in ("--listen-host", host)]
    command = [sys.executable, "-m", "stackctl", "-f", str(manifest), "simulate", "--control-port", str(control)]
    running = subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(control), bool, 20, what="the simulation")
        yield control
    finally:
        running.terminate()
        running.wait(10)


def _answers(control: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{control}/-/scenario").close()
    except OSError:
        return False
    return True


def play(control: int, scenario: str) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{control}/-/scenario?name={scenario}", method="POST")
    urllib.request.urlopen(request).close()


def bridge_gateway() -> str:
    template = "{{(index .IPAM.Config 0).Gateway}}"
    done = subprocess.run(["docker", "network", "inspect", "bridge", "-f", template], capture_output=True, text=True)
    return done.stdout.strip()


@pytest.mark.parametrize("runtime", BOTH)
@pytest.mark.parametrize("example", ALERTS)
def test_an_example_must_be_verified_and_have_data_in_every_panel(example: str, runtime: str, tmp_path: Path) -> None:
    need(runtime)
    with sink() as receiver:
        manifest = copied(example, tmp_path / "example", receiver.port)
        hosts = ["127.0.0.1", bridge_gateway()] if runtime == "docker" else ["127.0.0.1"]
        with simulated(manifest, *hosts):
            try:
                up = stackctl("-f", str(manifest), "up", "--runtime", runtime)
                assert up.returncode == 0, up.stderr
                verified = stackctl("-f", str(manifest), "verify")
                assert verified.returncode == 0, verified.stdout
                client = Prometheus(Http(load(manifest).prometheus.listen.url))
                wait_until(lambda: without_data(manifest, client), lambda empty: not empty, 40, what="data in panels")
            finally:
                stackctl("-f", str(manifest), "down", "--volumes")


def without_data(manifest: Path, client: Prometheus) -> list[str]:
    """The panels whose query has no result."""
    queries = [(query, board.values) for board in load(manifest).dashboards for query in board.queries]
    assert queries
    return [query.panel for query, values in queries if not client.count(runnable(query.expr, values))]


@pytest.mark.native
@pytest.mark.parametrize("example", ALERTS)
def test_every_alert_of_an_example_must_fire_by_a_scenario_and_arrive(example: str, tmp_path: Path) -> None:
    need("native")
    with sink() as receiver:
        manifest = copied(example, tmp_path / "example", receiver.port)
        declared = {rule.name for file in load(manifest).rules for rule in file.rules if rule.kind == "alert"}
        assert declared == set(ALERTS[example]), "say in ALERTS which scenario fires each alert"
        with simulated(manifest) as control:
            try:
                up = stackctl("-f", str(manifest), "up", "--runtime", "native")
                assert up.returncode == 0, up.stderr
                for scenario in dict.fromkeys(ALERTS[example].values()):
                    play(control, scenario)
                    expected = {alert for alert, of in ALERTS[example].items() if of == scenario}
                    wait_until(
                        lambda expected=expected: expected - receiver.fired,  # type: ignore[misc]
                        lambda missing: not missing,
                        60,
                        what=f"the alerts of {scenario}",
                    )
            finally:
                stackctl("-f", str(manifest), "down", "--volumes")


@pytest.mark.parametrize("example", ALERTS)
def test_an_example_must_be_what_check_accepts(example: str, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / example, tmp_path / "example")
    done = stackctl("-f", str(tmp_path / "example" / "stack.yml"), "check")
    assert done.returncode == 0, done.stderr
