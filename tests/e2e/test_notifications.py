"""What people get: a real Alertmanager tells servers that speak Slack's, PagerDuty's, Opsgenie's, Teams' and mail's."""

from __future__ import annotations

import json
import socketserver
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_string
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from stackctl.wait import wait_until
from tests.e2e.real_stack import BOTH, PATIENCE_SECONDS, need, stackctl
from tests.ports import free_port

pytestmark = pytest.mark.e2e

MANIFEST = """\
version: 1
name: stackctl-test-{alertmanager}
services: {{api: {{targets: ["localhost:1"]}}}}
prometheus: {{listen: 127.0.0.1:{prometheus}}}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  receivers:
    people:
      slack: {{api_url: "{sink}/slack", channel: "#shop"}}
      pagerduty: {{routing_key: key-of-the-team, url: "{sink}/pagerduty"}}
      opsgenie: {{api_key: key, api_url: "{sink}/"}}
      teams: {{webhook_url: "{sink}/teams"}}
      email: {{to: team@shop.test, from: stack@shop.test, smarthost: "localhost:{mail}", require_tls: false}}
    machines: {{webhook: {{url: "{sink}/webhook"}}}}
  routing:
    default: people
    group_wait: 0s
    group_interval: 1s
    rules:
      - {{when: {{severity: info}}, to: nobody}}
      - {{when: {{severity: [critical, warning], job: machine}}, to: machines}}
    inhibit: {{warnings-by-criticals: true}}
"""
TITLE = "[FIRING:1] HighErrorRate (api)"
TEXT = (
    "api: 12% of <all> requests fail\n"
    "Since the release.\n"
    "Runbook: https://runbooks.test/errors\n"
    "instance=a:1, job=api, severity=warning"
)


@dataclass
class Sink:
    """Everybody who is told. `posts` are the bodies by path, `mails` the messages."""

    posts: dict[str, list[Any]] = field(default_factory=dict)
    mails: list[Message] = field(default_factory=list)
    web: int = 0
    mail: int = 0

    def first(self, path: str) -> Any:
        return self.nth(path, 1)

    def nth(self, path: str, number: int) -> Any:
        wait_until(
            lambda: len(self.posts.get(path, [])),
            lambda seen: seen >= number,
            what=f"post {number} to {path}",
            deadline_seconds=PATIENCE_SECONDS,
        )
        return self.posts[path][number - 1]


@contextmanager
def sinking(host: str) -> Iterator[Sink]:
    sink = Sink()
    web = ThreadingHTTPServer((host, 0), _web(sink))
    mail = socketserver.ThreadingTCPServer((host, 0), _mail(sink))
    sink.web, sink.mail = web.server_address[1], mail.server_address[1]
    for server in (web, mail):
        server.daemon_threads = True
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield sink
    finally:
        for server in (web, mail):
            server.shutdown()
            server.server_close()


def _web(sink: Sink) -> type[BaseHTTPRequestHandler]:
    answers = {"/slack": (200, b"ok"), "/webhook": (200, b"")}

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            path = self.path.partition("?")[0]
            sink.posts.setdefault(path, []).append(json.loads(body))
            status, answer = answers.get(path, (202, b'{"status": "success"}'))
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _mail(sink: Sink) -> type[socketserver.StreamRequestHandler]:
    """The least of a mail server that a client is content with."""

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def handle(self) -> None:
            self.say("220 shop.test")
            for line in self.rfile:
                word = line[:4].upper().strip()
                if word == b"QUIT":
                    return self.say("221 bye")
                if word == b"DATA":
                    self.say("354 go on")
                    lines = iter(self.rfile.readline, b".\r\n")
                    sink.mails.append(message_from_string(b"".join(lines).decode()))
                self.say("250 fine")
            return None

    return Handler


@dataclass(frozen=True)
class Told:
    """An Alertmanager that tells the sink."""

    sink: Sink
    url: str

    def alert(self, name: str, ends: str = "", annotations: dict[str, str] | None = None, **labels: str) -> None:
        one = {"labels": {"alertname": name, **labels}, "annotations": annotations or {}}
        body = json.dumps([{**one, "endsAt": ends} if ends else one]).encode()
        headers = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{self.url}/api/v2/alerts", body, headers)).close()


@pytest.fixture(scope="module", params=BOTH)
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    need(request.param)
    manifest, port = tmp_path_factory.mktemp("told") / "stack.yml", free_port()
    with sinking("0.0.0.0" if request.param == "docker" else "127.0.0.1") as sink:
        addresses = {"sink": f"http://localhost:{sink.web}", "mail": sink.mail}
        manifest.write_text(MANIFEST.format(**addresses, alertmanager=port, prometheus=free_port()))
        try:
            succeeds("-f", str(manifest), "up", "--runtime", request.param)
            yield Told(sink, f"http://127.0.0.1:{port}")
        finally:
            succeeds("-f", str(manifest), "down", "--volumes")


def succeeds(*arguments: str) -> None:
    ran = stackctl(*arguments)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.fixture(scope="module")
def posted(told: Told) -> Sink:
    """The sink after one alert has begun."""
    annotations = {
        "summary": "api: 12% of <all> requests fail",
        "description": "Since the release.",
        "runbook_url": "https://runbooks.test/errors",
    }
    told.alert("HighErrorRate", annotations=annotations, job="api", instance="a:1", severity="warning")
    return told.sink


def test_slack_gets_a_title_and_a_text_for_people(posted: Sink) -> None:
    message = posted.first("/slack")
    assert message["channel"] == "#shop"
    (attachment,) = message["attachments"]
    assert (attachment["title"], attachment["fallback"], attachment["text"]) == (TITLE, TITLE, TEXT)


def test_pagerduty_gets_the_severity_and_what_fires(posted: Sink) -> None:
    event = posted.first("/pagerduty")
    assert (event["routing_key"], event["event_action"]) == ("key-of-the-team", "trigger")
    assert (event["payload"]["summary"], event["payload"]["severity"]) == (TITLE, "warning")
    assert event["payload"]["custom_details"]["firing"] == TEXT


def test_opsgenie_gets_a_message_and_a_description(posted: Sink) -> None:
    alert = posted.first("/v2/alerts")
    assert (alert["message"], alert["description"]) == (TITLE, TEXT)


def test_teams_gets_a_card_with_both(posted: Sink) -> None:
    (attachment,) = posted.first("/teams")["attachments"]
    assert [block["text"] for block in attachment["content"]["body"]] == [TITLE, TEXT]


def test_a_mail_is_text_that_every_program_shows(posted: Sink) -> None:
    wait_until(lambda: len(posted.mails), bool, what="a mail", deadline_seconds=PATIENCE_SECONDS)
    mail = posted.mails[0]
    assert (mail["Subject"], mail["To"]) == (TITLE, "team@shop.test")
    (part,) = [part for part in mail.walk() if not part.is_multipart()]
    assert part.get_content_type() == "text/plain"
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    assert content.decode().replace("\r\n", "\n").strip() == TEXT


def test_slack_is_notified_of_the_end(told: Told) -> None:
    before = len(told.sink.posts.get("/slack", []))
    told.alert("Short", job="api", severity="critical")
    told.sink.nth("/slack", before + 1)
    told.alert("Short", "2020-01-01T00:00:00Z", job="api", severity="critical")
    (attachment,) = told.sink.nth("/slack", before + 2)["attachments"]
    assert attachment["title"] == "[RESOLVED] Short (api)"
    assert attachment["text"] == "Resolved: Short\njob=api, severity=critical"


def test_rules_decide_who_is_notified_and_criticals_silence_warnings(told: Told) -> None:
    told.alert("Dropped", job="machine", severity="info")
    told.alert("Broken", job="machine", instance="a", severity="critical")
    assert told.sink.first("/webhook")["commonLabels"]["alertname"] == "Broken"
    told.alert("Slow", job="machine", instance="a", severity="warning")
    told.alert("Elsewhere", job="machine", instance="b", severity="warning")
    # The last alert is told after the one before it would have been.
    assert told.sink.nth("/webhook", 2)["commonLabels"]["alertname"] == "Elsewhere"
