"""Which alerts of the packs are provoked on real servers, how, and why the others are not; and the tests' moves.

test_packs.py, test_packs_runtimes.py and test_packs_systems.py wait for each alert of their tables to arrive at a
webhook, firing and then resolved. tests/unit/manifest/packs/test_packs_live.py holds the tables against the packs.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from stackctl.wait import wait_until
from tests.answers import is_ready
from tests.e2e.real_stack import stackctl, webhook

PATIENCE_SECONDS = 90
# Alert -> the simulated service or exporter, and its scenario. `normal`, or `idle` where CALM says so, ends it.
Scenes = Mapping[str, tuple[str, str]]
CALM = dict.fromkeys(("worker", "kafka", "board", "snake", "house", "store", "replica"), "idle")

SERVICES: Scenes = {
    "HttpErrors": ("api", "errors"),
    "HttpErrorsCritical": ("api", "errors"),
    "TasksFail": ("api", "errors"),
    "SloBurnsFast": ("api", "errors"),
    "SloBurnsSlowly": ("api", "errors"),
    "ServiceDown": ("api", "down"),
    "PrometheusTargetsDown": ("api", "down"),
    # A rule of the manifest has several results of the same labels then.
    "PrometheusRuleFails": ("api", "down"),
    "HttpSlow": ("shop", "latency"),
    "TasksSlow": ("shop", "latency"),
    "HttpNoTraffic": ("shop", "idle"),
    "TasksStopped": ("shop", "idle"),
    "QueueLong": ("worker", "saturated"),
    "QueueGrows": ("worker", "saturated"),
    "PoolExhausted": ("worker", "saturated"),
    "ProcessFilesExhausted": ("worker", "saturated"),
}
RUNTIMES: Scenes = {
    "GrpcErrors": ("calls", "errors"),
    "GrpcErrorsCritical": ("calls", "errors"),
    "CacheMisses": ("calls", "errors"),
    "GrpcSlow": ("calls", "latency"),
    "GoMemoryNearLimit": ("go", "saturated"),
    "JvmHeapHigh": ("java", "saturated"),
    "JvmGcTimeHigh": ("java", "saturated"),
    "JvmThreadsDeadlocked": ("java", "saturated"),
    "GrafanaErrors": ("board", "errors"),
    "GrafanaQueriesFail": ("board", "errors"),
    "GrafanaAlertRulesFail": ("board", "errors"),
    "GrafanaDown": ("board", "down"),
    "PythonGarbageUncollectable": ("snake", "saturated"),
}
SYSTEMS: Scenes = {
    "CadvisorDown": ("cadvisor", "down"),
    "ContainerMemoryHigh": ("cadvisor", "saturated"),
    "KafkaUnderReplicated": ("kafka", "saturated"),
    "KafkaLagHigh": ("kafka", "saturated"),
    "KafkaLagGrows": ("kafka", "saturated"),
    "ClickHouseReadonlyReplica": ("clickhouse", "saturated"),
    "ClickHouseReplicaLags": ("clickhouse", "saturated"),
    "ClickHousePartsHigh": ("clickhouse", "saturated"),
    "ClickHouseQueriesFail": ("clickhouse", "saturated"),
    "ClickHouseDown": ("clickhouse", "down"),
    "MemcachedDown": ("memcached", "saturated"),
    # The exporter itself waits for a second before it says so: a scrape of every second does not hear of it.
    "PostgresDown": ("postgres", "saturated"),
    "MemcachedConnectionsHigh": ("memcached", "saturated"),
    "MemcachedEvicts": ("memcached", "saturated"),
    "ClickHouseInsertsDelayed": ("house", "saturated"),
    "ClickHouseInsertsRejected": ("house", "saturated"),
    "MemcachedRefusesConnections": ("store", "saturated"),
    "PostgresReplicaLags": ("replica", "saturated"),
    "MysqlDown": ("mysql", "saturated"),
    "MysqlConnectionsHigh": ("mysql", "saturated"),
    "MongodbDown": ("mongodb", "saturated"),
    "MongodbCacheFull": ("mongodb", "saturated"),
    "ProcessGroupFilesExhausted": ("process", "saturated"),
    "ProcessGroupZombies": ("process", "saturated"),
    "ProcessExporterDown": ("process", "down"),
    "RabbitmqMemoryAlarm": ("rabbitmq", "saturated"),
    "RabbitmqDiskAlarm": ("rabbitmq", "saturated"),
    "RabbitmqMessagesWait": ("rabbitmq", "saturated"),
    "RabbitmqFilesExhausted": ("rabbitmq", "saturated"),
    "RabbitmqDown": ("rabbitmq", "down"),
    "WindowsMemoryHigh": ("windows", "saturated"),
    "WindowsDiskFull": ("windows", "saturated"),
    "WindowsDown": ("windows", "down"),
    "StackctlCheckFailed": ("stackctl", "saturated"),
    "StackctlCannotVerify": ("stackctl", "saturated"),
    "StackctlDown": ("stackctl", "down"),
}
# Alert -> what the test does to a real server, and undoes.
BY_HAND = {
    "AlertmanagerReloadFailed": "a configuration that cannot be read",
    "BatchFailed": "a job that pushes an old time of its last success",
    "BatchPushRefused": "a job that pushes what has a timestamp",
    "BatchStale": "a job that has pushed once",
    "CertificateExpires": "a certificate with a week left, which is renewed",
    "GoGoroutinesGrow": "Prometheus is given the data of three hours ago, when there were fewer",
    "HostDiskFillsUp": "a small disk of which a tenth is left",
    "HostDiskReadOnly": "a disk that is mounted anew",
    "HostDown": "the node exporter stands still",
    "KafkaConsumerStuck": "a consumer that commits nothing, from the first scrape on",
    "NginxConnectionsDropped": "more connections than nginx has room for",
    "NginxDown": "nginx is stopped",
    "NodejsEventLoopLags": "Node.js is kept busy half of the time",
    "NodejsHeapGrows": "Prometheus is given the data of three hours ago, when it was smaller",
    "PostgresConnectionsHigh": "sessions that stay",
    "PostgresTransactionLong": "a transaction that stays open",
    "ProbeFailed": "a probe of a port where nobody listens",
    "PrometheusReloadFailed": "a configuration that cannot be read",
    "PythonMemoryGrows": "Prometheus is given the data of three hours ago, when there was less",
    "RedisClientsHigh": "clients that stay",
    "RedisDown": "Redis is stopped",
    "RedisMemoryHigh": "a limit below what is used",
    "RedisRejectsConnections": "more clients than Redis has room for",
    "RedisSaveFailed": "a folder where the snapshot belongs",
    "ServiceAbsent": "discovery finds nothing",
    "ServiceNoMetrics": "a service with an empty page of metrics",
}
# Alert -> what makes it fire under a threshold that is too sharp. A reload with a usual one ends it.
BY_THRESHOLD = {
    "AlertmanagerNotificationsFail": "a receiver that refuses what it is sent",
    "HostClockWrong": "the clock of this machine, where not even a perfect one is allowed",
    "HostCpuHigh": "this machine does something",
    "HostMemoryHigh": "this machine uses memory",
    "PostgresDeadlocks": "two sessions that wait for each other",
    "ProbeSlow": "a probe takes its time",
    "ProcessMemoryHigh": "Prometheus uses memory",
    "ProcessRestarts": "a simulated service that was down",
    "ServiceScrapeSlow": "a scrape takes its time",
}
SYSTEMS_BY_THRESHOLD = {
    "ContainerCpuThrottled": "a container is held back now and then",
    "ContainerRestarts": "a container has started once",
    "KafkaBrokersMissing": "there are two brokers",
    "MemcachedMisses": "memcached does not know all that it is asked",
}
# Alert -> why it never ends, though it arrives.
ENDLESS = {"Watchdog": "it fires as long as Prometheus runs: that is what it is for"}
# Alert -> why it is not provoked. The tests that each pack brings along prove it on promtool's clock.
NOT_LIVE = {
    "ContainerOomKilled": "needs a kernel that ends processes: the simulated exporter tells of none",
    "MysqlRefusesConnections": "needs more clients than a server allows: the simulated exporter tells of none",
    "MysqlSlowQueries": "looks back ten minutes, longer than a test may take",
    "MongodbConnectionsHigh": "needs as many clients as a server allows: the simulated exporter has half of them",
    "MongodbMemberUnhealthy": "needs a replica set with a member that is away",
    "ProcessGroupEnded": "needs a program whose processes all end: the simulated exporter has some of each",
    "StackctlVerifiesTooSeldom": "needs minutes without a verification, longer than a test may take",
    "WindowsCpuHigh": "looks back five minutes, longer than a test may take",
    "PrometheusNotificationsDropped": "needs an Alertmanager that is away, and it is what tells of alerts",
    "PrometheusRulesSlow": "needs rules that take longer than their interval",
    "PrometheusStorageFails": "needs a disk that fails",
}


@dataclass
class Inbox:
    """A receiver of notifications: the last that was heard of each alert. What it gets at /refused it refuses."""

    port: int = 0
    alerts: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hear(self, message: dict[str, Any]) -> None:
        for alert in message["alerts"]:
            self.alerts[alert["fingerprint"]] = alert

    def named(self, name: str) -> list[dict[str, Any]]:
        return [alert for alert in list(self.alerts.values()) if alert["labels"]["alertname"] == name]

    def status(self, name: str) -> str:
        """`firing` while any alert of that name is, `resolved` when all that were have ended."""
        statuses = {alert["status"] for alert in self.named(name)}
        return "firing" if "firing" in statuses else "resolved" if statuses else "never seen"

    @property
    def firing(self) -> set[str]:
        return {alert["labels"]["alertname"] for alert in list(self.alerts.values()) if alert["status"] == "firing"}

    def forget(self) -> None:
        """Wait until nothing fires any more, and forget what did."""
        wait_until(lambda: self.firing, lambda firing: not firing, PATIENCE_SECONDS, what="every alert to end")
        self.alerts.clear()

    def arrive(self, status: str, names: Collection[str]) -> None:
        """Wait until the last that was heard of each alert is its `status`."""
        wait_until(
            lambda: {name: seen for name in names if (seen := self.status(name)) != status},
            lambda missing: not missing,
            PATIENCE_SECONDS,
            what=f"notifications that say {status}",
        )


@contextmanager
def inbox(host: str = "127.0.0.1") -> Iterator[Inbox]:
    heard = Inbox()

    def hear(path: str, message: Any) -> int:
        if path == "/refused":
            return 400
        heard.hear(message)
        return 200

    with webhook(hear, host) as heard.port:
        yield heard


@dataclass(frozen=True)
class Simulation:
    """A running `stackctl simulate`, by the port of its control."""

    control: int

    def change(self, scenes: Mapping[str, str]) -> None:
        for service, scenario in scenes.items():
            post(f"http://127.0.0.1:{self.control}/-/scenario?service={service}&name={scenario}")

    def calm(self, services: Collection[str]) -> None:
        self.change({service: CALM.get(service, "normal") for service in services})

    def provoke(self, heard: Inbox, provoked: Scenes) -> None:
        """Have each alert arrive and end. Services go through their scenarios one by one, and beside each other."""
        scenarios: dict[str, list[str]] = {}
        for service, scenario in dict.fromkeys(provoked.values()):
            scenarios.setdefault(service, []).append(scenario)
        for number in range(max(map(len, scenarios.values()))):
            scenes = {service: named[number] for service, named in scenarios.items() if number < len(named)}
            alerts = [alert for alert, (service, name) in provoked.items() if scenes.get(service) == name]
            self.change(scenes)
            heard.arrive("firing", alerts)
            self.calm(scenes)
            heard.arrive("resolved", alerts)


@contextmanager
def simulated(manifest: Path, control: int, arguments: Collection[str]) -> Iterator[Simulation]:
    """Services and exporters of the manifest, as the arguments of `simulate` say, served until the end."""
    command = [sys.executable, "-m", "stackctl", "-f", str(manifest), "simulate", *arguments]
    command += ["--control-port", str(control)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            # In Docker the port is open before anybody listens behind it.
            answers = partial(is_ready, f"http://127.0.0.1:{control}/-/scenario")
            wait_until(answers, bool, PATIENCE_SECONDS, what="simulate to answer")
            yield Simulation(control)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(PATIENCE_SECONDS)


@contextmanager
def running(manifest: Path, *components: str, runtime: str = "native") -> Iterator[None]:
    """The stack, or only some of its components."""
    try:
        run(manifest, "up", "--runtime", runtime, *components)
        yield
    finally:
        stackctl("-f", str(manifest), "down", "--volumes")


def run(manifest: Path, *arguments: str) -> None:
    ran = stackctl("-f", str(manifest), *arguments)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def verified(manifest: Path, id: str) -> dict[str, tuple[str, str]]:
    """What verify finds of each subject: status and summary."""
    ran = stackctl("-f", str(manifest), "verify", "--only", id, "--timeout", "60s", "-o", "json")
    return {each["subject"]: (each["status"], each["summary"]) for each in json.loads(ran.stdout)["diagnostics"]}


def holds(manifest: Path, *ids: str) -> None:
    """What verify finds under these ids has to be well, and be something."""
    for id in ids:
        verdicts = verified(manifest, id)
        bad = {subject: summary for subject, (status, summary) in verdicts.items() if status != "pass"}
        assert verdicts, id
        assert bad == {}, bad


def post(url: str, body: bytes = b"", method: str = "POST") -> None:
    request = urllib.request.Request(url, data=body, method=method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status < 300


def refused(url: str, body: bytes = b"", method: str = "POST") -> None:
    """A request that the server has to refuse."""
    with suppress(urllib.error.HTTPError):
        post(url, body, method)
        raise AssertionError(f"{url} was not refused")
