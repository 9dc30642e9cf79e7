"""`runtime: external`: a manifest is proven on servers that somebody else runs, in a layout of their own.

One set of real servers serves all cases: what is broken differs between the manifest and what they have loaded.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml

from stackctl import tools
from stackctl.access import Access
from stackctl.clients.http import Http
from stackctl.wait import wait_until
from tests.contract.serving import CERTIFICATES
from tests.e2e import grafana_stand_in
from tests.e2e.real_stack import need
from tests.e2e.test_given_servers import PASSWORD, Running, red, running

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PATIENCE_SECONDS = 40
APP = "127.0.0.1:{app}"
GRAFANA_PASSWORD = "grafana-horse-battery"


def listed(*targets: str, **labels: str) -> list[dict[str, Any]]:
    return [{"targets": list(targets or (APP,)), **({"labels": labels} if labels else {})}]


# -- what the servers have loaded, as somebody else has laid it out ---------------------------------------------

# Jobs of others, which no manifest of ours declares, and which do not work.
FOREIGN: Sequence[Mapping[str, Any]] = (
    {"job_name": "foreign-dead", "static_configs": listed("127.0.0.1:9")},
    {"job_name": "foreign-empty", "metrics_path": "/empty", "static_configs": listed()},
    {"job_name": "foreign-probe", "metrics_path": "/unreached", "static_configs": listed()},
)
PROMETHEUS: Mapping[str, Any] = {
    "global": {"scrape_interval": "1s", "evaluation_interval": "1s", "external_labels": {"cluster": "a"}},
    "rule_files": ["theirs/*.yml"],
    "scrape_config_files": ["included.yml"],
    "alerting": {"alertmanagers": [{"static_configs": [{"targets": ["127.0.0.1:{alertmanager}"]}]}]},
    "scrape_configs": [
        {"job_name": "shop", "static_configs": listed(team="shop")},
        {"job_name": "filed", "file_sd_configs": [{"files": ["targets.json"]}]},
        {
            "job_name": "added",
            "static_configs": listed(),
            "sample_limit": 5000,
            "relabel_configs": [{"target_label": "zone", "replacement": "a"}],
        },
        {"job_name": "tuned", "scrape_interval": "2s", "sample_limit": 100, "static_configs": listed()},
        {"job_name": "down", "static_configs": listed("127.0.0.1:9")},
        {"job_name": "lacking", "static_configs": listed()},
        {"job_name": "labelled", "static_configs": listed(team="other")},
        {"job_name": "hurried", "static_configs": listed()},
        {"job_name": "limited", "sample_limit": 500, "static_configs": listed()},
        {"job_name": "pathed", "metrics_path": "/slow", "static_configs": listed()},
        {
            "job_name": "dropped",
            "static_configs": listed(),
            "relabel_configs": [{"source_labels": ["__address__"], "regex": ".*", "action": "drop"}],
        },
        *FOREIGN,
    ],
}
# Prometheus does not report the settings of jobs that are in files of their own.
INCLUDED: Sequence[Mapping[str, Any]] = (
    {"job_name": "included", "scrape_interval": "2s", "static_configs": listed(team="shop")},
    {"job_name": "included-hurried", "static_configs": listed()},
    {"job_name": "included-nothing", "file_sd_configs": [{"files": ["missing/*.json"]}]},
)
DOWN = {"alert": "Down", "expr": 'up{job="shop"}==0', "for": "60s", "labels": {"severity": "page"}}
RATE = {"record": "job:requests:rate", "expr": "sum by (job) (\n  rate(shop_requests_total[1m])\n)"}


def alert(name: str, expr: str = 'up{job="shop"} == 0', severity: str = "page", **more: Any) -> dict[str, Any]:
    return {"alert": name, "expr": expr, "labels": {"severity": severity}, **more}


RULES: Mapping[str, Any] = {
    "theirs/ours-renamed.yml": [
        {"name": "renamed", "interval": "1s", "rules": [RATE, DOWN]},
        {
            "name": "faults",
            "rules": [
                alert("OtherExpression", 'up{job="filed"} == 0'),
                alert("OtherFor", **{"for": "2m"}),
                alert("OtherSeverity", severity="none"),
                alert("OtherAnnotation", annotations={"summary": "theirs"}),
                alert("OtherKeep", keep_firing_for="5m"),
                alert("Failing", 'up{job="shop"} * on () up == 0'),
                alert("Misled", severity="misled"),
                {"record": "job:other:rate", "expr": "sum(up)"},
            ],
        },
    ],
    "theirs/foreign.yml": [
        {
            "name": "foreign",
            "rules": [
                alert("ForeignFailing", "up * on () up"),
                alert("ForeignNothing", "nobody_serves_this > 1"),
                {"record": "job:requests:rate", "expr": "vector(1)", "labels": {"job": "elsewhere"}},
            ],
        }
    ],
}
ALERTMANAGER: Mapping[str, Any] = {
    "route": {
        "receiver": "theirs",
        "group_wait": "1s",
        "routes": [
            {"matchers": ['severity="page"'], "receiver": "audit", "continue": True},
            {"matchers": ['severity=~"page|critical"'], "receiver": "hook"},
            {"matchers": ['severity="misled"'], "receiver": "hook"},
        ],
    },
    "receivers": [
        {"name": "theirs", "webhook_configs": [{"url": "http://127.0.0.1:9/"}]},
        {"name": "audit"},
        {"name": "hook", "webhook_configs": [{"url": "http://127.0.0.1:{app}/"}]},
        {"name": "misled", "webhook_configs": [{"url": "http://127.0.0.1:{app}/"}]},
        {"name": "other-kind", "webhook_configs": [{"url": "http://127.0.0.1:{app}/"}]},
        {"name": "other-setting", "webhook_configs": [{"url": "http://127.0.0.1:{app}/", "max_alerts": 5}]},
    ],
}


def board(uid: str, title: str, expr: str) -> dict[str, Any]:
    panel = {"type": "timeseries", "title": "Requests", "targets": [{"expr": expr, "refId": "A"}]}
    source = {"type": "prometheus", "uid": "prometheus"}
    panel |= {"datasource": source, "gridPos": {"x": 0, "y": 0, "w": 24, "h": 8}}
    return {"uid": uid, "title": title, "panels": [panel], "schemaVersion": 39}


BOARDS = (
    board("ours", "Ours", "rate(shop_requests_total[1m])"),
    board("other-panels", "Other panels", "up"),
    board("other-title", "Theirs", "rate(shop_requests_total[1m])"),
    board("foreign", "Foreign", "nobody_serves_this"),
)


class Servers:
    """The servers that somebody else runs, and manifests for them."""

    def __init__(self, made: Running) -> None:
        self.made = made
        self.start()

    def text(self, content: Any) -> str:
        text = json.dumps(content)
        for name in ("app", "alertmanager", "other", "prometheus", "grafana", "nobody"):
            text = text.replace(f"{{{name}}}", str(self.made.port(name)))
        return text

    def start(self) -> None:
        self.made.app()
        self.made.files({name: self.text({"groups": groups}) for name, groups in RULES.items()})
        included = self.text({"scrape_configs": INCLUDED})
        self.made.files({"targets.json": self.text(listed()), "included.yml": included})
        for name in ("alertmanager", "other"):
            self.made.alertmanager(name, self.text(ALERTMANAGER))
        self.made.prometheus(self.text(PROMETHEUS), *self.made.guarded())
        self._proxy()
        self._grafana()

    def _proxy(self) -> None:
        """The address at which the stand-in for Grafana, which knows no login of Prometheus, asks that."""
        url = f"https://127.0.0.1:{self.made.port('prometheus')}/prometheus"
        access = Access(url, ("admin", PASSWORD), (CERTIFICATES / "ca.crt").read_text())

        class Proxy(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = self.rfile.read(int(self.headers["Content-Length"])).decode()
                answer = Http(access).ask(self.path, params=dict(parse_qsl(form)))
                body = answer.text.encode()
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", self.made.port("proxy")), Proxy)
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        self.made.stack.callback(server.server_close)
        self.made.stack.callback(server.shutdown)

    def _grafana(self) -> None:
        url = f"http://127.0.0.1:{self.made.port('proxy')}"
        source = {"name": "Prometheus", "type": "prometheus", "uid": "prometheus", "url": url, "isDefault": True}
        folder = self.made.folder / "provisioning"
        self.made.files(
            {
                "provisioning/datasources/all.yml": json.dumps({"datasources": [source]}),
                "provisioning/dashboards/all.yml": json.dumps(
                    {"providers": [{"folder": "", "options": {"path": str(folder / "boards")}}]}
                ),
                **{f"provisioning/boards/{each['uid']}.json": json.dumps(each) for each in BOARDS},
                "grafana/password": GRAFANA_PASSWORD,
            }
        )
        environment = {
            "GF_PATHS_DATA": str(self.made.folder / "grafana"),
            "GF_PATHS_PROVISIONING": str(folder),
            "GF_SECURITY_ADMIN_PASSWORD": f"$__file{{{self.made.folder / 'grafana' / 'password'}}}",
            "GF_SERVER_HTTP_ADDR": "127.0.0.1",
            "GF_SERVER_HTTP_PORT": str(self.made.port("grafana")),
        }
        assignments = [f"{name}={value}" for name, value in environment.items()]
        self.made.start("grafana", "env", *assignments, sys.executable, grafana_stand_in.__file__)

    def verified(
        self, manifest: Mapping[str, Any], *arguments: str, **variables: str
    ) -> tuple[int, list[dict[str, Any]], str]:
        """The exit code, the findings and all that was printed for a manifest in a folder of its own."""
        folder = self.made.folder / "manifest"
        folder.mkdir(exist_ok=True)
        (folder / "stack.yml").write_text(self.text(manifest))
        (folder / "ca.crt").write_bytes((CERTIFICATES / "ca.crt").read_bytes())
        (folder / "password").write_text(f"{PASSWORD}\n")
        for each in BOARDS:
            (folder / f"{each['uid']}.json").write_text(json.dumps(MINE.get(each["uid"], each)))
        (folder / "absent.json").write_text(json.dumps(board("absent", "Absent", "rate(shop_requests_total[1m])")))
        command = [sys.executable, "-m", "stackctl", "-f", str(folder / "stack.yml"), "verify", "--output", "json"]
        environment = {**os.environ, "GRAFANA_PASSWORD": GRAFANA_PASSWORD, **variables}
        ran = subprocess.run([*command, *arguments], capture_output=True, text=True, env=environment)
        assert ran.returncode in (0, 1), ran.stdout + ran.stderr
        return ran.returncode, json.loads(ran.stdout)["diagnostics"], ran.stdout + ran.stderr

    def named(self, rows: set[str]) -> set[str]:
        """Rows with the names of ports in place of their numbers."""
        for name, port in self.made.ports.items():
            rows = {row.replace(f":{port}", f":{{{name}}}") for row in rows}
        return rows


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    need("native")
    with running(tmp_path_factory.mktemp("external")) as made:
        yield Servers(made)


# -- manifests ------------------------------------------------------------------------------------------------

# The dashboards as the manifest has them, where Grafana has others under their uids.
MINE = {
    "other-panels": board("other-panels", "Other panels", "rate(shop_requests_total[1m])"),
    "other-title": board("other-title", "Mine", "rate(shop_requests_total[1m])"),
}
EXTERNAL: Mapping[str, Any] = {
    "prometheus": {
        "url": "https://127.0.0.1:{prometheus}/prometheus",
        "basic_auth": {"username": "admin", "password_file": "password"},
        "ca_file": "ca.crt",
    },
    "alertmanager": "http://localhost:{alertmanager}",
    "grafana": {
        "url": "http://127.0.0.1:{grafana}",
        "basic_auth": {"username": "admin", "password": "${GRAFANA_PASSWORD}"},
    },
}
HOOK = {"webhook": {"url": "http://127.0.0.1:{app}/"}}
PAGE = {"matchers": ['severity="page"'], "receiver": "hook"}
GOOD: Mapping[str, Any] = {
    "version": 1,
    "name": "shop",
    "runtime": "external",
    "external": EXTERNAL,
    "services": {
        "shop": {"targets": [APP], "labels": {"team": "shop"}, "health": {"live": "/health"}},
        "filed": {"targets": [APP]},
        "added": {"targets": [APP]},
        "tuned": {"targets": [APP], "scrape_interval": "2s", "sample_limit": 100},
        "included": {"targets": [APP], "scrape_interval": "2s", "labels": {"team": "shop"}},
    },
    "rules": [
        {
            "name": "alerts",
            "rules": [{**DOWN, "expr": 'up{job="shop"} == 0', "for": "1m"}],
        },
        {"name": "records", "rules": [{**RATE, "expr": "sum(rate(shop_requests_total[1m])) by (job)"}]},
    ],
    "alertmanager": {"receivers": {"hook": HOOK}, "route": {"receiver": "hook", "routes": [PAGE]}},
    "dashboards": [{"file": "ours.json"}],
}
FAULTY_RULES = [
    alert("Gone"),
    alert("OtherExpression"),
    alert("OtherFor", **{"for": "1m"}),
    alert("OtherSeverity"),
    alert("OtherAnnotation", annotations={"summary": "mine"}),
    alert("OtherKeep", keep_firing_for="1m"),
    alert("Failing", 'up{job="shop"} * on () up == 0'),
    alert("Misled", severity="misled"),
    {"record": "job:gone:rate", "expr": "sum(up)"},
    {"record": "job:other:rate", "expr": "avg(up)"},
]
BAD: Mapping[str, Any] = {
    **GOOD,
    "services": {
        **GOOD["services"],
        "missing": {"targets": [APP]},
        "down": {"targets": ["127.0.0.1:9"]},
        "lacking": {"targets": [APP, "127.0.0.1:{nobody}"]},
        "labelled": {"targets": [APP], "labels": {"team": "shop"}},
        "hurried": {"targets": [APP], "scrape_interval": "5s"},
        "limited": {"targets": [APP], "sample_limit": 100},
        "pathed": {"targets": [APP]},
        "dropped": {"targets": [APP]},
        "included-hurried": {"targets": [APP], "scrape_interval": "5s"},
        "included-nothing": {"targets": [APP]},
    },
    "rules": [
        *GOOD["rules"],
        {"name": "faults", "rules": FAULTY_RULES},
        {"name": "rare", "rules": [alert("Misled")]},
    ],
    "alertmanager": {
        "receivers": {
            "hook": HOOK,
            "misled": HOOK,
            "absent": HOOK,
            "other-kind": {"slack": {"api_url": "http://127.0.0.1:{app}/x", "channel": "#a"}},
            "other-setting": {"webhook": {"url": "http://127.0.0.1:{app}/", "max_alerts": 9}},
        },
        "route": {
            "receiver": "hook",
            "routes": [
                PAGE,
                {"matchers": ['severity="misled"'], "receiver": "misled"},
                *(
                    {"matchers": [f'to="{name}"'], "receiver": name}
                    for name in ("absent", "other-kind", "other-setting")
                ),
            ],
        },
    },
    "dashboards": [{"file": f"{name}.json"} for name in ("ours", "absent", "other-panels", "other-title")],
}
FAULTS = {
    "job missing": "job.loaded missing",
    "target down": "target.up down/127.0.0.1:9",
    "target missing": "target.up lacking/127.0.0.1:{nobody}",
    "target with another label": "job.loaded labelled",
    "job with another interval": "job.loaded hurried",
    "job with another limit": "job.loaded limited",
    "target with another path": "target.up pathed/127.0.0.1:{app}",
    "job of a file with another interval": "job.loaded included-hurried",
    "job of a file without targets": "target.up included-nothing/127.0.0.1:{app}",
    "target dropped by relabelling": "target.up dropped/127.0.0.1:{app}",
    "alert missing": "rule.loaded faults.yml/faults/Gone",
    "alert with another expression": "rule.loaded faults.yml/faults/OtherExpression",
    "alert with another for": "rule.loaded faults.yml/faults/OtherFor",
    "alert with another label": "rule.loaded faults.yml/faults/OtherSeverity",
    "alert with another annotation": "rule.loaded faults.yml/faults/OtherAnnotation",
    "alert with another keep_firing_for": "rule.loaded faults.yml/faults/OtherKeep",
    "alert that fails": "rule.healthy faults.yml/faults/Failing",
    "record missing": "rule.loaded faults.yml/faults/job:gone:rate",
    "record with another expression": "rule.loaded faults.yml/faults/job:other:rate",
    "second alert of one name missing": "rule.loaded rare.yml/rare/Misled",
    "receiver missing": "alertmanager.receiver absent",
    "receiver of another kind": "alertmanager.receiver other-kind",
    "receiver with another setting": "alertmanager.receiver other-setting",
    "route to another receiver": "alertmanager.receiver misled",
    "dashboard missing": "grafana.dashboard absent.json",
    "dashboard with other panels": "grafana.dashboard other-panels.json",
    "dashboard with another title": "grafana.dashboard other-title.json",
}


@pytest.fixture(scope="module")
def good(servers: Servers) -> tuple[int, list[dict[str, Any]], str]:
    """The verification of the good manifest, once all is scraped and evaluated."""
    return wait_until(
        lambda: servers.verified(GOOD, "--timeout=15s"), lambda seen: not red(seen[1]), PATIENCE_SECONDS, what="scrapes"
    )


@pytest.fixture(scope="module")
def bad(servers: Servers, good: object) -> Mapping[str, str]:
    """The red rows of the bad manifest, with their summaries."""
    _, findings, _ = servers.verified(BAD, "--timeout=5s")
    rows = {f"{each['code']} {each['subject']}": each for each in findings}
    return {servers.named({row}).pop(): rows[row]["summary"] for row in red(findings)}


def row_of(finding: Mapping[str, Any]) -> str:
    return f"{finding['code']} {finding['subject']}"


# -- what is declared and loaded ------------------------------------------------------------------------------


def test_manifest_is_proven_on_servers_of_somebody_else(good: tuple[int, list[dict[str, Any]], str]) -> None:
    code, findings, printed = good
    assert red(findings) == set()
    assert code == 0
    assert PASSWORD not in printed
    assert GRAFANA_PASSWORD not in printed
    # All of it is proven, and nothing of what others have loaded is in the report.
    assert {row_of(each): each["summary"] for each in findings if each["status"] != "pass"} == {}
    assert [each["subject"] for each in findings if "oreign" in each["subject"]] == []
    passed = {each["code"] for each in findings}
    assert passed >= {
        *("component.ready", "job.loaded", "target.up", "job.stored", "service.health", "rule.loaded", "rule.healthy"),
        *("rule.data", "alertmanager.connected", "alertmanager.receiver", "grafana.dashboard", "panel.data"),
    }


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_red(bad: Mapping[str, str], fault: str, record_property: Callable[[str, object], None]) -> None:
    record_property("mutant", "external")
    assert FAULTS[fault] in bad


def test_nothing_else_is_red(bad: Mapping[str, str]) -> None:
    assert {row: summary for row, summary in bad.items() if row not in FAULTS.values()} == {}


# -- how the servers are asked --------------------------------------------------------------------------------

UNREACHED: Mapping[str, tuple[Mapping[str, Any], set[str]]] = {
    "wrong password": (
        {"prometheus": {**EXTERNAL["prometheus"], "basic_auth": {"username": "admin", "password": "wrong-horse"}}},
        {"component.ready prometheus"},
    ),
    "no trust": ({"prometheus": {**EXTERNAL["prometheus"], "ca_file": None}}, {"component.ready prometheus"}),
    "path prefix missing": (
        {"prometheus": {**EXTERNAL["prometheus"], "url": "https://127.0.0.1:{prometheus}"}},
        {"component.ready prometheus"},
    ),
    "another server": ({"prometheus": "http://127.0.0.1:{alertmanager}"}, {"component.ready prometheus"}),
    "another Alertmanager": (
        {"alertmanager": "http://127.0.0.1:{other}"},
        {"alertmanager.connected alertmanager"},
    ),
    "wrong password of Grafana": (
        {"grafana": {**EXTERNAL["grafana"], "basic_auth": {"username": "admin", "password": "wrong-horse"}}},
        {"grafana.login grafana"},
    ),
}


@pytest.mark.parametrize("case", UNREACHED)
@pytest.mark.usefixtures("good")
def test_server_that_is_asked_wrongly_is_one_failure(
    servers: Servers, case: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("mutant", "external")
    change, wanted = UNREACHED[case]
    _, findings, printed = servers.verified({**GOOD, "external": {**EXTERNAL, **change}}, "--timeout=2s")
    assert servers.named(red(findings)) == wanted
    assert "wrong-horse" not in printed


@pytest.mark.usefixtures("good")
def test_datasource_that_the_dashboards_ask_is_missing(servers: Servers) -> None:
    grafana = {"datasource": {"name": "Metrics", "uid": "metrics"}}
    _, findings, _ = servers.verified({**GOOD, "grafana": grafana}, "--timeout=5s", "--only=grafana.datasource")
    assert red(findings) == {"grafana.datasource grafana"}


@pytest.mark.usefixtures("good")
def test_exceptions_of_the_manifest_hold(servers: Servers) -> None:
    services = {**GOOD["services"], "missing": {"targets": [APP]}}
    ignore = [{"check": "job.loaded", "subject": "missing", "reason": "It comes tomorrow."}]
    code, findings, _ = servers.verified({**GOOD, "services": services, "ignore": ignore}, "--timeout=5s")
    assert red(findings) == set()
    assert code == 0


# -- commands -------------------------------------------------------------------------------------------------


def ran(servers: Servers, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command on the good manifest."""
    servers.verified(GOOD, "--only=component.ready")
    command = [sys.executable, "-m", "stackctl", "-f", str(servers.made.folder / "manifest" / "stack.yml"), *arguments]
    environment = {**os.environ, "GRAFANA_PASSWORD": GRAFANA_PASSWORD}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


@pytest.mark.usefixtures("good")
def test_dashboards_are_drawn_from_these_servers(servers: Servers, tmp_path: Path) -> None:
    found = ran(servers, "dashboards", "preview", "--out", str(tmp_path / "pages"))
    assert found.returncode == 0, found.stderr
    assert (tmp_path / "pages" / "ours.html").is_file()


@pytest.mark.usefixtures("good")
def test_command_that_acts_on_servers_is_refused_as_asked(servers: Servers) -> None:
    found = ran(servers, "up", "--output", "json")
    assert found.returncode == 2
    assert [each["code"] for each in json.loads(found.stdout)["diagnostics"]] == ["usage.external"]
    assert not (servers.made.folder / "manifest" / ".stackctl").exists()


@pytest.mark.usefixtures("good")
def test_rendered_files_are_what_the_servers_have_to_load(servers: Servers) -> None:
    folder = servers.made.folder / "rendered"
    assert ran(servers, "render", "--out", str(folder)).returncode == 0
    jobs = yaml.safe_load((folder / "prometheus" / "jobs.yml").read_text())["scrape_configs"]
    assert [job["job_name"] for job in jobs] == list(GOOD["services"])
    config = {"rule_files": ["prometheus/rules/*.yml"], "scrape_config_files": ["prometheus/jobs.yml"]}
    (folder / "whole.yml").write_text(json.dumps(config))
    for program, file in (("promtool", "whole.yml"), ("amtool", "alertmanager/alertmanager.yml")):
        words = ["check", "config"] if program == "promtool" else ["check-config"]
        checked = subprocess.run(
            [str(tools.require(program).path), *words, str(folder / file)], capture_output=True, text=True
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr
    boards = [path.name for path in (folder / "grafana" / "dashboards").rglob("*.json")]
    assert boards == ["ours.json"]
    assert GRAFANA_PASSWORD not in "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


@pytest.mark.usefixtures("good")
def test_why_shows_how_a_rule_is_on_servers_of_somebody_else(servers: Servers) -> None:
    found = ran(servers, "why", "Down", "--output", "json")
    now = {node["name"]: node["now"] for node in json.loads(found.stdout)["nodes"] if "now" in node}
    assert (now["Down"]["state"], now["Down"]["fault"]) == ("inactive", "")
    assert (now["shop"]["count"], now["shop"]["total"]) == (1, 1)


# -- rendered files on real servers ---------------------------------------------------------------------------

# What a manifest can say of jobs and receivers, as servers report it in their own form.
RICH: Mapping[str, Any] = {
    "version": 1,
    "name": "rich",
    "runtime": "external",
    "external": {"prometheus": "http://127.0.0.1:{prometheus}", "alertmanager": "http://127.0.0.1:{alertmanager}"},
    "services": {
        "options": {
            "targets": [APP, {"address": "127.0.0.1:9", "labels": {"zone": "b"}}],
            "labels": {"team": "shop"},
            "scrape_interval": "90s",
            "scrape_timeout": "1s500ms",
            "honor_labels": True,
            "honor_timestamps": False,
            "params": {"match[]": ["a", "b"]},
            "sample_limit": 1000,
            "label_limit": 30,
            "body_size_limit": "10MB",
            "follow_redirects": False,
            "enable_http2": False,
            "scrape_protocols": ["OpenMetricsText1.0.0", "PrometheusText0.0.4"],
            "fallback_scrape_protocol": "PrometheusText0.0.4",
        },
        "login": {"targets": [APP], "basic_auth": {"username": "me", "password": "right-horse"}},
        "token": {"targets": [APP], "authorization": {"type": "Bearer", "credentials": "right-battery"}},
        "secured": {
            "targets": [APP],
            "scheme": "https",
            "tls": {"ca_file": "ca.crt", "server_name": "shop", "min_version": "TLS12", "insecure_skip_verify": True},
        },
        "relabelled": {
            "targets": [APP],
            "relabel": [
                {"source_labels": ["__address__"], "regex": "(.*):.*", "target_label": "host", "replacement": "$1"},
                {"action": "labeldrop", "regex": "tmp_.*"},
            ],
            "metric_relabel": [{"source_labels": ["__name__"], "regex": "go_.*", "action": "drop"}],
        },
        "discovered": {
            "discovery": {"http_sd_configs": [{"url": "http://127.0.0.1:{app}/sd", "refresh_interval": "90s"}]},
            "labels": {"team": "co$re"},
        },
    },
    "rules": [
        {
            "name": "g",
            "interval": "90s",
            "labels": {"team": "shop"},
            "rules": [
                {
                    "alert": "Slow",
                    "expr": 'histogram_quantile(0.9, sum by (le) (rate(x_bucket{a=~"b|c"}[5m]))) > 0.5 and on () up',
                    "for": "1h30m",
                    "keep_firing_for": "5m",
                    "labels": {"severity": "critical"},
                    "annotations": {"summary": "{{ $value | humanize }} of {{ $labels.le }}"},
                },
                {"record": "a:b", "expr": "sum without (instance) (up)", "labels": {"a": "b"}},
            ],
        }
    ],
    "alertmanager": {
        "receivers": {
            "chat": {
                "slack": {"api_url": "https://hooks.example.com/x/right-staple", "channel": "#shop", "color": "good"},
                "webhook": [
                    {"url": "http://127.0.0.1:{app}/a", "max_alerts": 3, "send_resolved": False},
                    {"url": "http://127.0.0.1:{app}/b", "timeout": "90s"},
                ],
            },
            "mail": {"email": {"to": "a@example.com", "from": "b@example.com", "smarthost": "mail.example.com:587"}},
            "pager": {
                "pagerduty": {"routing_key": "0123456789abcdef0123456789abcdef", "details": {"a": "b"}},
                "opsgenie": {"api_key": "right-battery-staple", "priority": "P1"},
                "teams": {"webhook_url": "https://teams.example.com/right-horse"},
            },
        },
        "routing": {
            "default": "chat",
            "rules": [
                {"when": {"severity": "critical"}, "to": "pager"},
                {"when": {"team": ["shop", "store"]}, "to": "mail", "continue": True},
            ],
        },
    },
}


def test_what_render_writes_is_loaded_as_declared(tmp_path: Path) -> None:
    need("native")
    with running(tmp_path) as made:
        text = json.dumps(RICH)
        for name in ("app", "prometheus", "alertmanager"):
            text = text.replace(f"{{{name}}}", str(made.port(name)))
        (tmp_path / "stack.yml").write_text(text)
        (tmp_path / "ca.crt").write_bytes((CERTIFICATES / "ca.crt").read_bytes())
        stackctl = [sys.executable, "-m", "stackctl", "-f", str(tmp_path / "stack.yml")]
        done = subprocess.run([*stackctl, "render", "--out", str(tmp_path / "out")], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        jobs = yaml.safe_load((tmp_path / "out" / "prometheus" / "jobs.yml").read_text())
        config = {"rule_files": ["rules/*.yml"], "scrape_configs": jobs["scrape_configs"]}
        (tmp_path / "out" / "prometheus" / "prometheus.yml").write_text(json.dumps(config))
        made.app()
        for name, options in (("prometheus", ()), ("alertmanager", ("--cluster.listen-address=",))):
            made.start(
                name,
                str(tools.require(name).path),
                f"--config.file={tmp_path}/out/{name}/{name}.yml",
                f"--storage.{'tsdb.' if name == 'prometheus' else ''}path={tmp_path}/{name}-data",
                f"--web.listen-address=127.0.0.1:{made.port(name)}",
                *options,
            )
        only = "--only=component.ready,job.loaded,rule.loaded,alertmanager.receiver"
        done = subprocess.run([*stackctl, "verify", "-o", "json", only, "--timeout=3s"], capture_output=True, text=True)
        findings = json.loads(done.stdout)["diagnostics"]
        assert {
            f"{each['code']} {each['subject']}": each["summary"] for each in findings if each["status"] != "pass"
        } == {}
        assert len(findings) == 2 + len(RICH["services"]) + 2 + 3
