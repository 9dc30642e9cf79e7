"""Servers that stackctl did not set up, each with one thing broken, which is red and nothing else; and good ones that
differ from each other, which stay green. All of them are real, but for those that are not what they are given as."""

from __future__ import annotations

import json
import signal
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest

from stackctl.wait import TimedOut, wait_until
from tests.answers import read_json
from tests.at_once import at_once, parameters
from tests.contract.serving import CERTIFICATES
from tests.e2e.real_stack import need
from tests.e2e.test_given_servers import Running, red, running, verify

pytestmark = [pytest.mark.e2e, pytest.mark.native, pytest.mark.long]

PATIENCE_SECONDS = 90
CASES_AT_ONCE = 5
# Prometheus does not know Alertmanager yet when an alert fires at its start, and sends it again after a minute unless:
RESEND = "--rules.alert.resend-delay=1s"
CONFIG: Mapping[str, Any] = {
    "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
    "rule_files": ["rules.yml"],
    "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:{alertmanager}"]}]}]},
    "remote_write": [{"url": "http://127.0.0.1:{app}/write", "queue_config": {"batch_send_deadline": "1s"}}],
    "scrape_configs": [
        {"job_name": "shop", "static_configs": [{"targets": ["127.0.0.1:{app}"]}]},
        {"job_name": "alertmanager", "static_configs": [{"targets": ["127.0.0.1:{alertmanager}"]}]},
    ],
}
RULES: list[dict[str, Any]] = [
    {"alert": "Down", "expr": "up == 0", "labels": {"severity": "page"}},
    {"alert": "Errors", "expr": "rate(shop_errors_total[1m]) > 1", "labels": {"severity": "page"}},
    {"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "none"}},
    {"record": "job:up:sum", "expr": "sum by (job) (up)"},
]
ROUTING: Mapping[str, Any] = {
    "route": {
        "receiver": "null",
        "group_wait": "1s",
        "routes": [{"matchers": ['severity="page"'], "receiver": "hook"}],
    },
    "receivers": [
        {"name": "null"},
        {"name": "hook", "webhook_configs": [{"url": "http://127.0.0.1:{app}/"}]},
    ],
}


@dataclass
class Setup:
    """A set-up of somebody else, as configurations that a case changes before it starts."""

    made: Running
    config: dict[str, Any] = field(default_factory=lambda: json.loads(json.dumps(CONFIG)))
    rules: list[dict[str, Any]] = field(default_factory=lambda: json.loads(json.dumps(RULES)))
    routing: dict[str, Any] = field(default_factory=lambda: json.loads(json.dumps(ROUTING)))
    flags: list[str] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    after: Callable[[Setup], None] | None = None

    def job(self, name: str, **keys: Any) -> None:
        """Add a job that scrapes the application."""
        job = {"job_name": name, "static_configs": [{"targets": ["127.0.0.1:{app}"]}], **keys}
        self.config["scrape_configs"].append(job)

    def text(self, content: Any) -> str:
        text = json.dumps(content)
        for name in ("app", "alertmanager", "other", "prometheus"):
            text = text.replace(f"{{{name}}}", str(self.made.port(name)))
        return text

    def start(self) -> None:
        self.made.app()
        self.made.files({"rules.yml": self.text({"groups": [{"name": "g", "rules": self.rules}]})})
        self.made.alertmanager("alertmanager", self.text(self.routing))
        self.made.prometheus(self.text(self.config), *self.flags)
        self.options = {
            "prometheus": f"http://127.0.0.1:{self.made.port('prometheus')}",
            "alertmanager": f"http://127.0.0.1:{self.made.port('alertmanager')}",
            **self.options,
        }
        if self.after:
            self.after(self)

    def verified(self) -> tuple[set[str], str]:
        """The rows that are red, by the names of the ports, and all that was printed."""
        options = [f"--{name}={self.text(value)[1:-1]}" for name, value in self.options.items() if value]
        _, findings, printed = verify("--timeout=15s", *options, **self.variables)
        found = red(findings)
        for name, port in self.made.ports.items():
            found = {each.replace(f":{port}", f":{{{name}}}") for each in found}
        return found, printed

    def settled(self, wanted: set[str]) -> tuple[set[str], str]:
        """The same, once all that is `wanted` is red: alerts fail to be delivered some seconds after the start."""
        last: list[tuple[set[str], str]] = []

        def observe() -> set[str]:
            last[:] = [self.verified()]
            return last[0][0]

        with suppress(TimedOut):
            wait_until(observe, lambda found: found >= wanted, PATIENCE_SECONDS, what="faults")
        return last[0]


# -- servers that are not what they are given as ----------------------------------------------------------------


class Page(BaseHTTPRequestHandler):
    """A page for people, whatever is asked."""

    def do_GET(self) -> None:
        body = b"<html><title>Sign in</title></html>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Endless(Page):
    """An answer that goes on as long as it is read."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        piece = b'{"status": "success", "data": "' + b"x" * (1 << 20)
        try:
            while True:
                self.wfile.write(piece)
        except OSError:
            pass


class Slow(Page):
    """An answer that comes byte by byte, and never to its end."""

    over = Event()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            while not self.over.wait(0.2):
                self.wfile.write(b" ")
        except OSError:
            pass


class Redirect(Page):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "/login")
        self.send_header("Content-Length", "0")
        self.end_headers()


def serve(setup: Setup, handler: type[BaseHTTPRequestHandler]) -> None:
    """A server at a new port `other` that answers as `handler` does."""
    setup.made.ports.pop("other", None)
    server = ThreadingHTTPServer(("127.0.0.1", setup.made.port("other")), handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    setup.made.stack.callback(server.server_close)
    setup.made.stack.callback(server.shutdown)


def instead(name: str, handler: type[BaseHTTPRequestHandler]) -> Callable[[Setup], None]:
    """A case in which another server answers where one was given."""

    def change(setup: Setup) -> None:
        serve(setup, handler)
        setup.options[name] = "http://127.0.0.1:{other}"

    return change


def post(url: str, body: Any) -> None:
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10):
        pass


Outcome = Callable[[str], tuple[set[str], str]]

# -- the cases ------------------------------------------------------------------------------------------------

Case = Callable[[Setup], None]
MUTANTS: dict[str, tuple[Case, set[str]]] = {}
GIVEN: dict[str, tuple[Case, set[str]]] = {}
BENIGN: dict[str, Case] = {}


def mutant(*rows: str) -> Callable[[Case], Case]:
    def add(case: Case) -> Case:
        MUTANTS[case.__name__] = (case, set(rows))
        return case

    return add


def given(*rows: str) -> Callable[[Case], Case]:
    """A mutant that changes nothing but what is given: such ones share their servers."""

    def add(case: Case) -> Case:
        GIVEN[case.__name__] = (case, set(rows))
        return case

    return add


def benign(case: Case) -> Case:
    BENIGN[case.__name__] = case
    return case


@mutant("target.up dead/127.0.0.1:9")
def target_is_down(setup: Setup) -> None:
    setup.job("dead", static_configs=[{"targets": ["127.0.0.1:9"]}])


@mutant("target.up typo/no-such-host.invalid:80")
def target_has_no_address(setup: Setup) -> None:
    setup.job("typo", static_configs=[{"targets": ["no-such-host.invalid:80"]}])


@mutant("target.up page/127.0.0.1:{app}")
def target_serves_a_page(setup: Setup) -> None:
    setup.job("page", metrics_path="/page")


@mutant("target.up limited/127.0.0.1:{app}")
def target_has_more_labels_than_its_limit(setup: Setup) -> None:
    setup.job("limited", label_limit=1)


@mutant("job.stored dropped")
def relabelling_drops_every_sample(setup: Setup) -> None:
    setup.job("dropped", metric_relabel_configs=[{"action": "drop", "source_labels": ["__name__"], "regex": "shop.*"}])


@mutant("target.up found")
def discovery_finds_nothing(setup: Setup) -> None:
    setup.job("found", static_configs=[], file_sd_configs=[{"files": ["missing/*.json"]}])


@mutant("target.up dropped")
def relabelling_drops_every_target(setup: Setup) -> None:
    setup.job("dropped", relabel_configs=[{"action": "drop", "source_labels": ["__address__"], "regex": ".*"}])


@mutant("rule.healthy rules.yml/g/Twice")
def rule_cannot_be_evaluated(setup: Setup) -> None:
    setup.rules.append({"alert": "Twice", "expr": "up * on () up", "labels": {"severity": "page"}})


@mutant("rule.data rules.yml/g/shop:requests")
def rule_asks_for_a_metric_that_nobody_serves(setup: Setup) -> None:
    setup.rules.append({"record": "shop:requests", "expr": "sum(shop_reqests_total)"})


@mutant("rule.data rules.yml/g/Elsewhere")
def rule_asks_for_a_job_that_nobody_is(setup: Setup) -> None:
    setup.rules.append({"alert": "Elsewhere", "expr": 'up{job="shopp"} == 0', "labels": {"severity": "page"}})


@mutant("rule.healthy rules.yml/g/job:up:sum #2")
def two_rules_write_the_same_series(setup: Setup) -> None:
    setup.rules.append({"record": "job:up:sum", "expr": "2 * sum by (job) (up)"})


@mutant("alertmanager.connected http://127.0.0.1:9")
def one_alertmanager_of_two_is_away(setup: Setup) -> None:
    setup.config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"].append("127.0.0.1:9")


@mutant("alertmanager.connected http://127.0.0.1:{prometheus}")
def alerts_are_sent_to_another_server(setup: Setup) -> None:
    setup.config["alerting"]["alertmanagers"].append({"static_configs": [{"targets": ["127.0.0.1:{prometheus}"]}]})


@mutant("alertmanager.connected alertmanager")
def another_alertmanager_is_given(setup: Setup) -> None:
    def start(setup: Setup) -> None:
        setup.made.alertmanager("other", setup.text(setup.routing))

    setup.after = start
    setup.options["alertmanager"] = "http://127.0.0.1:{other}"


@mutant("alertmanager.connected prometheus")
def discovery_finds_no_alertmanager(setup: Setup) -> None:
    setup.config["alerting"]["alertmanagers"] = [{"file_sd_configs": [{"files": ["missing/*.json"]}]}]
    setup.options["alertmanager"] = ""


@mutant("alertmanager.notifications hook")
def receiver_refuses_connections(setup: Setup) -> None:
    setup.flags = [RESEND]
    setup.rules.append({"alert": "Fires", "expr": "vector(1)", "labels": {"severity": "page"}})
    setup.routing["receivers"][1]["webhook_configs"][0]["url"] = "http://127.0.0.1:9/"


@mutant("alertmanager.notifications hook")
def receiver_answers_with_a_client_error(setup: Setup) -> None:
    setup.flags = [RESEND]
    setup.rules.append({"alert": "Fires", "expr": "vector(1)", "labels": {"severity": "page"}})
    setup.routing["receivers"][1] = {
        "name": "hook",
        "slack_configs": [{"api_url": "http://127.0.0.1:{app}/", "channel": "{{ .Nothing }}"}],
    }


@mutant("rule.undelivered 127.0.0.1:{prometheus}")
def alert_reaches_nobody(setup: Setup) -> None:
    setup.routing["route"]["routes"][0]["matchers"] = ['severity="pager"']


@mutant("rule.undelivered 127.0.0.1:{prometheus}")
def alerts_are_dropped_on_their_way(setup: Setup) -> None:
    setup.config["alerting"]["alert_relabel_configs"] = [
        {"action": "drop", "source_labels": ["severity"], "regex": "page"}
    ]


@mutant("prometheus.empty prometheus")
def prometheus_has_nothing_to_do(setup: Setup) -> None:
    setup.config.update(scrape_configs=[], remote_write=[])
    setup.rules = []


@mutant("remote_write.sent http://127.0.0.1:9/write")
def remote_write_is_dead(setup: Setup) -> None:
    setup.config["remote_write"][0]["url"] = "http://127.0.0.1:9/write"


@mutant("remote_write.sent http://127.0.0.1:{alertmanager}/write")
def remote_write_is_rejected(setup: Setup) -> None:
    setup.config["remote_write"][0]["url"] = "http://127.0.0.1:{alertmanager}/write"


@mutant("component.ready prometheus")
def password_is_wrong(setup: Setup) -> None:
    setup.flags = [*setup.made.guarded()]
    setup.options["prometheus"] = "https://127.0.0.1:{prometheus}/prometheus"
    setup.options["ca-file"] = str(CERTIFICATES / "ca.crt")
    setup.variables = {"STACKCTL_PROMETHEUS_USER": "admin", "STACKCTL_PROMETHEUS_PASSWORD": "wrong-horse-battery"}


@mutant("component.ready prometheus")
def certificate_has_another_name(setup: Setup) -> None:
    from tests.e2e.test_given_servers import LOGIN

    setup.flags = [*setup.made.guarded("nameless")]
    setup.options["prometheus"] = "https://127.0.0.1:{prometheus}/prometheus"
    setup.options["ca-file"] = str(CERTIFICATES / "ca.crt")
    setup.variables = LOGIN


@mutant("component.ready prometheus")
def path_prefix_is_missing(setup: Setup) -> None:
    setup.flags = ["--web.external-url=http://monitoring.test/prometheus"]


@given("component.ready alertmanager")
def path_prefix_of_alertmanager_is_wrong(setup: Setup) -> None:
    setup.options["alertmanager"] = "http://127.0.0.1:{alertmanager}/alerts"


@given("component.ready prometheus")
def prometheus_is_an_alertmanager(setup: Setup) -> None:
    setup.options["prometheus"] = "http://127.0.0.1:{alertmanager}"


@given("component.ready alertmanager")
def alertmanager_is_a_prometheus(setup: Setup) -> None:
    setup.options["alertmanager"] = "http://127.0.0.1:{prometheus}"


@mutant("component.ready alertmanager")
def alertmanager_has_died(setup: Setup) -> None:
    """Prometheus sends its alerts to it, and scrapes it: all for one cause."""

    def end(setup: Setup) -> None:
        url = f"http://127.0.0.1:{setup.made.port('prometheus')}/api/v1/targets?state=active"

        def targets() -> int:
            return len(read_json(url)["data"]["activeTargets"])

        wait_until(targets, lambda count: count == len(CONFIG["scrape_configs"]), PATIENCE_SECONDS, what="targets")
        process = setup.made.processes["alertmanager"]
        process.kill()
        process.wait(PATIENCE_SECONDS)

    setup.after = end


@given("component.ready alertmanager")
def alertmanager_is_away(setup: Setup) -> None:
    setup.options["alertmanager"] = "http://127.0.0.1:9"


@given("component.ready grafana")
def grafana_is_away(setup: Setup) -> None:
    setup.options["grafana"] = "http://127.0.0.1:9"


@given("component.ready grafana")
def grafana_is_a_prometheus(setup: Setup) -> None:
    setup.options["grafana"] = "http://127.0.0.1:{prometheus}"


_OTHERS = {"prometheus": (Page, Endless, Slow, Redirect), "alertmanager": (Page, Slow), "grafana": (Page, Endless)}
for _name, _handlers in _OTHERS.items():
    for _handler in _handlers:
        GIVEN[f"{_name}_is_{_handler.__name__.lower()}"] = (instead(_name, _handler), {f"component.ready {_name}"})


@mutant("prometheus.config prometheus")
def reload_of_prometheus_failed(setup: Setup) -> None:
    def reload(setup: Setup) -> None:
        setup.made.files({"prometheus.yml": "scrape_configs: {"})
        setup.made.processes["prometheus"].send_signal(signal.SIGHUP)
        log = setup.made.folder / "prometheus.log"
        wait_until(log.read_text, lambda text: "Error reloading config" in text, 10, what="the reload")

    setup.after = reload


@mutant("alertmanager.config alertmanager")
def reload_of_alertmanager_failed(setup: Setup) -> None:
    def reload(setup: Setup) -> None:
        setup.made.files({"alertmanager.yml": "route: {"})
        setup.made.processes["alertmanager"].send_signal(signal.SIGHUP)
        log = setup.made.folder / "alertmanager.log"
        wait_until(log.read_text, lambda text: "configuration file failed" in text, 10, what="the reload")

    setup.after = reload


@benign
def nothing_is_changed(setup: Setup) -> None:
    pass


@benign
def prometheus_only_evaluates_a_rule(setup: Setup) -> None:
    setup.config.update(scrape_configs=[], remote_write=[])
    setup.rules = [{"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "none"}}]


@benign
def alert_fires_and_is_delivered(setup: Setup) -> None:
    setup.rules.append({"alert": "Fires", "expr": "vector(1)", "labels": {"severity": "page"}})


@benign
def alert_is_silenced(setup: Setup) -> None:
    def silence(setup: Setup) -> None:
        matcher = {"name": "alertname", "value": "Fires", "isRegex": False}
        times = {"startsAt": "2020-01-01T00:00:00Z", "endsAt": "2099-01-01T00:00:00Z"}
        body = {"matchers": [matcher], **times, "createdBy": "test", "comment": "test"}
        post(f"http://127.0.0.1:{setup.made.port('alertmanager')}/api/v2/silences", body)

    setup.rules.append({"alert": "Fires", "expr": "vector(1)", "labels": {"severity": "page"}})
    setup.routing["receivers"][1]["webhook_configs"][0]["url"] = "http://127.0.0.1:9/"
    setup.routing["route"]["group_wait"] = "20s"
    setup.after = silence


@benign
def paths_have_prefixes(setup: Setup) -> None:
    setup.flags = ["--web.external-url=http://monitoring.test/prometheus"]
    setup.options["prometheus"] = "http://localhost:{prometheus}/prometheus/"


@benign
def address_in_links_is_another(setup: Setup) -> None:
    setup.flags = ["--web.external-url=https://monitoring.test/prometheus", "--web.route-prefix=/"]


@benign
def two_alertmanagers(setup: Setup) -> None:
    def start(setup: Setup) -> None:
        setup.made.alertmanager("other", setup.text(setup.routing))

    setup.config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"].append("127.0.0.1:{other}")
    setup.after = start


@benign
def no_alertmanager_and_no_remote_write(setup: Setup) -> None:
    del setup.config["alerting"], setup.config["remote_write"]
    setup.options["alertmanager"] = ""


@benign
def rules_with_rare_keys(setup: Setup) -> None:
    setup.rules += [
        {"alert": "Kept", "expr": "up == 0", "keep_firing_for": "5m", "for": "1h", "labels": {"severity": "page"}},
        {"alert": "Absent", "expr": 'absent(up{job="shop"})', "labels": {"severity": "page"}},
        {"record": "shop:absent", "expr": "count(up == 0) or vector(0)"},
    ]


@benign
def labels_are_replaced(setup: Setup) -> None:
    steps = [
        {"target_label": "job", "replacement": "team/shop"},
        {"target_label": "instance", "replacement": "one"},
    ]
    setup.job("relabelled", relabel_configs=steps)


@benign
def job_is_scraped_once_an_hour(setup: Setup) -> None:
    setup.job("hourly", scrape_interval="1h")
    setup.rules.append({"alert": "Hourly", "expr": 'up{job="hourly"} == 0', "labels": {"severity": "page"}})


@benign
def batches_of_remote_write_are_rare(setup: Setup) -> None:
    setup.config["remote_write"][0]["queue_config"]["batch_send_deadline"] = "5m"


@benign
def discovery_has_targets(setup: Setup) -> None:
    setup.made.files({"sd/a.json": json.dumps([{"targets": [f"127.0.0.1:{setup.made.port('app')}"]}])})
    setup.job("found", static_configs=[], file_sd_configs=[{"files": ["sd/*.json"]}])


def _broken(folder: Path, name: str) -> tuple[set[str], str]:
    change, wanted = MUTANTS[name]
    with running(folder) as made:
        setup = Setup(made)
        change(setup)
        setup.start()
        return setup.settled(wanted)


def _different(folder: Path, name: str) -> tuple[set[str], str]:
    with running(folder) as made:
        setup = Setup(made)
        BENIGN[name](setup)
        setup.start()
        return setup.verified()


def _given_wrong(shared: Setup, name: str) -> tuple[set[str], str]:
    change, wanted = GIVEN[name]
    setup = replace(shared, made=replace(shared.made, ports=dict(shared.made.ports)), options=dict(shared.options))
    change(setup)
    return setup.settled(wanted)


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """What `verify` finds in a case. Nearly all of a case is waiting, so several run at once."""
    need("native")

    def run(name: str) -> tuple[set[str], str]:
        if name in GIVEN:
            return _given_wrong(shared, name)
        folder = parent / name
        folder.mkdir()
        return _broken(folder, name) if name in MUTANTS else _different(folder, name)

    parent = tmp_path_factory.mktemp("given")
    with running(tmp_path_factory.mktemp("shared")) as made:
        shared = Setup(made)
        shared.start()
        with at_once(run, parameters(request, "name"), CASES_AT_ONCE) as results:
            yield results


@pytest.mark.parametrize("name", MUTANTS)
def test_what_is_broken_is_red_and_nothing_else(name: str, outcome: Outcome) -> None:
    found, printed = outcome(name)
    assert found == MUTANTS[name][1], printed
    assert "wrong-horse-battery" not in printed


@pytest.mark.parametrize("name", GIVEN)
def test_what_is_given_wrong_is_red_and_nothing_else(name: str, outcome: Outcome) -> None:
    found, printed = outcome(name)
    assert found == GIVEN[name][1], printed


@pytest.mark.parametrize("name", BENIGN)
def test_what_differs_stays_green(name: str, outcome: Outcome) -> None:
    found, printed = outcome(name)
    assert found == set(), printed
