"""Grafana itself: the one that tests/servers/grafana.py has built, or where STACKCTL_TEST_GRAFANA_URL leads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from stackctl import conventions as c
from stackctl.access import Access
from stackctl.checks.rate_interval import window
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import Http
from stackctl.manifest import load
from stackctl.promql import duration
from stackctl.render import render
from stackctl.source import Secret
from tests.e2e.grafana_stand_in import install
from tests.e2e.real_grafana import program_folder, running, up
from tests.e2e.real_stack import need
from tests.ports import free_port
from tests.program import stackctl

pytestmark = pytest.mark.e2e

EXAMPLES = sorted(path.parent for path in Path(__file__).parents[2].glob("examples/*/stack.yml"))
URL_VARIABLE = "STACKCTL_TEST_GRAFANA_URL"

MANIFEST = """\
version: 1
name: {name}
prometheus: {{listen: 127.0.0.1:{prometheus}, scrape_interval: 1s, evaluation_interval: 1s}}
grafana: {{listen: 127.0.0.1:{grafana}}}
services:
  self: {{targets: ["localhost:{prometheus}"]}}
rules:
  - pack: grafana
dashboards:
  - file: self.yml
  - pack: grafana
"""
DASHBOARD = """\
title: Self
rows:
  - panels:
      - {title: Samples, query: "sum(rate(prometheus_tsdb_head_samples_appended_total[1m]))"}
"""
# It answers what readiness asks for, and leaves what it was started with where its data lies.
STAND_IN = """\
#!{python}
import http.server, json, os, pathlib, sys
started = {{"arguments": sys.argv[1:], "home": os.path.isfile(sys.argv[-1].partition("=")[2] + "/conf/defaults.ini")}}
password = os.environ["GF_SECURITY_ADMIN_PASSWORD"].removeprefix("$__file{{").removesuffix("}}")
started["password"] = pathlib.Path(password).is_file()
pathlib.Path(os.environ["GF_PATHS_DATA"], "started.json").write_text(json.dumps(started))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{{"database": "ok", "version": "12.0.0"}}')
address = os.environ["GF_SERVER_HTTP_ADDR"], int(os.environ["GF_SERVER_HTTP_PORT"])
http.server.HTTPServer(address, Handler).serve_forever()
"""


def run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return stackctl(*arguments, cwd=folder, env={**os.environ, **environ})


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A stack with a Grafana; it runs natively, and is taken down whatever happens."""
    need("native")
    port = free_port()
    name = f"stackctl-grafana-{port}"
    (tmp_path / "stack.yml").write_text(MANIFEST.format(name=name, prometheus=port, grafana=free_port()))
    (tmp_path / "self.yml").write_text(DASHBOARD)
    yield tmp_path
    down = run(tmp_path, "down", "--volumes")
    assert down.returncode == 0, down.stderr


@pytest.mark.native
def test_grafana_knows_its_installation_and_its_password_file(project: Path) -> None:
    program = project / "grafana-12" / "bin" / "grafana"
    defaults = project / "grafana-12" / "conf" / "defaults.ini"
    for path in (program, defaults):
        path.parent.mkdir(parents=True)
    defaults.touch()
    program.write_text(STAND_IN.format(python=sys.executable))
    program.chmod(0o755)
    up = run(project, "up", "--runtime", "native", PATH=f"{program.parent}:{os.environ['PATH']}")
    assert up.returncode == 0, up.stderr
    started = json.loads((project / ".stackctl" / "data" / "grafana" / "started.json").read_text())
    home = f"--homepath={project / 'grafana-12'}"
    assert started == {"arguments": ["server", home], "home": True, "password": True}


@pytest.mark.native
def test_a_reload_names_dashboards_and_restores_the_datasource(project: Path) -> None:
    path = f"{install(project / 'grafana')}:{os.environ['PATH']}"

    def done(*arguments: str) -> str:
        ran = run(project, *arguments, PATH=path)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    done("up", "--runtime", "native")
    (project / "self.yml").write_text(DASHBOARD.replace("Samples", "Appended"))
    assert "reload dashboards: Self" in done("reload", "--dry-run")
    assert "dashboards reloaded: Self: generation" in done("reload")
    assert "nothing had changed" in done("reload")
    (grafana,) = re.findall(r"grafana: \{listen: (\S+)\}", (project / "stack.yml").read_text())
    broken = urllib.request.Request(f"http://{grafana}/-/break", json.dumps({"datasource": "prometheus"}).encode())
    urllib.request.urlopen(broken).close()
    assert "datasource had been changed and was restored" in done("reload")
    urllib.request.urlopen(broken).close()
    again = run(project, "up", PATH=path)
    assert "datasource had been changed and was restored" in again.stderr
    assert "nothing had changed" in done("reload")


@pytest.mark.native
def test_reload_says_that_no_grafana_loads_a_dashboard(project: Path) -> None:
    assert run(project, "up", "--runtime", "native", "--without", "grafana").returncode == 0
    (project / "self.yml").write_text(DASHBOARD.replace("Samples", "Appended"))
    assert run(project, "reload", "--dry-run").stdout == "write dashboards: Self\n"
    said = run(project, "reload").stdout
    assert "dashboards written: Self; Grafana does not run, so nothing loads them" in said


@pytest.mark.native
def test_a_real_grafana_serves_what_the_manifest_declares(project: Path) -> None:
    path = with_grafana(project)
    up(partial(run, project, PATH=path))
    report = json.loads(run(project, "verify", "--output", "json", PATH=path).stdout)
    found = {check["code"]: check["status"] for check in report["diagnostics"] if check["code"].startswith("grafana.")}
    assert found == dict.fromkeys(
        ("grafana.health", "grafana.login", "grafana.datasource", "grafana.dashboard"), "pass"
    ), report
    assert report["ok"]
    (project / "self.yml").write_text(DASHBOARD.replace("Samples", "Appended"))
    assert "dashboards reloaded: Self: generation" in run(project, "reload", PATH=path).stdout
    assert "nothing had changed" in run(project, "reload", PATH=path).stdout
    assert json.loads(run(project, "verify", "--output", "json", PATH=path).stdout)["ok"]


@pytest.mark.native
def test_viewers_token_is_enough_to_verify_and_to_adopt(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = with_grafana(project)
    up(partial(run, project, PATH=path))
    units = json.loads(run(project, "status", "-o", "json").stdout)["units"]
    prometheus, grafana = (f"http://{each['address']}" for each in units)
    password = (project / ".stackctl" / "secrets" / "grafana_admin_password").read_text()
    ask = Grafana(Http(Access(grafana, ("admin", password)))).http.ask
    viewer = ask("/api/serviceaccounts", method="POST", body={"name": "viewer", "role": "Viewer"})
    tokens = f"/api/serviceaccounts/{json.loads(viewer.text)['id']}/tokens"
    token = json.loads(ask(tokens, method="POST", body={"name": "one"}).text)["key"]
    adopted = tmp_path_factory.mktemp("adopted")
    given = ["--prometheus", prometheus, "--grafana", grafana, "-o", "json"]
    report = json.loads(run(adopted, "verify", *given, STACKCTL_GRAFANA_TOKEN=token).stdout)
    found = {f"{each['code']} {each['subject']}": each["status"] for each in report["diagnostics"]}
    assert report["ok"], report
    assert found["grafana.login grafana"] == found["panel.data Self/Samples"] == "pass"
    ran = run(adopted, "adopt", prometheus, grafana, STACKCTL_GRAFANA_TOKEN=token)
    assert ran.returncode == 0, ran.stderr
    assert sorted(path.name for path in adopted.glob("dashboards/*")) == ["grafana.json", "self.json"]
    assert token not in "".join(path.read_text() for path in adopted.rglob("*") if path.is_file())


def with_grafana(folder: Path) -> str:
    """The PATH that has a real Grafana."""
    return f"{program_folder('real', folder)}:{os.environ['PATH']}"


SERVER = """\
version: 1
name: {name}
prometheus: {{listen: 127.0.0.1:{prometheus}}}
grafana: {{listen: 127.0.0.1:{grafana}, admin: {{password: right-horse}}}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Grafana]:
    """The real Grafana that the environment names, with the login that its address holds; without one, our own."""
    url = os.environ.get(URL_VARIABLE)
    if url:
        yield client(url)
        return
    need("native")
    folder, port = tmp_path_factory.mktemp("grafana"), free_port()
    name = f"stackctl-grafana-{port}"
    (folder / "stack.yml").write_text(SERVER.format(name=name, prometheus=free_port(), grafana=port))
    path = with_grafana(folder)
    with running(partial(run, folder, PATH=path)):
        yield client(f"http://admin:right-horse@127.0.0.1:{port}")


def client(url: str) -> Grafana:
    """Grafana at an address that holds its login."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    base = urlunsplit((parts.scheme, host, parts.path.rstrip("/"), "", ""))
    return Grafana(Http(Access(base, (parts.username or "admin", parts.password or ""))))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.name)
def test_a_real_grafana_takes_every_dashboard_that_ships(
    server: Grafana, example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in needed_variables(example):
        monkeypatch.setenv(name, "https://localhost/x")
    stack = load(example / "stack.yml")
    files = render(stack, "native", {c.GRAFANA_ADMIN_PASSWORD: Secret("unused")}, b"salt").files
    boards = [json.loads(files[path].content) for path in files if path.startswith("grafana/dashboards/")]
    assert len(boards) == len(stack.dashboards) > 0
    for board in boards:
        sent = server.http.ask("/api/dashboards/db", method="POST", body={"dashboard": board, "overwrite": True})
        assert sent.ok, sent.text
        taken = server.dashboard(board["uid"])
        assert (taken["title"], len(taken["panels"])) == (board["title"], len(board["panels"]))
        assert server.http.ask(f"/api/dashboards/uid/{board['uid']}", method="DELETE").ok


@pytest.mark.parametrize(("hours", "points"), [(1, 500), (12, 500), (24, 250), (24, 500), (168, 500), (1, 20), (48, 3)])
def test_window_of_rate_interval_is_what_a_real_grafana_writes(server: Grafana, hours: int, points: int) -> None:
    known = duration.seconds(server.datasource("prometheus")["jsonData"]["timeInterval"])
    assert written_window(server, hours, points) == window(hours * 3600, points, known)


@pytest.mark.parametrize(("hours", "points", "step"), [(1, 500, "30s"), (168, 333, "1m"), (48, 500, "5m")])
def test_window_of_rate_interval_is_no_longer_than_ours_with_a_step(
    server: Grafana, hours: int, points: int, step: str
) -> None:
    """Grafana 10.0 does not take a query's step for the interval of scrapes yet."""
    assert written_window(server, hours, points, step) <= window(hours * 3600, points, duration.seconds(step))


def written_window(server: Grafana, hours: int, points: int, step: str = "") -> float:
    """Return the seconds that Grafana writes for `$__rate_interval` in a query."""
    query = {
        "refId": "A",
        "datasource": {"type": "prometheus", "uid": "prometheus"},
        "expr": "rate(up[$__rate_interval])",
        "range": True,
        "interval": step,
        "maxDataPoints": points,
        "intervalMs": 1000,
    }
    body = {"queries": [query], "from": f"now-{hours}h", "to": "now"}
    sent = server.http.ask("/api/ds/query", method="POST", body=body)
    assert sent.ok, sent.text
    (frame,) = json.loads(sent.text)["results"]["A"]["frames"]
    (written,) = re.findall(r"rate\(up\[(\w+)\]\)", frame["schema"]["meta"]["executedQueryString"])
    return duration.seconds(written)


def needed_variables(example: Path) -> set[str]:
    """The variables without a default that the manifest of an example names."""
    return set(re.findall(r"\$\{(\w+)\}", (example / "stack.yml").read_text()))
