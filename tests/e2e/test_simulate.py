"""Contracts from one end to the other on a real Prometheus: simulated, scraped, verified, and broken on purpose."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stackctl import tools
from stackctl.wait import wait_until
from tests.answers import samples
from tests.ports import free_port
from tests.program import stackctl
from tests.threads import hold_back

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PATIENCE_SECONDS = 30
TEMPLATE = """\
{service}_requests_total:
  type: counter
  help: Requests to {service}
  labels: {method: [GET, POST], status: ["200", "500"]}
{service}_request_duration_seconds: {type: histogram, labels: [method], buckets: [0.01, 0.1, 1, 10]}
{service}_batch_bytes: {type: summary, quantiles: [0.5, 0.9]}
{service}_active_connections: gauge
{service}_info: {type: info, labels: [version]}
{service}_phase: {type: stateset, states: [good, degraded, bad]}
"""
MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
pushgateway: {{listen: {pushgateway}}}
services:
  nightly:
    push: {{job: nightly-run, grouping: {{region: eu/west}}}}
    metrics: {{nightly_rows_total: {{type: counter, labels: [table]}}, nightly_duration_seconds: gauge}}
  buy:
    targets: ["127.0.0.1:{buy}"]
    health: {{live: /live, ready: /ready}}
    metrics: {{file: {contract}, with: {{service: buy}}}}
  sell:
    targets: ["127.0.0.1:{sell}", "127.0.0.1:{sell2}"]
    basic_auth: {{username: prometheus, password: right-horse}}
    metrics: {{file: {contract}, with: {{service: sell}}, metrics: {{sell_hits_total: counter}}}}
"""
RATIO = 'sum(rate(buy_requests_total{status="500"}[5s])) / sum(rate(buy_requests_total[5s]))'


@dataclass(frozen=True)
class Shop:
    """A stack of two services that share one contract."""

    folder: Path
    ports: dict[str, int]

    def write(self, manifest: str, template: str = TEMPLATE) -> None:
        """Write a manifest, and beside it the contract that it names."""
        contract = f"{Path(manifest).stem}-contract.yml"
        (self.folder / contract).write_text(template)
        text = MANIFEST.format(name=f"stackctl-simulate-{self.ports['buy']}", contract=contract, **self.ports)
        (self.folder / manifest).write_text(text)

    def stackctl(self, *arguments: str, code: int = 0) -> str:
        ran = stackctl(*arguments, cwd=self.folder)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran.stdout

    def verified(self, *only: str) -> dict[tuple[str, str], dict[str, Any]]:
        """Every finding by id and subject."""
        families = [part for id in only for part in ("--only", id)]
        ran = stackctl("verify", "--output", "json", "--timeout", "10s", *families, cwd=self.folder)
        assert ran.returncode in (0, 1), ran.stderr
        return {(check["code"], check["subject"]): check for check in json.loads(ran.stdout)["diagnostics"]}

    def red(self, *only: str) -> set[tuple[str, str]]:
        return {key for key, check in self.verified(*only).items() if check["status"] == "fail"}

    def query(self, expr: str) -> float:
        """The one value of an expression, -1 where there is none yet."""
        result = samples(self.ports["prometheus"], expr)
        return float(result[0]["value"][1]) if result else -1.0


@contextmanager
def simulated(shop: Shop, manifest: str = "stack.yml", *arguments: str) -> Iterator[str]:
    """A running `stackctl simulate`; gives the address of its control."""
    command = [sys.executable, "-m", "stackctl", "-f", manifest, "simulate", "--seed", "7", *arguments]
    with subprocess.Popen(
        command, cwd=shop.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
    ) as process:
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        control = next((found[1] for line in lines if (found := re.search(r"'(http://.*)/-/scenario", line))), None)
        assert control, process.communicate()
        try:
            yield control
            assert hold_back(process.pid, signal.SIGTERM), "a signal to end could be lost"
        finally:
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=10)
        assert (process.returncode, "stopped" in said) == (0, True), said


def enter(control: str, scenario: str, service: str) -> dict[str, Any]:
    query = urllib.parse.urlencode({"service": service, "name": scenario})
    request = urllib.request.Request(f"{control}/-/scenario?{query}", method="POST")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer)["services"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    for name in ("prometheus", "promtool", "pushgateway"):
        if tools.locate(name) is None:
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(f"no {name}")
    names = ("prometheus", "pushgateway", "buy", "sell", "sell2")
    made = Shop(tmp_path_factory.mktemp("simulate"), {name: free_port() for name in names})
    made.write("stack.yml")
    made.stackctl("check")
    made.stackctl("up", "--runtime", "native")
    yield made
    made.stackctl("down", "--volumes")


def test_verifies_a_simulated_stack_completely(shop: Shop) -> None:
    with simulated(shop):
        wait_until(lambda: shop.query("push_time_seconds"), lambda seen: seen > 0, PATIENCE_SECONDS, what="a push")
        findings = shop.verified()
    assert {finding["status"] for finding in findings.values()} == {"pass"}
    assert len([id for id, _ in findings if id == "contract.metric"]) == 15
    assert findings["contract.labels", "nightly/nightly_rows_total"]["summary"] == "table"
    assert findings["contract.labels", "sell/sell_requests_total"]["summary"] == "method, status"
    source = findings["contract.metric", "buy/buy_requests_total"]["source"]
    assert (source["file"], source["line"]) == ("stack-contract.yml", 1)


def test_contract_update_finds_a_simulated_contract_unchanged(shop: Shop) -> None:
    with simulated(shop):
        wait_until(lambda: shop.query("push_time_seconds"), lambda seen: seen > 0, PATIENCE_SECONDS, what="a push")
        served = shop.stackctl("contract", "update", "--diff").splitlines()
        shop.verified("contract")  # waits for a scrape of each target
        stored = shop.stackctl("contract", "update", "--diff", "--prometheus").splitlines()
    assert served == [f"{name}: nothing has changed" for name in ("buy", "sell")]
    assert stored == [f"{name}: nothing has changed" for name in ("nightly", "buy", "sell")]


def test_promql_sees_failing_requests(shop: Shop) -> None:
    with simulated(shop, "stack.yml", "--scenario", "errors", "--speed", "30"):
        wait_until(lambda: shop.query(RATIO), lambda seen: seen > 0.2, PATIENCE_SECONDS, what="errors")


def test_a_service_that_goes_down_is_red_until_it_recovers(shop: Shop) -> None:
    with simulated(shop) as control:
        assert shop.red("target", "contract", "service") == set()
        assert enter(control, "down", "buy") == {"nightly": "normal", "buy": "down", "sell": "normal"}
        address = f"buy/127.0.0.1:{shop.ports['buy']}"
        assert shop.red("target", "contract", "service") == {("target.up", address)}
        enter(control, "recover", "buy")
        assert shop.red("target", "contract", "service") == set()


def test_a_saturated_service_is_not_ready(shop: Shop) -> None:
    with simulated(shop, "stack.yml", "buy", "--scenario", "saturated"):
        assert shop.red("service") == {("service.health", f"buy/127.0.0.1:{shop.ports['buy']} ready")}


MUTANTS = {
    "a renamed metric": (
        ("{service}_active_connections: gauge", "{service}_open_connections: gauge"),
        ("contract.metric", "active_connections"),
        "open_connections",
    ),
    "another type": (
        ("{service}_active_connections: gauge", "{service}_active_connections: {type: stateset, states: [a, b]}"),
        ("contract.metric", "active_connections"),
        "type: stateset",
    ),
    "a removed label": (
        ("type: histogram, labels: [method]", "type: histogram"),
        ("contract.labels", "request_duration_seconds"),
        "Remove `method` from",
    ),
    "an added label": (
        ("labels: [version]", "labels: [version, commit]"),
        ("contract.labels", "info"),
        "Add `commit`",
    ),
    "a value beyond the closed set": (
        ('status: ["200", "500"]', 'status: ["200", "503"]'),
        ("contract.labels", "requests_total"),
        "`200`, `500`",
    ),
    "other buckets": (
        ("buckets: [0.01, 0.1, 1, 10]", "buckets: [0.01, 0.1, 1, 5]"),
        ("contract.labels", "request_duration_seconds"),
        "buckets: [0.01, 0.1, 1, 5]",
    ),
    "other quantiles": (
        ("quantiles: [0.5, 0.9]", "quantiles: [0.5, 0.99]"),
        ("contract.labels", "batch_bytes"),
        "quantiles: [0.5, 0.99]",
    ),
    "another state": (
        ("states: [good, degraded, bad]", "states: [good, bad]"),
        ("contract.labels", "phase"),
        "Write its actual states",
    ),
}


@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_service_that_breaks_its_contract_is_reported_so(shop: Shop, mutant: str) -> None:
    (old, new), (id, metric), remedy = MUTANTS[mutant]
    assert old in TEMPLATE
    shop.write("served.yml", TEMPLATE.replace(old, new))
    expected = {(id, f"{service}/{service}_{metric}") for service in ("buy", "sell")}

    def told(seen: dict[tuple[str, str], dict[str, Any]]) -> bool:
        failed = {key for key, finding in seen.items() if finding["status"] == "fail"}
        return failed == expected and all(remedy in seen[key]["remedy"] for key in expected)

    with simulated(shop, "served.yml"):
        # Prometheus remembers for ten scrapes what a target said of its metrics.
        wait_until(lambda: shop.verified("contract"), told, PATIENCE_SECONDS, what=mutant, describe=str)


def test_a_taken_port_is_reported_with_its_holder(shop: Shop) -> None:
    with simulated(shop):
        ran = stackctl("simulate", cwd=shop.folder)
    assert ran.returncode == 3
    assert f"cannot listen on 127.0.0.1:{shop.ports['buy']}: pid " in ran.stderr


def test_status_says_that_an_exporter_is_simulated(tmp_path: Path) -> None:
    port, redis, cadvisor, other = (free_port() for _ in range(4))
    made = Shop(tmp_path, {"prometheus": port})
    (tmp_path / "stack.yml").write_text(
        f"version: 1\nname: stackctl-simulate-{port}\nprometheus: {{listen: '127.0.0.1:{port}'}}\n"
        f"exporters:\n  redis: {{listen: '127.0.0.1:{redis}', address: 'localhost:1'}}\n"
        f"  cadvisor: {{listen: '127.0.0.1:{cadvisor}'}}\n  node: {{listen: '127.0.0.1:{other}'}}\n"
    )

    def states() -> dict[str, tuple[str, bool | None, str]]:
        units = json.loads(made.stackctl("status", "-o", "json"))["units"]
        return {unit["name"]: (unit["state"], unit["ready"], unit["detail"]) for unit in units}

    left_out = ("missing", None, "skipped: left out by --without")
    without = [part for name in ("redis", "cadvisor", "node") for part in ("--without", name)]
    made.stackctl("up", "--runtime", "native", *without)
    try:
        assert (states()["redis"], states()["node"]) == (left_out, left_out)
        with socket.create_server(("127.0.0.1", other)) as silent, simulated(made, "stack.yml", "--exporters"):
            assert silent
            found = states()
        simulation = ("simulated", True, "simulated: `stackctl simulate` answers")
        assert (found["redis"], found["cadvisor"]) == (simulation, simulation)
        # Somebody who takes the connection and says nothing may be anybody.
        assert found["node"] == left_out
        assert "simulated" not in made.stackctl("status")
    finally:
        made.stackctl("down", "--volumes")


def test_status_does_not_take_another_program_for_a_simulation(tmp_path: Path) -> None:
    port, redis = free_port(), free_port()
    made = Shop(tmp_path, {"prometheus": port})
    (tmp_path / "stack.yml").write_text(
        f"version: 1\nname: stackctl-simulate-{port}\nprometheus: {{listen: '127.0.0.1:{port}'}}\n"
        f"exporters: {{redis: {{listen: '127.0.0.1:{redis}', address: 'localhost:1'}}}}\n"
    )
    made.stackctl("up", "--runtime", "native", "--without", "redis")
    try:
        with ThreadingHTTPServer(("127.0.0.1", redis), SimpleHTTPRequestHandler) as server:
            Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            _, unit = json.loads(made.stackctl("status", "-o", "json"))["units"]
            server.shutdown()
        assert unit["detail"] == "skipped: left out by --without (another program answers at its address)"
    finally:
        made.stackctl("down", "--volumes")
