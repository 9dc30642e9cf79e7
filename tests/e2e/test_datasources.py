"""Datasources next to the stack's Prometheus, on a stand-in for Grafana that expands and loads as Grafana does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.access import Access
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import Http
from tests.e2e.grafana_stand_in import install
from tests.e2e.real_stack import need
from tests.ports import free_port
from tests.program import stackctl

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
      url: http://localhost:3100
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


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    need("native")
    prometheus, grafana = free_port(), free_port()
    text = MANIFEST.format(name=f"stackctl-sources-{prometheus}", prometheus=prometheus, grafana=grafana)
    (tmp_path / "stack.yml").write_text(text)
    (tmp_path / ".env").write_text(f"LOKI_PASSWORD='{SECRET}'\n")
    (tmp_path / "both.json").write_text(json.dumps(BOARD))
    install(tmp_path / "installed")
    try:
        run(tmp_path, "up", "--runtime", "native")
        yield tmp_path, grafana
    finally:
        run(tmp_path, "down", "--volumes")


def run(folder: Path, *arguments: str) -> str:
    environ = {**os.environ, "PATH": f"{folder}/installed/bin:{os.environ['PATH']}"}
    ran = stackctl(*arguments, cwd=folder, env=environ)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_datasource_is_provisioned_and_its_panels_are_listed(stack: tuple[Path, int]) -> None:
    folder, port = stack
    client = Grafana(Http(Access(f"http://127.0.0.1:{port}", ("admin", "right-horse"))))
    found = client.datasource("logs")
    assert found["secureJsonData"] == {"basicAuthPassword": SECRET}
    assert found["jsonData"]["derivedFields"][0]["url"] == "${__value.raw}"
    own = client.datasource("main")["jsonData"]
    assert own["timeInterval"] == "2s"
    assert own["exemplarTraceIdDestinations"] == [{"name": "trace_id", "datasourceUid": "logs"}]
    assert client.dashboard("both")["panels"][0]["datasource"] == {"type": "prometheus", "uid": "main"}
    assert client.dashboard("both")["panels"][1]["datasource"] == {"type": "loki", "uid": "logs"}
    report = json.loads(run(folder, "verify", "--only", "grafana", "--only", "panel", "-o", "json"))
    rows = {f"{each['code']} {each['subject']}": (each["status"], each["summary"]) for each in report["diagnostics"]}
    assert rows["grafana.datasource grafana"][0] == "pass"
    assert rows["grafana.datasource Logs"] == ("pass", "Grafana reaches http://localhost:3100")
    assert rows["panel.data both.json/Up"][0] == "pass"
    assert rows["panel.data both.json/Errors"] == ("skip", "not verified: it asks the datasource `Logs`")
    tree = (folder / ".stackctl" / "live").rglob("*")
    holding = {path.parent.name for path in tree if path.is_file() and b"word-" in path.read_bytes()}
    assert holding == {"grafana"}


def test_panels_are_verified_without_the_manifest(stack: tuple[Path, int]) -> None:
    folder, port = stack
    servers = {unit["name"]: unit["address"] for unit in json.loads(run(folder, "status", "-o", "json"))["units"]}
    given = [f"--prometheus=http://{servers['prometheus']}", f"--grafana=http://127.0.0.1:{port}"]
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
