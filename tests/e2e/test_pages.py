"""Pages that are open in a browser of this machine: they can reach what listens here, and can do nothing with it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from stackctl.drill.sink import Place, Sink
from stackctl.wait import wait_until
from tests.browser import REBOUND, Browser, browser
from tests.ports import free_port

pytestmark = pytest.mark.e2e

PATIENCE_SECONDS = 30
MANIFEST = "version: 1\nname: pages\nservices: {{api: {{targets: ['localhost:{port}'], metrics: {{depth: gauge}}}}}}\n"
SCENARIO = "/-/scenario?name=errors"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def stranger() -> Iterator[int]:
    """The port of a web site of somebody else, with an empty page."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<title>Stranger</title>")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", free_port()), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[int]:
    """The port of the control of a simulation."""
    (tmp_path / "stack.yml").write_text(MANIFEST.format(port=free_port()))
    port = free_port()
    command = [sys.executable, "-m", "stackctl", "simulate", "--control-port", str(port)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        wait_until(lambda: listens(port), bool, PATIENCE_SECONDS, what="the control")
        yield port
        process.terminate()


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def scenario(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/-/scenario", timeout=PATIENCE_SECONDS) as answer:
        return str(json.load(answer)["services"]["api"])


def post(address: str, body: str = "") -> str:
    """A script that posts, and is not told of it when that is refused."""
    options = json.dumps({"method": "POST", "mode": "no-cors", "body": body, "headers": {"Content-Type": "text/plain"}})
    return f"fetch({json.dumps(address)}, {options}).then(() => 'sent', () => 'failed')"


def smuggled(port: int) -> str:
    return f"POST {SCENARIO} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\r\n"


def test_program_changes_the_scenario(control: int) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{control}{SCENARIO}", method="POST")
    urllib.request.urlopen(request, timeout=PATIENCE_SECONDS).close()
    assert scenario(control) == "errors"


def test_page_of_somebody_else_changes_no_scenario(chromium: Browser, stranger: int, control: int) -> None:
    chromium.visit(f"http://localhost:{stranger}/")
    for host in ("127.0.0.1", "localhost"):
        assert chromium.evaluate(post(f"http://{host}:{control}{SCENARIO}")) == "sent"
        assert chromium.evaluate(post(f"http://{host}:{control}{SCENARIO}", smuggled(control))) == "sent"
        assert chromium.evaluate(post(f"http://{host}:{control}/nowhere", smuggled(control))) == "sent"
    assert scenario(control) == "normal"


def test_form_of_somebody_else_changes_no_scenario(chromium: Browser, stranger: int, control: int) -> None:
    chromium.visit(f"http://localhost:{stranger}/")
    action = f"http://127.0.0.1:{control}{SCENARIO}"
    form = f"Object.assign(document.createElement('form'), {{method: 'POST', action: '{action}'}})"
    chromium.evaluate(f"document.body.append({form}); setTimeout(() => document.forms[0].submit())")
    wait_for_text(chromium, "does not answer pages")
    assert scenario(control) == "normal"


def wait_for_text(chromium: Browser, wanted: str) -> None:
    def text() -> str:
        return str(chromium.evaluate("document.body ? document.body.textContent : ''"))

    wait_until(text, lambda shown: wanted in shown, PATIENCE_SECONDS, what=f"the page to say {wanted!r}")


def test_name_that_leads_here_for_a_moment_is_not_answered(chromium: Browser, control: int) -> None:
    chromium.visit(f"http://{REBOUND}:{control}/-/scenario")
    wait_for_text(chromium, "does not name this server")
    assert chromium.evaluate(post(SCENARIO)) == "sent"
    assert scenario(control) == "normal"


def test_body_is_not_the_next_request(control: int) -> None:
    with socket.create_connection(("127.0.0.1", control), timeout=PATIENCE_SECONDS) as connection:
        body = smuggled(control)
        head = f"HTTP/1.1\r\nHost: 127.0.0.1:{control}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(f"GET /-/scenario {head}{body}".encode())
        answers = b""
        while more := connection.recv(65536):
            answers += more
    assert answers.count(b"HTTP/1.1") == 1
    assert scenario(control) == "normal"


@pytest.fixture
def sink() -> Iterator[tuple[Sink, Place]]:
    made = Sink()
    with made.open("127.0.0.1", "localhost") as place:
        yield made, place


def test_page_is_no_arrival_of_a_drill(chromium: Browser, stranger: int, sink: tuple[Sink, Place]) -> None:
    made, place = sink
    chromium.visit(f"http://localhost:{stranger}/")
    assert chromium.evaluate(post(place.url("0/people/webhook/0"), "{}")) == "sent"
    chromium.visit(f"http://{REBOUND}:{place.web_port}/")
    assert chromium.evaluate(post("/0/people/webhook/0", "{}")) == "sent"
    assert made.seen().times == {}


@pytest.mark.parametrize("length", ["-1", "x", "99999999999999999999999"])
def test_length_that_is_none_is_refused_without_a_word(
    sink: tuple[Sink, Place], length: str, capfd: pytest.CaptureFixture[str]
) -> None:
    made, place = sink
    with socket.create_connection(("127.0.0.1", place.web_port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(
            f"POST /0/people/webhook/0 HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()
        )
        assert b" 400 " in connection.recv(65536).splitlines()[0]
    assert made.seen().times == {}
    assert capfd.readouterr().err == ""
