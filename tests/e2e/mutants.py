"""Ways to break a good stack, each with the checks that must turn red by it, and nothing else.

`field` is the kind of failure that real stacks have had, in a few words. A mutant breaks one thing behind stackctl's
back, and gives what fixes it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from stackctl.runtimes.native import process
from stackctl.wait import wait_until
from tests.e2e import grafana_stand_in
from tests.e2e.real_stack import App, need, webhook
from tests.ports import free_port
from tests.program import stackctl

PATIENCE_SECONDS = 40
SHORT_SECONDS = "4s"
SERVERS = ("prometheus", "alertmanager", "grafana", "node", "blackbox", "pushgateway")
Fix = Callable[[], object]

METRICS = """\
# TYPE shop_requests_total counter
shop_requests_total{path="/",status="200"} 7
shop_requests_total{path="/cart",status="500"} 1
# TYPE shop_queue_size gauge
shop_queue_size{queue="mail"} 3
# TYPE shop_wait_seconds histogram
shop_wait_seconds_bucket{le="0.1"} 4
shop_wait_seconds_bucket{le="1.0"} 6
shop_wait_seconds_bucket{le="+Inf"} 7
shop_wait_seconds_sum 3.5
shop_wait_seconds_count 7
# TYPE shop_build_info gauge
shop_build_info{version="1.0"} 1
"""
MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: "127.0.0.1:{prometheus}", scrape_interval: 1s, evaluation_interval: 1s}}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  receivers:
    oncall: {{webhook: {{url: "http://localhost:{receiver}/"}}}}
    team: {{webhook: {{url: "http://localhost:{receiver}/"}}}}
  route: {{receiver: team, routes: [{{receiver: oncall, matchers: ['severity="critical"']}}]}}
grafana: {{listen: "127.0.0.1:{grafana}"}}
pushgateway: {{listen: "127.0.0.1:{pushgateway}"}}
exporters:
  node: {{listen: "127.0.0.1:{node}"}}
  blackbox: {{listen: "127.0.0.1:{blackbox}", probes: {{home: {{url: "http://localhost:{app}/live"}}}}}}
services:
  api:
    targets: ["localhost:{app}"]
    health: {{live: /live, ready: /ready}}
    metrics:
      shop_requests_total: {{type: counter, labels: {{path: , status: ["200", "500"]}}}}
      shop_queue_size: {{type: gauge, labels: [queue]}}
      shop_wait_seconds: {{type: histogram, buckets: [0.1, 1]}}
      shop_build_info: {{type: info, labels: [version]}}
rules: [{{file: rules.yml}}]
dashboards: [{{file: shop.yml}}]
"""
RULES = """\
groups:
  - name: shop
    rules:
      - {alert: ShopDown, expr: 'up{job="api"} == 0', for: 1m}
      - alert: ShopErrors
        expr: sum(rate(shop_requests_total{status="500"}[1m])) > 5
        labels: {severity: critical}
      - record: shop:queue_by_version
        expr: shop_queue_size * on (job, instance) group_left (version) shop_build_info
"""
DASHBOARD = """\
title: Shop
variables:
  - {name: path, query: "label_values(shop_requests_total, path)"}
rows:
  - panels:
      - {title: Requests, query: 'sum by (path) (rate(shop_requests_total{path=~"$path"}[1m]))'}
      - {title: Queue, query: "sum by (queue) (shop_queue_size)"}
      - {title: Wait, query: "histogram_quantile(0.95, sum by (le) (rate(shop_wait_seconds_bucket[1m])))"}
"""


@dataclass(frozen=True)
class Good:
    """A stack in which everything is as the manifest says, and the application beside it."""

    folder: Path
    runtime: str
    app: App
    ports: dict[str, int]

    @property
    def name(self) -> str:
        return f"stackctl-mutants-{self.ports['prometheus']}"

    def write(self, **changes: str) -> None:
        """Write the manifest and what it names; `changes` ("old => new") are of one of: manifest, rules, dashboard."""
        texts = {
            "manifest": MANIFEST.format(name=self.name, app=self.app.port, **self.ports),
            "rules": RULES,
            "dashboard": DASHBOARD,
        }
        for name, file in (("manifest", "stack.yml"), ("rules", "rules.yml"), ("dashboard", "shop.yml")):
            old, _, new = changes.get(name, "").partition(" => ")
            assert old in texts[name]
            (self.folder / file).write_text(texts[name].replace(old, new, 1) if old else texts[name])

    def run(self, *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        environ = {**os.environ, "PATH": f"{self.folder / 'grafana' / 'bin'}:{os.environ['PATH']}"}
        ran = stackctl(*arguments, cwd=self.folder, env=environ)
        assert code is None or ran.returncode == code, ran.stdout + ran.stderr
        return ran

    def up(self) -> None:
        without = ("--without", "grafana") if self.runtime == "docker" else ()
        self.run("up", "--runtime", self.runtime, *without)

    def red(self, *more: str) -> set[str]:
        """What does not pass, as "id subject", or "~ id subject" for a warning; ports are left out."""
        ran = self.run("verify", "--output", "json", *more, code=None)
        report = json.loads(ran.stdout)
        assert ran.returncode == (0 if report["ok"] else 1)
        marks = {"fail": "", "warn": "~ "}
        return {
            self._plain(f"{marks[check['status']]}{check['code']} {check['subject']}")
            for check in report["diagnostics"]
            if check["status"] in marks
        }

    def _plain(self, row: str) -> str:
        """The row without what differs from run to run: ports, the stack's name, where a server is reached."""
        row = re.sub(r":\d{4,5}\b", "", row.replace(self.name, "SELF"))
        return re.sub(r"^(target\.up (\w+))/(127\.0\.0\.1|\2)$", r"\1/SELF", row)

    # -- behind stackctl's back -------------------------------------------------------------------------------

    @property
    def live(self) -> Path:
        return self.folder / ".stackctl" / "live"

    def post(self, server: str, path: str = "/-/reload", body: Any = None) -> int:
        data = b"" if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[server]}{path}", data, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def ask(self, path: str) -> Any:
        """What Prometheus answers: the `data` of its API."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports['prometheus']}{path}", timeout=10) as answer:
            return json.load(answer)["data"]

    def signal(self, server: str, number: signal.Signals, verb: str) -> None:
        """Do to a server what its own system can do to it."""
        if self.runtime == "docker":
            command = ["docker", *verb.split(), f"{self.name}-{server}-1"]
            subprocess.run(command, check=True, capture_output=True, timeout=60)
            return
        entry = process.read(self.folder / ".stackctl" / "pids" / f"{server}.pid")
        assert entry
        process.send(entry, number)
        if number == signal.SIGTERM:
            wait_until(lambda: not process.is_alive(entry), bool, PATIENCE_SECONDS, what=f"the end of {server}")


@contextmanager
def good_stack(runtime: str, folder: Path) -> Iterator[Good]:
    """The stack, up and green."""
    need(runtime)
    host = "0.0.0.0" if runtime == "docker" else "127.0.0.1"
    app = App(host, free_port())
    app.answers["/metrics"] = metrics(METRICS)
    grafana_stand_in.install(folder / "grafana")
    with webhook(lambda *_: 200, host) as receiver:
        made = Good(folder, runtime, app, {**{name: free_port() for name in SERVERS}, "receiver": receiver})
        app.start()
        try:
            made.write()
            made.up()
            wait_green(made)
            yield made
        finally:
            made.run("down", "--volumes", code=None)
            app.stop()


def wait_green(good: Good) -> None:
    """Wait until nothing is red any more: what was fixed is seen at the next scrape or evaluation."""
    wait_until(good.red, lambda red: not red, PATIENCE_SECONDS, what="the stack to be green")


def metrics(text: str, content_type: str | None = "text/plain; version=0.0.4") -> tuple[int, str | None, bytes]:
    return 200, content_type, text.encode()


def kill(good: Good, mutant: Mutant) -> None:
    """Break the stack and want exactly the right checks to be red; then fix it, and want all to be green."""
    try:
        fix = mutant.apply(good)
    except BaseException:
        good.run("reload", code=None)  # so that the next mutant finds a good stack
        raise
    try:
        red = good.red("--timeout", mutant.patience)
    finally:
        fix()
    assert red, "a mutant that nothing sees"
    missing, more = mutant.red - red, set() if mutant.at_least else red - mutant.red
    assert not missing, f"not red: {sorted(missing)}"
    assert not more, f"red, too: {sorted(more)}"
    wait_green(good)


# -- how to break ---------------------------------------------------------------------------------------------


def app_says(old: str, new: str, until: Callable[[Good], bool] = lambda _: True) -> Callable[[Good], Fix]:
    """The application's metrics change. `until` that has been scraped."""

    def apply(good: Good) -> Fix:
        assert old in METRICS
        good.app.answers["/metrics"] = metrics(METRICS.replace(old, new))
        wait_until(lambda: until(good), bool, PATIENCE_SECONDS, what="the new metrics to be scraped")
        return lambda: good.app.answers.update({"/metrics": metrics(METRICS)})

    return apply


def scraped_versions(count: int) -> Callable[[Good], bool]:
    return lambda good: len(good.ask("/api/v1/query?query=shop_build_info")["result"]) == count


def is_down(good: Good) -> bool:
    return bool(api_target(good).get("health") == "down")


def is_renamed(good: Good) -> bool:
    return "shop" in good.ask("/api/v1/scrape_pools")["scrapePools"] and is_gone(good)


def is_gone(good: Good) -> bool:
    return not api_target(good)


def sends_away(good: Good) -> bool:
    urls = [each["url"] for each in good.ask("/api/v1/alertmanagers")["activeAlertmanagers"]]
    # It has none for a moment after the reload.
    return bool(urls) and all("127.0.0.1:9/" in url for url in urls)


def app_answers(path: str, status: int, content_type: str | None, body: str) -> Callable[[Good], Fix]:
    """The application answers something else."""

    def apply(good: Good) -> Fix:
        before = good.app.answers.get(path)
        good.app.answers[path] = (status, content_type, body.encode())
        return lambda: good.app.answers.update({path: before}) if before else good.app.answers.pop(path)

    return apply


def app_stops(good: Good) -> Fix:
    good.app.stop()
    return good.app.start


def app_is_slow(good: Good) -> Fix:
    slow = good.app.slow = Event()

    def fix() -> None:
        good.app.slow = None
        slow.set()

    return fix


def live_edit(
    path: str, old: str, new: str, server: str = "prometheus", until: Callable[[Good], bool] = lambda _: True
) -> Callable[[Good], Fix]:
    """Somebody edits a file of the live generation and lets its server read it. `until` that has had its effect."""

    def apply(good: Good) -> Fix:
        file = good.live / "current" / path
        content = file.read_text()
        assert old in content
        file.write_text(content.replace(old, new, 1))
        good.post(server)
        wait_until(lambda: until(good), bool, PATIENCE_SECONDS, what="the edit to have its effect")

        def fix() -> None:
            file.write_text(content)
            assert good.post(server) == 200

        return fix

    return apply


def api_target(good: Good) -> dict[str, Any]:
    """The application's target, as Prometheus has it."""
    targets = good.ask("/api/v1/targets")["activeTargets"]
    return next((each for each in targets if each["scrapePool"] == "api"), {})


def manifest_says(**changes: str) -> Callable[[Good], Fix]:
    """The manifest itself is wrong, and in force."""

    def apply(good: Good) -> Fix:
        good.write(**changes)
        good.run("reload")

        def fix() -> None:
            good.write()
            good.run("reload")

        return fix

    return apply


def edit_is_not_applied(good: Good) -> Fix:
    good.write(rules="== 0 => == 1")
    return good.write


def server_stops(server: str) -> Callable[[Good], Fix]:
    def apply(good: Good) -> Fix:
        good.signal(server, signal.SIGTERM, "stop -t 2")
        return good.up

    return apply


def server_freezes(server: str) -> Callable[[Good], Fix]:
    """It keeps its port and answers nothing: a stopped process, a paused container."""

    def apply(good: Good) -> Fix:
        good.signal(server, signal.SIGSTOP, "pause")
        return lambda: good.signal(server, signal.SIGCONT, "unpause")

    return apply


def push_is_refused(good: Good) -> Fix:
    """A batch job pushes what the Pushgateway takes, and then the same with a timestamp, which it refuses."""
    url = f"http://127.0.0.1:{good.ports['pushgateway']}/metrics/job/batch"
    urllib.request.urlopen(urllib.request.Request(url, b"rows 1\n"), timeout=5).close()
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(url, b"rows 2 1000\n"), timeout=5).close()
    return lambda: urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=5).close()


def another_generation_is_current(good: Good) -> Fix:
    """The link is switched and no server is told: what the disk says is not what runs."""
    current = good.live / "current"
    before = current.readlink()
    good.write(rules="== 0 => == 1")
    good.run("reload")
    good.write()
    other = current.readlink()

    def switch(to: Path) -> None:
        (good.live / "next").symlink_to(to)
        (good.live / "next").replace(current)

    switch(before)

    def fix() -> None:
        switch(other)
        good.run("reload")

    return fix


MINE = {"uid": "mine", "title": "Mine", "folder": ""}


def grafana_breaks(**broken: Any) -> Callable[[Good], Fix]:
    def apply(good: Good) -> Fix:
        good.post("grafana", "/-/break", broken)
        return lambda: good.post("grafana", "/-/break", {})

    return apply


# -- what is broken -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mutant:
    """One break, and what must be red by it. `at_least`: more may be, as with a Prometheus that nobody can ask."""

    name: str
    apply: Callable[[Good], Fix]
    red: frozenset[str]
    at_least: bool = False
    patience: str = SHORT_SECONDS


def mutant(name: str, apply: Callable[[Good], Fix], *red: str, **more: Any) -> Mutant:
    return Mutant(name, apply, frozenset(red), **more)


FILES = "stack.files SELF"
CONFIGURED = "prometheus.config prometheus"
ROUTED = "alertmanager.config alertmanager"
DOWN = "      - {alert: ShopDown, expr: 'up{job=\"api\"} == 0', for: 1m}\n"
JOB = "- job_name: api\n"
DROP = "{action: drop, regex: '.*', source_labels: [__address__]}"
AWAY = "relabel_configs: [{target_label: __address__, replacement: '127.0.0.1:9'}]"
DROP_QUEUE = "{action: drop, regex: shop_queue_size, source_labels: [__name__]}"
GONE = ("component.ready alertmanager",)
LOGIN = "grafana.login grafana"
SOURCE = "grafana.datasource grafana"
BOARD = "grafana.dashboard shop.yml"
NO_NODE = ("component.ready node",)
API = "target.up api/localhost"
HEALTH = ("service.health api/localhost live", "service.health api/localhost ready")
PROBE = "probe.success home"
RULE = "rule.loaded rules.yml/shop"
AM = "alertmanager"
ALERTMANAGER = f"{AM}/alertmanager.yml"
RULE_FILE = "prometheus/rules/rules.yml"
CONFIG = "prometheus/prometheus.yml"

IN_THE_APPLICATION = (
    mutant("it is not running", app_stops, API, PROBE),
    mutant("its metrics are elsewhere", app_answers("/metrics", 404, "text/plain", "no"), API),
    mutant("it serves a page", app_answers("/metrics", 200, "text/html", "<html></html>"), API),
    mutant("its Content-Type is lost", app_answers("/metrics", 200, None, METRICS), API),
    mutant("it fails", app_answers("/metrics", 500, "text/plain", "oh"), API),
    mutant("it requires a login", app_answers("/metrics", 401, "text/plain", "who?"), API),
    mutant("it redirects to a login page", app_answers("/metrics", 302, "text/html", ""), API),
    mutant("it is slower than the scrape may be", app_is_slow, API),
    mutant("a line of its metrics is broken", app_says("shop_queue_size{", "shop_queue_size{{"), API),
    mutant("it is not ready", app_answers("/ready", 503, "text/plain", "starting"), HEALTH[1]),
    mutant("it is not alive", app_answers("/live", 500, "text/plain", "oh"), HEALTH[0], PROBE),
)
IN_WHAT_IT_PROMISES = (
    mutant(
        "a counter is renamed",
        app_says("shop_requests_total", "shop_request_total"),
        "contract.metric api/shop_requests_total",
        patience="14s",
    ),
    mutant(
        "a gauge is renamed",
        app_says("shop_queue_size", "shop_queue_length"),
        "contract.metric api/shop_queue_size",
        patience="14s",
    ),
    mutant("a label is renamed", app_says("path=", "route="), "contract.labels api/shop_requests_total"),
    mutant("a label is removed", app_says('{queue="mail"}', ""), "contract.labels api/shop_queue_size"),
    mutant("a label has a new value", app_says('"500"', '"503"'), "contract.labels api/shop_requests_total"),
    mutant(
        "a counter has become a gauge",
        app_says("shop_requests_total counter", "shop_requests_total gauge"),
        "contract.metric api/shop_requests_total",
    ),
    mutant(
        "a histogram has lost a bucket",
        app_says('shop_wait_seconds_bucket{le="0.1"} 4\n', ""),
        "contract.labels api/shop_wait_seconds",
    ),
    mutant(
        "a histogram has become a gauge",
        app_says("shop_wait_seconds histogram", "shop_wait_seconds gauge"),
        "contract.metric api/shop_wait_seconds",
    ),
    mutant("the info has lost its label", app_says('{version="1.0"}', ""), "contract.labels api/shop_build_info"),
    mutant(
        "a rule's evaluation fails, by a second series",
        app_says('{version="1.0"} 1', '{version="1.0"} 1\nshop_build_info{version="2.0"} 1', until=scraped_versions(2)),
        "rule.healthy rules.yml/shop/shop:queue_by_version",
    ),
)
IN_PROMETHEUS = (
    mutant("a rule is dropped", live_edit(RULE_FILE, DOWN, ""), FILES, f"{RULE}/ShopDown"),
    mutant("a threshold is changed", live_edit(RULE_FILE, "> 5", "> 500"), FILES, f"{RULE}/ShopErrors"),
    mutant(
        "a rule is added",
        live_edit(RULE_FILE, DOWN, "      - {alert: Mine, expr: up > 7}\n" + DOWN),
        FILES,
        "~ drift.rule rules.yml/shop/Mine",
    ),
    mutant(
        "no rule file is read",
        live_edit(CONFIG, "rules/rules.yml", "rules/none-*.yml"),
        FILES,
        CONFIGURED,
        *(f"{RULE}/{name}" for name in ("ShopDown", "ShopErrors", "shop:queue_by_version")),
    ),
    mutant(
        "a path is changed",
        live_edit(CONFIG, JOB, JOB + "  metrics_path: /old\n", until=is_down),
        FILES,
        CONFIGURED,
        API,
    ),
    mutant(
        "a job is dropped",
        live_edit(CONFIG, "job_name: api", "job_name: shop", until=is_renamed),
        FILES,
        CONFIGURED,
        API,
        "job.loaded api",
        "~ drift.job shop",
    ),
    mutant(
        "a job is scraped at another interval",
        live_edit(CONFIG, "scrape_interval: 1s", "scrape_interval: 2s"),
        FILES,
        CONFIGURED,
    ),
    mutant(
        "a target is dropped by relabelling",
        live_edit(CONFIG, JOB, f"{JOB}  relabel_configs: [{DROP}]\n", until=is_gone),
        FILES,
        CONFIGURED,
        API,
    ),
    mutant(
        "a metric is dropped by relabelling",
        live_edit(CONFIG, "- job_name: api\n", f"- job_name: api\n  metric_relabel_configs: [{DROP_QUEUE}]\n"),
        FILES,
        CONFIGURED,
        at_least=True,  # its last sample may still be there: then the contract sees nothing
    ),
    mutant(
        "it sends alerts elsewhere",
        live_edit(CONFIG, "  - static_configs:", f"  - {AWAY}\n    static_configs:", until=sends_away),
        FILES,
        CONFIGURED,
        "alertmanager.connected alertmanager",
        "alertmanager.connected http://127.0.0.1:9",  # where they go now, and nobody answers
    ),
    mutant("a reload failed half way", live_edit(RULE_FILE, "> 5", "> > 5"), FILES, CONFIGURED),
    mutant("another generation is current", another_generation_is_current, f"{RULE}/ShopDown"),
)
IN_ALERTMANAGER = (
    mutant("its file is refused", live_edit(ALERTMANAGER, "- name: team", "- name: crew", AM), FILES, ROUTED),
    mutant(
        "a receiver is added",
        live_edit(ALERTMANAGER, "- name: team\n", "- name: mine\n- name: team\n", AM),
        FILES,
        ROUTED,
        "~ drift.receiver mine",
    ),
    mutant(
        "a receiver is removed",
        live_edit(ALERTMANAGER, "receiver: oncall", "receiver: team", AM),
        FILES,
        ROUTED,
    ),
    mutant(
        "a route is changed",
        live_edit(ALERTMANAGER, 'severity="critical"', 'severity="critic"', "alertmanager"),
        FILES,
        ROUTED,
    ),
)
IN_THE_SERVERS = (
    mutant("Alertmanager has ended", server_stops("alertmanager"), *GONE),
    mutant("Alertmanager is frozen", server_freezes("alertmanager"), *GONE),
    mutant(
        "Pushgateway has ended",
        server_stops("pushgateway"),
        "component.ready pushgateway",
    ),
    mutant("a push is refused", push_is_refused, '~ job.pushed job="batch"'),
    mutant("the node exporter has ended", server_stops("node"), *NO_NODE),
    mutant(
        "the node exporter is frozen: its last scrape stands still",
        server_freezes("node"),
        *NO_NODE,
    ),
    mutant(
        "the blackbox exporter has ended",
        server_stops("blackbox"),
        "component.ready blackbox",
    ),
    mutant("Prometheus is frozen", server_freezes("prometheus"), "component.ready prometheus"),
    mutant("Prometheus has ended", server_stops("prometheus"), "component.ready prometheus"),
)
IN_THE_MANIFEST = (
    mutant(
        "a port in it is wrong",
        manifest_says(manifest='  api:\n    targets: ["localhost: =>   api:\n    targets: ["localhost:1", "localhost:'),
        "target.up api/localhost:1",
    ),
    mutant(
        "a path in it is wrong",
        manifest_says(manifest="    health: {live: =>     metrics_path: /v1/metrics\n    health: {live:"),
        API,
    ),
    mutant("a health path in it is wrong", manifest_says(manifest="live: /live => live: /alive"), HEALTH[0]),
    mutant(
        "a rule asks for what nobody serves",
        manifest_says(rules="sum(rate(shop_requests_total{ => sum(rate(shop_requets_total{"),
        "rule.data rules.yml/shop/ShopErrors",
    ),
    mutant(
        "a rule asks for a label that is not there",
        manifest_says(rules='up{job="api"} => up{role="api"}'),
        "rule.data rules.yml/shop/ShopDown",
    ),
    mutant(
        "a panel asks for what nobody serves",
        manifest_says(dashboard="(shop_queue_size) => (shop_que_size)"),
        "panel.data shop.yml/Queue",
    ),
    mutant(
        "a panel looks at less than two scrapes",
        manifest_says(dashboard='"$path"}[1m] => "$path"}[1s]'),
        "panel.data shop.yml/Requests",
    ),
    mutant(
        "a variable asks for what nobody serves",
        manifest_says(dashboard="label_values(shop_requests_total => label_values(shop_reqs_total"),
        "panel.variable shop.yml/$path",
    ),
    mutant("an edit is not applied", edit_is_not_applied, "stack.generation SELF", f"{RULE}/ShopDown"),
)
IN_GRAFANA = (
    mutant("the datasource has another uid", grafana_breaks(datasource="prometheus"), SOURCE),
    mutant("the datasource does not reach Prometheus", grafana_breaks(unreachable="refused"), SOURCE),
    mutant("a dashboard was not loaded", grafana_breaks(dashboard="Shop"), BOARD),
    mutant("two dashboards have one uid", grafana_breaks(renamed={"Shop": "Another"}), BOARD),
    mutant(
        "somebody made a dashboard by hand",
        grafana_breaks(made=[MINE]),
        "~ drift.dashboard Mine",
    ),
    mutant("the password was changed", grafana_breaks(password="other"), LOGIN),
    mutant("the database is broken", grafana_breaks(database="failing"), "grafana.health grafana"),
    mutant("Grafana has ended", server_stops("grafana"), "component.ready grafana"),
)

NATIVE = (
    *IN_THE_APPLICATION,
    *IN_WHAT_IT_PROMISES,
    *IN_PROMETHEUS,
    *IN_ALERTMANAGER,
    *IN_THE_SERVERS,
    *IN_THE_MANIFEST,
    *IN_GRAFANA,
)
# What an application answers is the same from a container, and there is no Grafana to stand in for.
DOCKER = (IN_THE_APPLICATION[0], *IN_PROMETHEUS, *IN_ALERTMANAGER, *IN_THE_SERVERS, *IN_THE_MANIFEST[:2])
