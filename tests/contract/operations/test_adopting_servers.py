"""What servers report is found by asking each for what only its kind serves, and a wrong password is tried once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.errors import InputError, Unavailable
from stackctl.manifest import load
from stackctl.operations.adopting import adopt_setup
from tests.contract.serving import Reply, serve

CONFIG = "global: {scrape_interval: 1m}\nscrape_configs: [{job_name: api, static_configs: [{targets: ['a:1']}]}]\n"
NO_TARGETS = {"data": {"activeTargets": [], "droppedTargets": []}}
PROMETHEUS = {
    "/api/v1/status/config": {"data": {"yaml": CONFIG}},
    "/api/v1/targets": NO_TARGETS,
    "/api/v1/rules": {"data": {"groups": []}},
}
GRAFANA = {
    "/api/health": {"database": "ok"},
    "/api/search": [{"uid": "one", "title": "My API", "folderTitle": "Team"}],
    "/api/dashboards/uid/one": {"dashboard": {"uid": "one", "title": "My API", "panels": []}},
    "/api/datasources": [
        {"uid": "o", "name": "Other", "type": "prometheus", "url": "http://o:9090", "jsonData": {"cacheLevel": "Low"}},
        {
            "uid": "p",
            "name": "Prometheus",
            "type": "prometheus",
            "url": "http://p:9090",
            "isDefault": True,
            "jsonData": {"httpMethod": "POST", "timeInterval": "5m", "exemplarTraceIdDestinations": [{"url": "${a}"}]},
        },
        {"uid": "l", "name": "Logs", "type": "loki", "url": "http://l:3100", "isDefault": False},
    ],
}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_dashboards_and_datasources_of_a_grafana_are_written_next_to_the_manifest(tmp_path: Path) -> None:
    with serve() as prometheus, serve() as grafana:
        prometheus.routes, grafana.routes = PROMETHEUS, GRAFANA
        adopt_setup([prometheus.url, grafana.url], {})
    assert json.loads((tmp_path / "dashboards" / "my-api.json").read_text())["uid"] == "one"
    text = (tmp_path / "stack.yml").read_text()
    assert "{file: dashboards/my-api.json, folder: Team}" in text
    stack = load(tmp_path / "stack.yml", {})
    assert stack.grafana
    assert stack.grafana.settings == {"timeInterval": "5m", "exemplarTraceIdDestinations": [{"url": "${a}"}]}
    assert "`cacheLevel` of the datasource `Other` is left out" in text
    assert "{name: Logs, type: loki, uid: l, url: 'http://l:3100'}" in text


def test_server_with_a_path_prefix_and_a_login_is_asked_with_both(tmp_path: Path) -> None:
    with serve() as server:
        server.routes = {f"/prefix{path}": reply for path, reply in PROMETHEUS.items()}
        server.login = ("me", "notareal1")
        environ = {"STACKCTL_PROMETHEUS_USER": "me", "STACKCTL_PROMETHEUS_PASSWORD": "notareal1"}
        adopt_setup([f"{server.url}/prefix"], environ)
    assert "targets: ['a:1']" in (tmp_path / "stack.yml").read_text()


def logins(password: str, *kinds: str) -> dict[str, str]:
    """Variables with a login for servers of these kinds."""
    of_kind = [{f"STACKCTL_{kind}_USER": "me", f"STACKCTL_{kind}_PASSWORD": password} for kind in kinds]
    return {name: value for each in of_kind for name, value in each.items()}


def test_wrong_password_is_tried_once() -> None:
    with serve() as server:
        server.routes, server.login = PROMETHEUS, ("me", "right")
        with pytest.raises(Unavailable, match="can be read"):
            adopt_setup([server.url], logins("wrong", "PROMETHEUS", "ALERTMANAGER", "GRAFANA"))
        assert len(server.asked) == 1


@pytest.mark.parametrize("user", ["", "me@"])
def test_login_of_another_server_is_not_the_last_word(user: str, tmp_path: Path) -> None:
    with serve() as server:
        server.routes, server.login = PROMETHEUS, ("me", "notareal1")
        environ = {**logins("notareal2", "ALERTMANAGER"), **logins("notareal1", "PROMETHEUS")}
        adopt_setup([server.url.replace("//", f"//{user}")], environ)
    assert "targets: ['a:1']" in (tmp_path / "stack.yml").read_text()


def test_password_in_a_url_is_refused_before_anybody_is_asked() -> None:
    with serve() as server:
        with pytest.raises(InputError, match=r"^http://\S+: other users .* can read a password") as refused:
            adopt_setup([server.url.replace("//", "//me:hunter2@")], {})
        assert server.asked == []
    assert "hunter2" not in f"{refused.value}"


def test_two_servers_of_a_kind_are_refused() -> None:
    with serve() as server:
        server.routes = PROMETHEUS
        with pytest.raises(InputError, match="two servers are a prometheus"):
            adopt_setup([server.url, server.url], {})


def test_server_of_another_kind_is_refused(tmp_path: Path) -> None:
    with serve() as server:
        server.routes = {"/": Reply("<html>")}
        with pytest.raises(Unavailable, match="no Prometheus, Alertmanager or Grafana"):
            adopt_setup([server.url], {})
    assert not [*tmp_path.iterdir()]


def test_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards" / "my-api.json").write_text("mine")
    with serve() as grafana:
        grafana.routes = GRAFANA
        with pytest.raises(InputError, match="already exists"):
            adopt_setup([grafana.url], {})
    assert (tmp_path / "dashboards" / "my-api.json").read_text() == "mine"
    assert not (tmp_path / "stack.yml").exists()


def test_configuration_of_another_shape_is_refused(tmp_path: Path) -> None:
    """Whatever answers at the URL, it is no reason for a traceback."""
    odd = "scrape_configs: [{job_name: api, static_configs: [{targets: ['a:1'], labels: [x]}]}]"
    with serve() as server:
        server.routes = {**PROMETHEUS, "/api/v1/status/config": {"data": {"yaml": odd}}}
        with pytest.raises(InputError, match="labels: a mapping is expected"):
            adopt_setup([server.url], {})
    assert not [*tmp_path.iterdir()]


def test_logins_of_servers_that_go_on_running_stay_in_the_environment(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    with serve() as prometheus, serve() as grafana:
        prometheus.routes, grafana.routes = PROMETHEUS, GRAFANA
        environ = {
            "STACKCTL_PROMETHEUS_USER": "me",
            "STACKCTL_PROMETHEUS_PASSWORD": "horse-battery",
            "STACKCTL_GRAFANA_TOKEN_FILE": "token",
        }
        adopt_setup([prometheus.url, grafana.url], environ, external=True)
        text = (tmp_path / "stack.yml").read_text()
        stack = load(tmp_path / "stack.yml", environ)
    assert "horse-battery" not in text
    first, second = stack.external
    assert (first.url, first.login and first.login.password.reveal()) == (prometheus.url, "horse-battery")
    assert (second.url, second.token and second.token.reveal()) == (grafana.url, "abc")


@pytest.mark.parametrize("sources", [["."], ["grafana"]])
def test_only_a_prometheus_that_runs_is_proven(tmp_path: Path, sources: list[str]) -> None:
    (tmp_path / "prometheus.yml").write_text(CONFIG)
    with serve() as grafana:
        grafana.routes = GRAFANA
        with pytest.raises(InputError, match="needs a Prometheus that runs"):
            adopt_setup([grafana.url if each == "grafana" else each for each in sources], {}, external=True)
    assert not (tmp_path / "stack.yml").exists()
