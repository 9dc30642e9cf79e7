"""Delivered is what the receiver took: drills and verify on a real Alertmanager whose receivers refuse."""

from __future__ import annotations

import json
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stackctl.wait import wait_until
from tests.e2e.real_stack import need, webhook
from tests.ports import free_port
from tests.program import stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PATIENCE_SECONDS = 40
MANIFEST = """\
version: 1
name: stackctl-delivery-{prometheus}
prometheus: {{listen: 127.0.0.1:{prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  receivers:
    well: {{webhook: {{url: "{url}/well"}}}}
    nobody-listens: {{webhook: {{url: "http://127.0.0.1:9/"}}}}
    refuses: {{webhook: {{url: "{url}/404"}}}}
    fails: {{webhook: {{url: "{url}/500"}}}}
    redirected: {{webhook: {{url: "{url}/redirected"}}}}
    moved: {{webhook: {{url: "{url}/moved"}}}}
    mail: {{email: {{to: a@shop.test, from: b@shop.test, smarthost: "127.0.0.1:{mail}", hello: shop.test}}}}
    silent:
      slack: {{api_url: "{url}/slack", channel: "#x", title: "{resolved}", text: "{resolved}"}}
    one-of-two: {{webhook: [{{url: "{url}/well"}}, {{url: "http://127.0.0.1:9/"}}]}}
  route:
    receiver: well
    group_wait: 0s
    group_interval: 1s
    group_by: [alertname]
    routes:
{routes}
services: {{self: {{targets: ["localhost:{prometheus}"]}}}}
rules:
  - name: shop
    rules:
{rules}
"""
RECEIVERS = ("well", "nobody-listens", "refuses", "fails", "redirected", "moved", "mail", "silent", "one-of-two")
RESOLVED = "{{ range .Alerts.Resolved }}{{ .Labels.alertname }}{{ end }}"
# Right for every sample of labels; what the query finds is known on the server only.
BROKEN = '{{ with query "up" }}{{ (index . 99).Value }}{{ end }}'


@contextmanager
def plain_mail() -> Iterator[int]:
    """A mail server that offers no STARTTLS, which Alertmanager asks for."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(ConnectionError):  # Alertmanager hangs up on it
                    connection.sendall(b"220 shop.test\r\n")
                    while line := connection.recv(1024):
                        quits = line.upper().startswith(b"QUIT")
                        connection.sendall(b"221 bye\r\n" if quits else b"250 shop.test\r\n")
                        if quits:
                            break

        Thread(target=serve, daemon=True).start()
        yield listening.getsockname()[1]


class Stack:
    """The stack, and the moves of the tests."""

    def __init__(self, folder: Path, url: str, mail: int) -> None:
        self.folder, self.ports = folder, {"prometheus": free_port(), "alertmanager": free_port()}
        self.url, self.mail = url, mail

    def write(self, fires: int = 0, broken: str = "") -> None:
        routes = "\n".join(f"      - {{matchers: ['alertname=\"A-{each}\"'], receiver: {each}}}" for each in RECEIVERS)
        rules = "\n".join(f'      - {{alert: A-{each}, expr: "vector({fires}) > 0"}}' for each in RECEIVERS)
        if broken:
            annotation = json.dumps({"summary": broken})
            rules += f'\n      - {{alert: A-well-broken, expr: "up >= 0", annotations: {annotation}}}'
        text = MANIFEST.format(
            resolved=RESOLVED, url=self.url, mail=self.mail, routes=routes, rules=rules, **self.ports
        )
        (self.folder / "stack.yml").write_text(text)

    def ran(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return stackctl(*arguments, cwd=self.folder)

    def found(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """The findings of a drill or of a verification, by subject; of one subject the last."""
        ran = self.ran(*arguments, "--output", "json")
        assert ran.returncode in (0, 1), ran.stdout + ran.stderr
        return {each["subject"].rpartition("/")[2]: each for each in json.loads(ran.stdout)["diagnostics"]}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    need("native")

    def hear(path: str, _: Any) -> int:
        return int(path.strip("/")) if path.strip("/").isdigit() else 200

    with webhook(hear, moved={"/redirected": 301, "/moved": 308}) as port, plain_mail() as mail:
        made = Stack(tmp_path_factory.mktemp("delivery"), f"http://127.0.0.1:{port}", mail)
        made.write()
        try:
            up = made.ran("up", "--runtime", "native")
            assert up.returncode == 0, up.stderr
            yield made
        finally:
            made.ran("down", "--volumes")


def test_live_drill_is_delivered_only_where_the_receiver_took_it(stack: Stack) -> None:
    found = stack.found("drill", "--live", "--timeout", "25s", *(f"A-{each}" for each in RECEIVERS))
    assert {name.removeprefix("A-"): each["status"] for name, each in found.items()} == {
        "well": "pass",
        "nobody-listens": "fail",
        "refuses": "fail",
        "fails": "fail",
        "redirected": "fail",
        "moved": "pass",
        "mail": "fail",
        "silent": "pass",
        "one-of-two": "fail",
    }
    reasons = {name.removeprefix("A-"): each["evidence"] for name, each in found.items()}
    assert "connection refused" in reasons["nobody-listens"]
    assert "404" in reasons["refuses"]
    assert "500" in reasons["fails"]
    assert "redirects to the same URL with a slash at the end (301)" in reasons["redirected"]
    assert "STARTTLS" in reasons["mail"]
    assert "one-of-two/webhook 2" in reasons["one-of-two"]
    assert "one-of-two/webhook:" not in reasons["one-of-two"]


def test_verify_reports_receivers_whose_last_notification_failed(stack: Stack) -> None:
    """The live drill before has notified all of them."""
    stack.write(fires=1)
    assert stack.ran("reload").returncode == 0
    bad = {"nobody-listens", "refuses", "fails", "redirected", "mail", "one-of-two"}

    def look() -> set[str]:
        found = stack.found("verify", "--only", "alertmanager.notifications", "--timeout", "5s")
        return {name for name, each in found.items() if each["status"] == "fail"}

    assert wait_until(look, lambda red: red == bad, PATIENCE_SECONDS, what="every failing receiver to be seen")
    stack.write()
    assert stack.ran("reload").returncode == 0


def test_message_that_arrives_empty_is_not_delivered(stack: Stack) -> None:
    found = stack.found("drill", "A-silent", "A-well")
    assert found["A-well"]["status"] == "pass"
    assert found["A-silent"]["status"] == "fail"
    assert "the message is empty" in found["A-silent"]["summary"]


def test_template_of_an_annotation_that_fails_is_reported_by_verify(stack: Stack) -> None:
    stack.write(broken=BROKEN)
    assert stack.ran("reload").returncode == 0

    def look() -> dict[str, Any]:
        return stack.found("verify", "--only", "rule.healthy", "--timeout", "5s")["A-well-broken"]

    seen = wait_until(look, lambda each: each["status"] == "fail", PATIENCE_SECONDS, what="the template's error")
    assert "summary: <error expanding template" in seen["evidence"]
    stack.write()
    assert stack.ran("reload").returncode == 0
