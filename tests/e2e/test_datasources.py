"""Datasources next to the stack's Prometheus, on a real Grafana and on the stand-in for one."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import Http
from tests.e2e.real_grafana import KINDS, program_folder, running
from tests.e2e.real_stack import need
from tests.ports import free_port
from tests.program import Ran, stackctl

pytestmark = [pytest.mark.e2e, pytest.mark.native]

SECRET = "pa$word-${HOME}"
MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: 127.0.0.1:{prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
grafana:
  listen: 127.0.0.1:{grafana}
  admin: {{password: right-horse}}
  datasource:
    name: Main
    uid: main
    jsonData: {{timeInterval: 2s, exemplarTraceIdDestinations: [{{name: trace_id, datasourceUid: logs}}]}}
  datasources:
    - name: Logs
      type: loki
      uid: logs
      url: http://127.0.0.1:{loki}
      basicAuth: true
      basicAuthUser: lo$ki
      jsonData: {{derivedFields: [{{name: trace, url: "$${{__value.raw}}"}}]}}
      secureJsonData: {{basicAuthPassword: "${{LOKI_PASSWORD}}"}}
services: {{self: {{targets: ["localhost:{prometheus}"]}}}}
dashboards: [{{file: "*.json"}}]
"""
BOARD = {
    "title": "Both",
    "uid": "both",
    "panels": [
        {"title": "Up", "datasource": "Main", "targets": [{"refId": "A", "expr": "sum(up)"}]},
        {"title": "Errors", "datasource": {"type": "loki", "uid": "x"}, "targets": [{"refId": "A", "expr": '{a="b"}'}]},
    ],
}


LABELS = {"status": "success", "data": ["job"]}


@dataclass
class Stack:
    kind: str
    folder: Path
    port: int
    loki: int
    logins: set[str]

    def run(self, *arguments: str) -> str:
        ran = self.ran(*arguments)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return ran.stdout

    def ran(self, *arguments: str) -> Ran:
        return stackctl(*arguments, cwd=self.folder, env=self.environ)

    @cached_property
    def environ(self) -> dict[str, str]:
        path = program_folder(self.kind, self.folder / "installed")
        return {**os.environ, "PATH": f"{path}:{os.environ['PATH']}"}


@contextmanager
def loki() -> Iterator[tuple[int, set[str]]]:
    """A server that answers as Loki, to whatever it is asked: its port, and the logins that it is asked with."""
    logins = set()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            logins.add(self.headers.get("Authorization", ""))
            body = json.dumps(LABELS).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_port, logins
        server.shutdown()


@pytest.fixture(params=KINDS)
def stack(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stack]:
    need("native")
    prometheus, grafana = free_port(), free_port()
    with loki() as (port, logins):
        names = {"name": f"stackctl-sources-{prometheus}", "prometheus": prometheus, "grafana": grafana, "loki": port}
        (tmp_path / "stack.yml").write_text(MANIFEST.format(**names))
        (tmp_path / ".env").write_text(f"LOKI_PASSWORD='{SECRET}'\n")
        (tmp_path / "both.json").write_text(json.dumps(BOARD))
        made = Stack(request.param, tmp_path, grafana, port, logins)
        with running(made.ran):
            yield made


def test_datasource_is_provisioned_and_its_panels_are_listed(stack: Stack) -> None:
    client = Grafana(Http(Access(f"http://127.0.0.1:{stack.port}", ("admin", "right-horse"))))
    found = client.datasource("logs")
    assert found["basicAuthUser"] == "lo$ki"
    if stack.kind == "stand-in":  # a real one keeps it to itself, and sends it
        assert found["secureJsonData"] == {"basicAuthPassword": SECRET}
    assert found["jsonData"]["derivedFields"][0]["url"] == "${__value.raw}"
    own = client.datasource("main")["jsonData"]
    assert own["timeInterval"] == "2s"
    assert own["exemplarTraceIdDestinations"] == [{"name": "trace_id", "datasourceUid": "logs"}]
    assert client.dashboard("both")["panels"][0]["datasource"] == {"type": "prometheus", "uid": "main"}
    assert client.dashboard("both")["panels"][1]["datasource"] == {"type": "loki", "uid": "logs"}
    report = json.loads(stack.run("verify", "--only", "grafana", "--only", "panel", "-o", "json"))
    rows = {f"{each['code']} {each['subject']}": (each["status"], each["summary"]) for each in report["diagnostics"]}
    assert rows["grafana.datasource grafana"][0] == "pass"
    if stack.kind == "stand-in":
        assert rows["grafana.datasource Logs"] == ("pass", f"Grafana reaches http://127.0.0.1:{stack.loki}")
    else:  # Grafana 10.0 cannot ask Loki for its health
        assert rows["grafana.datasource Logs"][0] == "skip"
        assert client.http.ask("/api/datasources/proxy/uid/logs/loki/api/v1/labels").ok
        assert stack.logins == {f"Basic {b64encode(f'lo$ki:{SECRET}'.encode()).decode()}"}
    assert rows["panel.data both.json/Up"][0] == "pass"
    assert rows["panel.data both.json/Errors"] == ("skip", "not verified: it asks the datasource `Logs`")
    tree = (stack.folder / ".stackctl" / "live").rglob("*")
    holding = {path.parent.name for path in tree if path.is_file() and b"word-" in path.read_bytes()}
    assert holding == {"grafana"}


def test_panels_are_verified_without_the_manifest(stack: Stack) -> None:
    servers = {unit["name"]: unit["address"] for unit in json.loads(stack.run("status", "-o", "json"))["units"]}
    given = [f"--prometheus=http://{servers['prometheus']}", f"--grafana=http://127.0.0.1:{stack.port}"]
    login = {"STACKCTL_GRAFANA_USER": "admin", "STACKCTL_GRAFANA_PASSWORD": "right-horse"}
    rows = without_manifest(given, login)
    assert rows["grafana.login grafana"] == ("pass", "the login sees 1 dashboard")
    assert rows["grafana.datasource Main"][0] == "pass"
    assert rows["panel.data Both/Up"] == ("pass", "has data")
    assert rows["panel.data Both/Errors"] == ("skip", "not verified: it asks the datasource `loki`")
    assert [name for name, (status, _) in rows.items() if status == "fail"] == []
    rows = without_manifest(given, {**login, "STACKCTL_GRAFANA_PASSWORD": "wrong-horse"})
    assert [name for name, (status, _) in rows.items() if status == "fail"] == ["grafana.login grafana"]


def without_manifest(given: list[str], login: dict[str, str]) -> dict[str, tuple[str, str]]:
    """The findings about the servers by themselves: status and summary."""
    ran = stackctl("verify", "-o", "json", "--timeout", "10s", *given, env={**os.environ, **login})
    found = json.loads(ran.stdout)["diagnostics"]
    return {f"{each['code']} {each['subject']}": (each["status"], each["summary"]) for each in found}
