"""A real stack around a real little app, in a folder of its own, and the moves that the tests make."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import MappingProxyType
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest

from stackctl import conventions as c
from stackctl import tools
from stackctl.components import registry
from stackctl.errors import Unavailable
from stackctl.runtimes.native import process
from stackctl.runtimes.select import open_runtime
from stackctl.tools import cache
from stackctl.wait import wait_until
from tests.ports import free_port
from tests.program import stackctl

PATIENCE_SECONDS = 30
COMPONENTS = (c.PROMETHEUS, c.ALERTMANAGER, c.PUSHGATEWAY, "node", "blackbox")
BOTH = [pytest.param("docker", marks=pytest.mark.docker), pytest.param("native", marks=pytest.mark.native)]
PASSWORD = "right-horse"


def cannot_run(reason: str) -> None:
    """Skip where a server may be missing; in CI that is a failure."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def need(runtime: str) -> None:
    try:
        open_runtime(runtime, "stackctl-probe", Path("/nonexistent"))
        if runtime == "native":
            for name in ("promtool", "amtool", *(registry.component(name).tool for name in COMPONENTS)):
                tools.require(name)
    except Unavailable as error:
        cannot_run(str(error))
    if runtime == "docker":
        for image in (*(registry.component(name).image for name in COMPONENTS), c.SIMULATE_IMAGE):
            if subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode:
                cannot_run(f"no image {image}")


def neighbour(name: str) -> str:
    """A server that stacks are tested beside: the machine's own, or what tests/servers/install has unpacked."""
    unpacked = cache.cache_dir() / "servers" / "neighbours" / "usr" / "bin" / name
    found = shutil.which(name) or (str(unpacked) if unpacked.exists() else None)
    if found is None:
        cannot_run(f"no {name}: run tests/servers/up")
    return str(found)


@contextmanager
def usual_ports() -> Iterator[None]:
    """One test at a time looks for free ports from the usual ones on: two would find the same."""
    with Path(tempfile.gettempdir(), f"stackctl-test-ports-{os.getuid()}").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def listens(port: int) -> bool:
    """Whether somebody listens at a port of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@dataclass
class App:
    """A web application with metrics. `answers` replaces what it says at a path: (status, content type, body)."""

    host: str
    port: int
    answers: dict[str, tuple[int, str | None, bytes]] = field(default_factory=dict)
    login: str = ""
    slow: Event | None = None
    _server: ThreadingHTTPServer | None = None

    def __post_init__(self) -> None:
        self.registry = CollectorRegistry()
        requests = Counter("shop_requests", "Requests.", ["path"], registry=self.registry)
        requests.labels("/").inc()
        requests.labels("/cart").inc()

    def start(self) -> None:
        self._server = ThreadingHTTPServer((self.host, self.port), _handler(self))
        self._server.daemon_threads = True
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def answer(self, path: str, authorization: str) -> tuple[int, str | None, bytes]:
        if path == "/metrics" and self.slow:
            self.slow.wait(PATIENCE_SECONDS)
        if path == "/private" and authorization != f"Basic {base64.b64encode(self.login.encode()).decode()}":
            return 401, "text/plain", b"who are you?"
        if path in self.answers:
            return self.answers[path]
        if path in ("/metrics", "/private"):
            return 200, "text/plain; version=0.0.4; charset=utf-8", generate_latest(self.registry)
        if path in ("/live", "/ready"):
            return 200, "text/plain", b"fine"
        return 404, "text/plain", b"no such page"


def _handler(app: App) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        wbufsize = 65536

        def do_GET(self) -> None:
            status, content_type, body = app.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            if content_type is not None:
                self.send_header("Content-Type", content_type)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@dataclass(frozen=True)
class Stack:
    """A stack that runs, with the app beside it."""

    folder: Path
    runtime: str
    app: App
    ports: dict[str, int]

    @property
    def name(self) -> str:
        return f"stackctl-test-{self.ports[c.PROMETHEUS]}"

    # -- the manifest -----------------------------------------------------------------------------------------

    def write(self, rules: str = "", services: str = "", prometheus: str = "", alertmanager: str = "") -> None:
        """Write the manifest and its rules, with what is given in addition. Nothing given is the good state."""
        (self.folder / "rules.yml").write_text(RULES + rules)
        (self.folder / "stack.yml").write_text(
            MANIFEST.format(
                name=self.name,
                app=self.app.port,
                services=services,
                more_prometheus=prometheus,
                more_receivers=alertmanager,
                **self.ports,
            )
        )

    # -- commands ---------------------------------------------------------------------------------------------

    def ran(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return stackctl("-f", str(self.folder / "stack.yml"), *arguments)

    def run(self, *arguments: str, code: int = 0) -> subprocess.CompletedProcess[str]:
        ran = self.ran(*arguments)
        assert ran.returncode == code, ran.stdout + ran.stderr
        return ran

    def up(self) -> None:
        self.run("up", "--runtime", self.runtime)

    def verify(self, *arguments: str) -> list[dict[str, Any]]:
        """The findings. The exit code must agree with them."""
        ran = self.ran("verify", "--output", "json", *arguments)
        report: dict[str, Any] = json.loads(ran.stdout)
        assert ran.returncode == (0 if report["ok"] else 1)
        return list(report["diagnostics"])

    def failures(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """What fails, as "id subject" -> finding; the instance of a target is left out, as it has the port."""
        failed = [check for check in self.verify(*arguments) if check["status"] == "fail"]
        return {f"{check['code']} {_without_port(check['subject'])}": check for check in failed}

    # -- behind stackctl's back -------------------------------------------------------------------------------

    def ask(self, path: str, method: str = "GET") -> Any:
        """What Prometheus answers: the `data` of its API, or text."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.ports[c.PROMETHEUS]}{path}", method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            text = answer.read().decode()
        return json.loads(text)["data"] if text.startswith("{") else text

    def loaded_rules(self) -> dict[str, str]:
        groups = self.ask("/api/v1/rules")["groups"]
        return {rule["name"]: rule["query"] for group in groups for rule in group["rules"]}

    def reload_prometheus(self) -> None:
        self.ask("/-/reload", "POST")

    @property
    def live(self) -> Path:
        return self.folder / ".stackctl" / "live"

    @property
    def current(self) -> str:
        return (self.live / "current").readlink().name

    def stop(self, unit: str) -> None:
        """Stop one server, not by stackctl."""
        if self.runtime == "docker":
            subprocess.run(["docker", "stop", "-t", "2", f"{self.name}-{unit}-1"], check=True, capture_output=True)
            return
        entry = process.read(self.folder / ".stackctl" / "pids" / f"{unit}.pid")
        assert entry
        process.send(entry, signal.SIGTERM)
        wait_until(lambda: process.is_alive(entry), lambda alive: not alive, PATIENCE_SECONDS, what=f"{unit} to end")


def _without_port(subject: str) -> str:
    return subject.partition("/localhost:")[0] if "/localhost:" in subject and " " not in subject else subject


RULES = """\
groups:
  - name: shop
    rules:
      - {alert: ShopDown, expr: 'up{job="api"} == 0', for: 1m}
      - {record: "shop:requests:rate1m", expr: 'sum by (path) (rate(shop_requests_total[1m]))'}
"""

MANIFEST = """\
version: 1
name: {name}
prometheus:
  listen: 127.0.0.1:{prometheus}
  scrape_interval: 1s
  evaluation_interval: 1s
{more_prometheus}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  receivers:
    oncall: {{webhook: {{url: "http://localhost:{receiver}/"}}}}
{more_receivers}
pushgateway: {{listen: 127.0.0.1:{pushgateway}}}
exporters:
  node: {{listen: 127.0.0.1:{node}}}
  blackbox: {{listen: 127.0.0.1:{blackbox}, probes: {{home: {{url: "http://localhost:{app}/live"}}}}}}
services:
  api:
    targets: ["localhost:{app}"]
    health: {{live: /live, ready: /ready}}
{services}
rules: [{{file: rules.yml}}]
"""


@contextmanager
def running_stack(runtime: str, folder: Path) -> Iterator[Stack]:
    """A stack that is up and as its manifest says."""
    need(runtime)
    folder.mkdir(exist_ok=True)
    host = "0.0.0.0" if runtime == "docker" else "127.0.0.1"
    app = App(host, free_port(), login=f"prometheus:{PASSWORD}")
    with webhook(lambda *_: 200, host) as receiver:
        stack = Stack(folder, runtime, app, {**{name: free_port() for name in COMPONENTS}, "receiver": receiver})
        app.start()
        try:
            stack.write()
            stack.up()
            yield stack
        finally:
            stack.run("down", "--volumes")
            app.stop()


@contextmanager
def undone(undo: Callable[[], object]) -> Iterator[None]:
    """Undo what a test has broken, whatever happens, so that the next one finds the stack well."""
    try:
        yield
    finally:
        undo()


@contextmanager
def webhook(
    hear: Callable[[str, Any], int], host: str = "127.0.0.1", moved: Mapping[str, int] = MappingProxyType({})
) -> Iterator[int]:
    """The port of a receiver of notifications. `hear` is told the path and the JSON of each, and says the status.

    `moved` are paths that redirect with a status to the same path with a slash at its end.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(moved.get(self.path) or hear(self.path, body))

        def do_GET(self) -> None:
            self._answer(moved.get(self.path, 200))

        def _answer(self, status: int) -> None:
            self.send_response(status)
            if self.path in moved:
                self.send_header("Location", f"{self.path}/")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
