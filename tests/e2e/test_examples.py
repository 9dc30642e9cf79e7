"""Every example works whole: its contract is served and arrives, its panels have data, its alerts reach a receiver.

The examples are played with time compressed: intervals of a second, and no waiting in an alert's `for`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http
from stackctl.clients.prometheus import Prometheus
from stackctl.manifest import load
from stackctl.promql.grafana import runnable
from stackctl.promql.selectors import read
from stackctl.wait import wait_until
from tests.e2e.examples import EXAMPLES, copied, left_to_run, play, simulated, sink
from tests.e2e.real_stack import BOTH, need, stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.long]

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
        "ContainerNearMemoryLimit": "saturated",
        "KafkaConsumerLag": "saturated",
        "ClickHouseQueriesFail": "errors",
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


@pytest.mark.parametrize("runtime", BOTH)
@pytest.mark.parametrize("example", ALERTS)
def test_an_example_is_verified_and_has_data_in_every_panel(example: str, runtime: str, tmp_path: Path) -> None:
    need(runtime)
    with sink() as receiver:
        manifest = copied(example, tmp_path / "example", receiver.port)
        container = ["--container"] if runtime == "docker" else []
        try:
            up = stackctl("-f", str(manifest), "up", *left_to_run(manifest), "--allow-missing", "--runtime", runtime)
            assert up.returncode == 0, up.stderr
            with simulated(manifest, "--exporters", *container):
                verified = stackctl("-f", str(manifest), "verify")
                assert verified.returncode == 0, verified.stdout
                client = Prometheus(Http(Access(load(manifest).prometheus.listen.url)))
                wait_until(lambda: without_data(manifest, client), lambda empty: not empty, 40, what="data in panels")
        finally:
            stackctl("-f", str(manifest), "down", "--volumes")


def without_data(manifest: Path, client: Prometheus) -> list[str]:
    """The panels whose query has no result, though it keeps all that it finds."""
    queries = [(query, board.values) for board in load(manifest).dashboards for query in board.queries]
    asked = [(query.panel, runnable(query.expr, values)) for query, values in queries]
    assert asked
    return [panel for panel, expr in asked if not read(expr).filters and not client.count(expr)]


@pytest.mark.native
@pytest.mark.parametrize("example", ALERTS)
def test_every_alert_of_an_example_fires_and_arrives(example: str, tmp_path: Path) -> None:
    need("native")
    with sink() as receiver:
        manifest = copied(example, tmp_path / "example", receiver.port)
        declared = {rule.name for file in load(manifest).rules for rule in file.rules if rule.kind == "alert"}
        assert declared == set(ALERTS[example]), "say in ALERTS which scenario fires each alert"
        with simulated(manifest, "--exporters") as control:
            try:
                up = stackctl(
                    "-f", str(manifest), "up", *left_to_run(manifest), "--allow-missing", "--runtime", "native"
                )
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
def test_an_example_is_what_check_accepts(example: str, tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / example, tmp_path / "example")
    done = stackctl("-f", str(tmp_path / "example" / "stack.yml"), "check")
    assert done.returncode == 0, done.stderr
