"""Servers that stackctl did not set up: real ones, with configurations as people write them, each thing broken once."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import bcrypt
import pytest

from stackctl import tools
from stackctl.wait import wait_until
from tests.contract.serving import CERTIFICATES
from tests.e2e.real_stack import listens, need, neighbour
from tests.ports import free_port
from tests.program import stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

PATIENCE_SECONDS = 30
PASSWORD = "right-horse-battery"
READY = "Server is ready to receive web requests."  # it answers 503 until then
RULES = """\
groups:
  - name: targets
    rules:
      - {alert: TargetDown, expr: up == 0, for: 1h, labels: {severity: page}}
      - {alert: Errors, expr: 'rate(shop_errors_total[1m]) > 1', labels: {severity: page}}
      - {alert: Absent, expr: 'absent(up{job="webshop/shop"})', labels: {severity: page}}
      - {alert: Watchdog, expr: vector(1), labels: {severity: none}}
"""
RECORDS = """\
groups:
  - name: records
    rules: [{record: "job:up:sum", expr: sum by (job) (up)}]
  - name: hourly
    interval: 1h
    rules: [{record: "job:up:avg", expr: avg by (job) (up)}]
"""
PROMETHEUS = """\
global:
  scrape_interval: 1s
  evaluation_interval: 1s
  external_labels: {{cluster: a, replica: r0}}
rule_files: [rules/*.yml, more/records.yml]
alerting:
  alert_relabel_configs: [{{action: labeldrop, regex: replica}}]
  alertmanagers:
    - static_configs: [{{targets: [{alertmanagers}]}}]
remote_write: [{{url: "http://user:some-password@127.0.0.1:{app}/write", queue_config: {{batch_send_deadline: 1s}}}}]
scrape_configs:
  - job_name: prometheus
    scheme: https
    metrics_path: /prometheus/metrics
    basic_auth: {{username: admin, password: {password}}}
    tls_config: {{insecure_skip_verify: true}}
    static_configs: [{{targets: ["localhost:{prometheus}"]}}]
  - job_name: shop
    file_sd_configs: [{{files: [sd/*.json]}}]
    relabel_configs:
      - {{source_labels: [__meta_role], action: keep, regex: app}}
      - {{source_labels: [__address__], target_label: instance, regex: "(.*):.*", replacement: "$1"}}
      - {{target_label: job, replacement: "webshop/shop"}}
  - job_name: slow
    metrics_path: /slow
    static_configs: [{{targets: ["127.0.0.1:{app}"]}}]
  - job_name: hourly
    scrape_interval: 1h
    static_configs: [{{targets: ["127.0.0.1:{app}"]}}]
  - job_name: blackbox
    metrics_path: /probe
    params: {{module: [http_2xx]}}
    static_configs: [{{targets: ["http://example.test/", "http://other.test/"]}}]
    relabel_configs:
      - {{source_labels: [__address__], target_label: __param_target}}
      - {{source_labels: [__param_target], target_label: instance}}
      - {{target_label: __address__, replacement: "127.0.0.1:{app}"}}
  - job_name: federate
    honor_labels: true
    metrics_path: /federate
    params: {{"match[]": ['{{job="elsewhere"}}']}}
    static_configs: [{{targets: ["127.0.0.1:{app}"]}}]
{jobs}
"""
# Each is one thing that is wrong, and the row that is red because of it.
FAULTS = """\
  - {{job_name: dead, static_configs: [{{targets: ["127.0.0.1:9"]}}]}}
  - {{job_name: nothing, file_sd_configs: [{{files: [missing/*.json]}}]}}
  - {{job_name: repeated, metrics_path: /repeated, static_configs: [{{targets: ["127.0.0.1:{app}"]}}]}}
  - {{job_name: unreached, metrics_path: /unreached, static_configs: [{{targets: ["127.0.0.1:{app}"]}}]}}
  - {{job_name: empty, metrics_path: /empty, static_configs: [{{targets: ["127.0.0.1:{app}"]}}]}}
  - {{job_name: page, metrics_path: /page, static_configs: [{{targets: ["127.0.0.1:{app}"]}}]}}
"""
BAD_RULES = """\
groups:
  - name: bad
    rules:
      - {alert: Nobody, expr: 'webshop_reqests_total{job="webshop/shop"} > 1', labels: {severity: page}}
      - {alert: Twice, expr: up * on () up, labels: {severity: page}}
      - {alert: Fires, expr: vector(1), labels: {severity: page}}
"""
BAD = {
    "target.up dead/127.0.0.1:9",
    "target.up nothing",
    "target.up page/127.0.0.1:{app}",
    "job.stored repeated",
    "probe.success unreached/127.0.0.1:{app}",
    "exporter.works unreached/127.0.0.1:{app}",
    "job.stored empty",
    "rule.healthy bad.yml/bad/Twice",
    "rule.data bad.yml/bad/Nobody",
    "alertmanager.connected http://127.0.0.1:9",
    "alertmanager.notifications hook",
    "remote_write.sent http://127.0.0.1:9/write",
}
ALERTMANAGER = """\
route:
  receiver: "null"
  group_wait: 1s
  routes: [{{matchers: [severity="page"], receiver: hook}}]
receivers:
  - name: "null"
  - {{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{hook}/"}}]}}
"""
PAGES = {
    "/repeated": "a 1\na 2\nb 1\n",
    "/empty": "",
    "/federate": "",
    "/probe": "probe_success 1\n",
    "/unreached": "probe_success 0\nmysql_up 0\n",
    "/page": "<html><title>Login</title></html>",
}
METRICS = "# TYPE shop_errors_total counter\n# TYPE shop_requests_total counter\nshop_requests_total 3\n"


class App(BaseHTTPRequestHandler):
    """What is scraped, a store for remote write, and a receiver of notifications."""

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/slow":
            Event().wait(0.3)
        body = PAGES.get(path, METRICS).encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html" if path == "/page" else "text/plain; version=0.0.4")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@dataclass
class Running:
    """Servers that run, by name, and the ports that they listen on."""

    folder: Path
    stack: ExitStack
    ports: dict[str, int] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def port(self, name: str) -> int:
        return self.ports.setdefault(name, free_port())

    def app(self) -> int:
        server = ThreadingHTTPServer(("127.0.0.1", self.port("app")), App)
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.stack.callback(server.server_close)
        self.stack.callback(server.shutdown)
        return self.port("app")

    def start(self, name: str, *command: str, ready: str = "") -> None:
        """Start a server, and wait until it listens and its log has the words of one that is ready."""
        log = self.folder / f"{name}.log"
        with log.open("w") as output:
            process = subprocess.Popen(command, cwd=self.folder, stdout=output, stderr=output)
        self.processes[name] = process
        self.stack.callback(process.wait, PATIENCE_SECONDS)
        self.stack.callback(process.kill)  # a Prometheus that cannot write remotely takes a minute to end

        def is_up() -> bool:
            assert process.poll() is None, log.read_text()[-2000:]
            return listens(self.port(name)) and ready in log.read_text()

        wait_until(is_up, bool, PATIENCE_SECONDS, what=name)

    def alertmanager(self, name: str, config: str, *arguments: str) -> int:
        (self.folder / f"{name}.yml").write_text(config)
        port = self.port(name)
        self.start(
            name,
            str(tools.require("alertmanager").path),
            f"--config.file={name}.yml",
            f"--storage.path={self.folder / name}",
            f"--web.listen-address=127.0.0.1:{port}",
            "--cluster.listen-address=",
            *arguments,
        )
        return port

    def prometheus(self, config: str, *arguments: str) -> int:
        (self.folder / "prometheus.yml").write_text(config)
        port = self.port("prometheus")
        self.start(
            "prometheus",
            str(tools.require("prometheus").path),
            "--config.file=prometheus.yml",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            *arguments,
            ready=READY,
        )
        return port

    def files(self, contents: Mapping[str, str]) -> None:
        for name, text in contents.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def guarded(self, certificate: str = "server") -> Sequence[str]:
        """The arguments of a Prometheus behind TLS, a login and a path prefix."""
        hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
        tls = {
            f"{kind}_file": str(CERTIFICATES / f"{certificate}.{end}")
            for kind, end in (("cert", "crt"), ("key", "key"))
        }
        self.files({"web.yml": json.dumps({"tls_server_config": tls, "basic_auth_users": {"admin": hashed}})})
        return "--web.config.file=web.yml", "--web.external-url=https://monitoring.test/prometheus"


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    with ExitStack() as stack:
        yield Running(folder, stack)


def verify(*arguments: str, **variables: str) -> tuple[int, list[dict[str, Any]], str]:
    """The exit code, the findings, and all that was printed."""
    ran = stackctl("verify", "--output", "json", *arguments, env={**os.environ, **variables})
    assert ran.returncode in (0, 1), ran.stdout + ran.stderr
    return ran.returncode, json.loads(ran.stdout)["diagnostics"], ran.stdout + ran.stderr


def red(findings: Sequence[Mapping[str, Any]]) -> set[str]:
    return {f"{each['code']} {each['subject']}" for each in findings if each["status"] in ("fail", "warn")}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    need("native")
    with running(tmp_path_factory.mktemp("good")) as made:
        app = made.app()
        pair = [made.alertmanager(name, ALERTMANAGER.format(hook=app)) for name in ("first", "second")]
        targets = [{"targets": [f"127.0.0.1:{app}"], "labels": {"__meta_role": "app"}}]
        targets += [{"targets": ["127.0.0.1:9"], "labels": {"__meta_role": "other"}}]
        made.files({"rules/alerts.yml": RULES, "more/records.yml": RECORDS, "sd/shop.json": json.dumps(targets)})
        config = PROMETHEUS.format(
            app=app,
            jobs="",
            password=PASSWORD,
            prometheus=made.port("prometheus"),
            alertmanagers=", ".join(f'"127.0.0.1:{port}"' for port in pair),
        )
        made.prometheus(config, *made.guarded())
        yield made


def options_of(made: Running) -> list[str]:
    return [
        f"--prometheus=https://127.0.0.1:{made.port('prometheus')}/prometheus/",
        f"--alertmanager=http://localhost:{made.port('second')}",
        f"--ca-file={CERTIFICATES / 'ca.crt'}",
        "--timeout=20s",
    ]


def verified(made: Running) -> tuple[int, list[dict[str, Any]], str]:
    """The verification of servers that have just been started, once Prometheus has found its targets."""

    def settled(seen: tuple[int, list[dict[str, Any]], str]) -> bool:
        return not red(seen[1]) and any(each["subject"] == "shop/127.0.0.1" for each in seen[1])

    return wait_until(lambda: verify(*options_of(made), **LOGIN), settled, 30, what="targets")


LOGIN = {"STACKCTL_PROMETHEUS_USER": "admin", "STACKCTL_PROMETHEUS_PASSWORD": PASSWORD}


def test_servers_that_people_set_up_are_verified(good: Running) -> None:
    code, findings, printed = verified(good)
    assert red(findings) == set()
    assert code == 0
    assert PASSWORD not in printed
    assert "some-password" not in printed
    passed = {f"{each['code']} {each['subject']}" for each in findings if each["status"] == "pass"}
    skipped = {f"{each['code']} {each['subject']}" for each in findings if each["status"] == "skip"}
    # What comes once an hour has not come yet.
    assert all("hourly" in each for each in skipped), skipped
    assert passed >= {
        "component.ready prometheus",
        "component.ready alertmanager",
        "target.up shop/127.0.0.1",
        "target.up blackbox/http://other.test/",
        "job.stored federate",
        "probe.success blackbox/http://other.test/",
        "rule.data alerts.yml/targets/Errors",
        "rule.healthy records.yml/records/job:up:sum",
        "alertmanager.connected alertmanager",
        f"alertmanager.connected http://127.0.0.1:{good.port('first')}",
        "alertmanager.notifications hook",
        f"remote_write.sent http://127.0.0.1:{good.port('app')}/write",
    }


def test_wrong_password_is_the_only_failure(good: Running) -> None:
    wrong = {**LOGIN, "STACKCTL_PROMETHEUS_PASSWORD": "wrong-horse-battery"}
    _, findings, printed = verify(*options_of(good), **wrong)
    assert red(findings) == {"component.ready prometheus"}
    assert "wrong-horse-battery" not in printed


def test_user_in_the_url_and_password_in_a_file_are_used(good: Running) -> None:
    url = f"https://admin@127.0.0.1:{good.port('prometheus')}/prometheus"
    good.files({"password": f"{PASSWORD}\n"})
    secret = {"STACKCTL_PROMETHEUS_PASSWORD_FILE": str(good.folder / "password")}
    _, findings, printed = verify("--prometheus", url, *options_of(good)[2:], "--only", "component", **secret)
    assert red(findings) == set()
    assert PASSWORD not in printed


def test_untrusted_certificate_names_the_option(good: Running) -> None:
    url = f"--prometheus=https://127.0.0.1:{good.port('prometheus')}/prometheus"
    _, findings, _ = verify(url, "--timeout", "5s", **LOGIN)
    assert red(findings) == {"component.ready prometheus"}
    assert "--ca-file" in str(findings)


def test_wrong_path_prefix_is_the_only_failure(good: Running) -> None:
    url = f"--prometheus=https://127.0.0.1:{good.port('prometheus')}/other"
    _, findings, _ = verify(url, *options_of(good)[2:], **LOGIN)
    assert red(findings) == {"component.ready prometheus"}


def test_each_broken_thing_is_red_and_nothing_else(tmp_path: Path) -> None:
    need("native")
    with running(tmp_path) as made:
        app = made.app()
        alertmanager = made.alertmanager("first", ALERTMANAGER.format(hook=9))
        targets = [{"targets": [f"127.0.0.1:{app}"], "labels": {"__meta_role": "app"}}]
        made.files({"rules/alerts.yml": RULES, "more/records.yml": RECORDS, "rules/bad.yml": BAD_RULES})
        made.files({"sd/shop.json": json.dumps(targets)})
        config = PROMETHEUS.format(
            app=app,
            jobs=FAULTS.format(app=app),
            password=PASSWORD,
            prometheus=made.port("prometheus"),
            alertmanagers=f'"127.0.0.1:{alertmanager}", "127.0.0.1:9"',
        ).replace(f"user:some-password@127.0.0.1:{app}/write", "127.0.0.1:9/write")
        made.prometheus(config, *made.guarded())
        options = [*options_of(made), f"--alertmanager=http://127.0.0.1:{alertmanager}"]
        wanted = {each.format(app=app) for each in BAD}
        # Alerts are sent, and fail to be delivered, some seconds after the start.
        seen = wait_until(lambda: red(verify(*options, **LOGIN)[1]), lambda found: found >= wanted, 90, what="faults")
    assert seen == wanted


def test_prometheus_without_alertmanager_is_information(tmp_path: Path) -> None:
    need("native")
    with running(tmp_path) as made:
        port = made.port("prometheus")
        job = f"{{job_name: self, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}"
        made.files({"a.yml": RULES.replace("rate(shop_errors_total[1m])", "up")})
        made.prometheus(f"global: {{scrape_interval: 1s}}\nrule_files: [a.yml]\nscrape_configs: [{job}]\n")
        code, findings, _ = verify(f"--prometheus=http://127.0.0.1:{port}", "--timeout=20s")
    assert red(findings) == set()
    assert code == 0
    (found,) = [each for each in findings if each["code"] == "alertmanager.connected"]
    assert found["status"] == "info"
    assert "4 alerts" in found["summary"]


def test_victoria_metrics_skips_what_it_does_not_serve(tmp_path: Path) -> None:
    need("native")
    with running(tmp_path) as made:
        app, store, rules = made.app(), made.port("store"), made.port("rules")
        made.files(
            {
                "scrape.yml": "global: {scrape_interval: 1s}\nscrape_configs:\n"
                f"  - {{job_name: shop, static_configs: [{{targets: ['127.0.0.1:{app}']}}]}}\n"
                "  - {job_name: dead, static_configs: [{targets: ['127.0.0.1:9']}]}\n",
                "a.yml": "groups:\n  - name: g\n    interval: 1s\n    rules:\n"
                "      - {alert: Down, expr: up == 0}\n"
                "      - {alert: Nobody, expr: 'shop_reqests_total{job=\"shop\"} > 1'}\n",
            }
        )
        made.start(
            "store",
            neighbour("victoria-metrics"),
            f"-storageDataPath={tmp_path / 'data'}",
            f"-httpListenAddr=127.0.0.1:{store}",
            "-promscrape.config=scrape.yml",
            "-search.latencyOffset=1s",
            f"-vmalert.proxyURL=http://127.0.0.1:{rules}",
        )
        made.start(
            "rules",
            neighbour("vmalert"),
            "-rule=a.yml",
            f"-datasource.url=http://127.0.0.1:{store}",
            f"-httpListenAddr=127.0.0.1:{rules}",
            "-notifier.blackhole",
        )
        _, findings, _ = verify(f"--prometheus=http://127.0.0.1:{store}", "--timeout=20s")
    assert red(findings) == {"target.up dead/127.0.0.1:9", "rule.data a.yml/g/Nobody"}
    skipped = {each["code"] for each in findings if each["status"] == "skip"}
    assert skipped >= {"prometheus.config", "job.loaded", "alertmanager.connected"}


def test_agent_is_verified_without_what_it_does_not_store(tmp_path: Path) -> None:
    need("native")
    with running(tmp_path) as made:
        app, port = made.app(), made.port("agent")
        scrapes = [{"job_name": "shop", "static_configs": [{"targets": [f"127.0.0.1:{app}"]}]}]
        scrapes += [{"job_name": "dead", "static_configs": [{"targets": ["127.0.0.1:9"]}]}]
        write = [{"url": f"http://127.0.0.1:{app}/write", "queue_config": {"batch_send_deadline": "1s"}}]
        config = {"global": {"scrape_interval": "1s"}, "remote_write": write, "scrape_configs": scrapes}
        made.files({"agent.yml": json.dumps(config)})
        made.start(
            "agent",
            str(tools.require("prometheus").path),
            "--agent",
            "--config.file=agent.yml",
            f"--storage.agent.path={tmp_path / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
            ready=READY,
        )
        options = [f"--prometheus=http://127.0.0.1:{port}", "--timeout=20s"]
        wanted = {"target.up dead/127.0.0.1:9"}  # once it has found its targets
        findings = wait_until(lambda: verify(*options)[1], lambda seen: red(seen) == wanted, 40, what="targets")
    statuses = {each["code"]: each["status"] for each in findings}
    assert statuses["component.ready"] == statuses["remote_write.sent"] == "pass"
    assert {statuses[code] for code in ("prometheus.storage", "job.stored", "rule.loaded")} == {"skip"}
