"""Grafana's own alerting on a real Grafana: files that `check` accepts are loaded, and `verify` finds what fails."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http
from stackctl.wait import wait_until
from tests.e2e.real_grafana import program_folder, running
from tests.e2e.real_stack import need
from tests.ports import free_port
from tests.program import Ran, stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native]

MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: 127.0.0.1:{prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
grafana:
  listen: 127.0.0.1:{grafana}
  admin: {{password: right-horse}}
  alerting: ["*.alerting.yml"]
  extra_env: {{HOOK: "ho$ok", HOOK_PASSWORD: "${{HOOK_PASSWORD}}"}}
services: {{self: {{targets: ["localhost:{prometheus}"]}}}}
"""
RULES = """\
apiVersion: 1
groups:
  - name: shop
    folder: Shop
    interval: 10s
    rules:
      - uid: up
        title: Up
        condition: B
        for: 0s
        labels: {team: "{{ $$labels.job }}"}
        annotations: {summary: "{{ $labels.job }} is down"}
        data:
          - refId: A
            datasourceUid: prometheus
            relativeTimeRange: {from: 60, to: 0}
            model: {expr: up, instant: true}
          - {refId: B, datasourceUid: __expr__, model: {type: math, expression: "$A < 1"}}
"""
CONTACTS = """\
apiVersion: 1
contactPoints:
  - name: ops
    receivers:
      - {uid: hook, type: webhook, settings: {url: "http://127.0.0.1:9/$HOOK", username: me, password: $HOOK_PASSWORD}}
policies:
  - receiver: ops
    routes: [{receiver: grafana-default-email, mute_time_intervals: [nights], object_matchers: [[team, "=", web]]}]
muteTimes:
  - {name: nights, time_intervals: [{times: [{start_time: "22:00", end_time: "23:00"}]}]}
templates:
  - {name: text, template: '{{ define "text" }}{{ $x := 1 }}{{ $x }}{{ end }}'}
"""
# The same without waiting.
SOON = CONTACTS.replace("- receiver: ops\n", "- receiver: ops\n    group_wait: 1s\n")
# Rules that Grafana loads, and what `verify` says of them.
PROVEN = """\
apiVersion: 1
groups:
  - name: faults
    folder: Shop
    interval: 10s
    rules:
      - uid: not-reduced
        title: NotReduced
        condition: A
        for: 0s
        data:
          - refId: A
            datasourceUid: prometheus
            relativeTimeRange: {from: 60, to: 0}
            model: {expr: up, range: true}
      - uid: unknown-letter
        title: UnknownLetter
        condition: B
        for: 0s
        data: [{refId: B, datasourceUid: __expr__, model: {type: math, expression: "$Z < 1"}}]
      - uid: no-data
        title: NoData
        condition: A
        for: 0s
        data: &nothing
          - refId: A
            datasourceUid: prometheus
            relativeTimeRange: {from: 60, to: 0}
            model: {expr: 'up{instance="none"}', instant: true}
  - name: benign
    folder: Shop
    interval: 10s
    rules:
      - {uid: quiet, title: Quiet, condition: A, for: 0s, noDataState: OK, data: *nothing}
      - {uid: paused, title: Paused, condition: A, for: 0s, isPaused: true, data: *nothing}
      - uid: fires
        title: Fires
        condition: B
        for: 0s
        data: [{refId: B, datasourceUid: __expr__, model: {type: math, expression: "1 > 0"}}]
  - {name: slow, folder: Shop, interval: 1h, rules: [{uid: slow, title: Slow, condition: A, for: 0s, data: *nothing}]}
"""
SECRET = "geheimnis-1$word-${HOME}"


@dataclass
class Stack:
    folder: Path
    port: int

    def ran(self, *arguments: str) -> Ran:
        path = f"{program_folder('real', self.folder)}:{os.environ['PATH']}"
        return stackctl(*arguments, cwd=self.folder, env={**os.environ, "PATH": path})

    def run(self, *arguments: str) -> str:
        ran = self.ran(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout + ran.stderr

    @property
    def grafana(self) -> Http:
        return Http(Access(f"http://127.0.0.1:{self.port}", ("admin", "right-horse")))

    def rows(self) -> dict[str, tuple[str, str]]:
        """The rows of `verify` about the alerting: status and summary."""
        only = [word for code in ("rule", "contact-point", "policy") for word in ("--only", f"grafana.{code}")]
        found = json.loads(self.ran("verify", *only, "-o", "json").stdout)["diagnostics"]
        return {f"{each['code']} {each['subject']}": (each["status"], each["summary"]) for each in found}

    def rules(self) -> dict[str, str]:
        rules = self.grafana.json("/api/v1/provisioning/alert-rules", list)
        return {rule["uid"]: rule["title"] for rule in rules}


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    need("native")
    prometheus, grafana = free_port(), free_port()
    name = f"stackctl-alerting-{prometheus}"
    (tmp_path / "stack.yml").write_text(MANIFEST.format(name=name, prometheus=prometheus, grafana=grafana))
    (tmp_path / "rules.alerting.yml").write_text(RULES)
    (tmp_path / "contacts.alerting.yml").write_text(CONTACTS)
    (tmp_path / ".env").write_text(f"HOOK_PASSWORD='{SECRET}'\n")
    made = Stack(tmp_path, grafana)
    with running(made.ran):
        yield made


def test_grafana_loads_the_files_and_their_changes(stack: Stack) -> None:
    assert stack.rules() == {"up": "Up"}
    [rule] = stack.grafana.json("/api/v1/provisioning/alert-rules", list)
    assert (rule["labels"], rule["annotations"]) == (
        {"team": "{{ $labels.job }}"},
        {"summary": "{{ $labels.job }} is down"},
    )
    points = {each["uid"]: each for each in stack.grafana.json("/api/v1/provisioning/contact-points", list)}
    assert points["hook"]["settings"]["url"] == "http://127.0.0.1:9/ho$ok"
    assert points["hook"]["settings"]["username"] == "me"
    policy = stack.grafana.json("/api/v1/provisioning/policies", dict)
    assert policy["receiver"] == "ops"
    assert policy["routes"][0]["mute_time_intervals"] == ["nights"]
    modes = {path.name[:8]: path.stat().st_mode & 0o777 for path in stack.folder.rglob("provisioning/alerting/*.yml")}
    assert modes == {"contacts": 0o400, "rules_al": 0o644}

    (stack.folder / "rules.alerting.yml").write_text(RULES.replace("title: Up", "title: Down"))
    stack.run("up")
    assert stack.rules() == {"up": "Down"}


def test_no_output_shows_a_contact_points_secret(stack: Stack) -> None:
    password = "geheimnis-2"
    (stack.folder / "contacts.alerting.yml").write_text(CONTACTS.replace("$HOOK_PASSWORD", password))
    stack.run("render", "--out", "tree")
    (stack.folder / "contacts.alerting.yml").write_text(CONTACTS.replace("$HOOK_PASSWORD", f"{password}-b"))
    shown = stack.ran("render", "--out", "tree", "--diff").stdout
    commands = (["up"], ["check"], ["verify"], ["logs", "grafana"], ["status"], ["explain", "grafana.alerting"])
    shown += "".join(stack.run(*command) for command in commands)
    assert SECRET not in shown
    assert password not in shown


def test_verify_finds_rules_that_fail(stack: Stack) -> None:
    rows = stack.rows()
    assert rows == {
        "grafana.rule Shop/Up": ("pass", "evaluates without errors"),
        "grafana.contact-point ops/hook": ("pass", "loaded; nothing was sent yet"),
        "grafana.policy policies": ("pass", "loaded"),
    }
    (stack.folder / "more.alerting.yml").write_text(PROVEN)
    (stack.folder / "rules.alerting.yml").write_text(RULES.replace("expr: up", "expr: sum(up)"))
    contacts = CONTACTS.replace("uid: hook,", "uid: new,").replace("[team, ", "[squad, ")
    (stack.folder / "contacts.alerting.yml").write_text(contacts)
    assert {name: row for name, (row, _) in stack.rows().items()} == {
        "grafana.rule Shop/Up": "fail",
        "grafana.contact-point ops/new": "fail",
        "grafana.contact-point ops/hook": "warn",
        "grafana.policy policies": "fail",
        **{f"grafana.rule Shop/{name}": "fail" for name in ("NotReduced", "UnknownLetter", "NoData")},
        **{f"grafana.rule Shop/{name}": "fail" for name in ("Quiet", "Paused", "Fires", "Slow")},
    }
    stack.ran("up")
    rows = stack.rows()
    assert rows.pop("grafana.contact-point ops/hook")[0] == "warn"  # until `deleteContactPoints` names it
    assert "invalid format of evaluation results" in rows.pop("grafana.rule Shop/NotReduced")[1]
    assert "Z" in rows.pop("grafana.rule Shop/UnknownLetter")[1]
    assert {name: row for name, (row, _) in rows.items()} == {
        "grafana.rule Shop/Up": "pass",
        "grafana.contact-point ops/new": "pass",
        "grafana.policy policies": "pass",
        "grafana.rule Shop/NoData": "warn",
        "grafana.rule Shop/Quiet": "pass",
        "grafana.rule Shop/Paused": "skip",
        "grafana.rule Shop/Fires": "pass",
        "grafana.rule Shop/Slow": "skip",
    }


def test_what_left_its_file_is_reported_until_it_is_deleted(stack: Stack) -> None:
    """Grafana keeps it, and goes on notifying people. Without any policy it mails an address that nobody has."""
    (stack.folder / "contacts.alerting.yml").write_text("apiVersion: 1\nresetPolicies: [1]\n")
    stack.run("up")
    found = stack.rows()["grafana.policy policies"]
    assert found == ("warn", "Grafana sends alerts to `grafana-default-email`, a mail to example@email.com")
    (stack.folder / "contacts.alerting.yml").write_text(CONTACTS)
    (stack.folder / "rules.alerting.yml").write_text("apiVersion: 1\n")
    stack.run("up")
    assert stack.rows()["grafana.rule shop/Up"][0] == "warn"
    (stack.folder / "rules.alerting.yml").write_text("apiVersion: 1\ndeleteRules: [{uid: up}]\n")
    stack.run("up")
    assert stack.rows().keys() == {"grafana.contact-point ops/hook", "grafana.policy policies"}


@contextmanager
def sink() -> Iterator[tuple[int, list[tuple[str, str, str]]]]:
    """A server that takes notifications: its port, and the path, the login and the text of each."""
    taken: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken.append((self.path, self.headers.get("Authorization", ""), text))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port, taken
        server.shutdown()


def test_a_contact_point_is_notified_with_its_secret(stack: Stack) -> None:
    with sink() as (port, taken):
        (stack.folder / "contacts.alerting.yml").write_text(SOON.replace("127.0.0.1:9/", f"127.0.0.1:{port}/"))
        (stack.folder / "rules.alerting.yml").write_text(RULES.replace("$A < 1", "$A > 0"))
        stack.run("up")
        wait_until(lambda: taken, bool, 90, what="the notification")
        path, login, text = taken[0]
    assert path == "/ho$ok"
    assert login == f"Basic {b64encode(f'me:{SECRET}'.encode()).decode()}"
    [first, *_] = json.loads(text)["alerts"]
    assert first["annotations"]["summary"] == f"{first['labels']['team']} is down"


def test_notification_that_nobody_takes_is_a_failure(stack: Stack) -> None:
    (stack.folder / "contacts.alerting.yml").write_text(SOON)
    (stack.folder / "rules.alerting.yml").write_text(RULES.replace("$A < 1", "$A > 0"))
    stack.run("up")
    point = "grafana.contact-point ops/hook"
    rows = wait_until(stack.rows, lambda rows: rows[point][0] == "fail", 90, what="the notification")
    assert rows.pop(point) == ("fail", "its last notification was not taken")
    assert {row for row, _ in rows.values()} == {"pass"}
