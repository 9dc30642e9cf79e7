"""Adopted set-ups on real servers: both sides load the same, by the APIs of Prometheus and Alertmanager."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
import yaml

from stackctl import conventions as c
from stackctl.adopt.prometheus import with_paths
from stackctl.tools import require
from stackctl.wait import wait_until
from tests.answers import is_ready
from tests.e2e.real_stack import need, stackctl
from tests.pinned import pinned
from tests.ports import free_port
from tests.unit.adopt.setups import NAMES, SETUPS, found, written

pytestmark = [pytest.mark.e2e, pytest.mark.native]

PATIENCE_SECONDS = 30
# What the stack has besides, and what differs on purpose.
OWN_JOBS = {c.PROMETHEUS, c.ALERTMANAGER, c.GRAFANA, c.PUSHGATEWAY}


# Debian builds its Prometheus without the discovery that this one has.
NOT_BY_DEBIAN = {"discovered"}


@pytest.fixture(params=sorted({*NAMES} - NOT_BY_DEBIAN))
def setup(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    need("native")
    return Path(shutil.copytree(SETUPS / request.param, tmp_path / request.param))


def test_servers_load_the_same_from_both_sides(setup: Path) -> None:
    """Both are loaded here: the tree for Docker where the set-up has containers, whose names its targets have."""
    known = found(setup)
    adopted = stackctl("adopt", str(setup))
    assert adopted.returncode == 0, adopted.stderr
    runtime = c.DOCKER if known.compose else c.NATIVE
    rendered = stackctl("-f", str(setup / "stack.yml"), "render", "--runtime", runtime, "--out", str(setup / "tree"))
    assert rendered.returncode == 0, rendered.stderr
    if known.prometheus:
        old = setup / "old-prometheus.yml"
        config = with_paths(dict(known.prometheus.config.data), known.prometheus)
        rules = [known.prometheus.path(each) for each in config.get("rule_files") or ()]
        old.write_text(yaml.safe_dump(_readable({**config, "rule_files": rules})))
        before, after = (_loaded(c.PROMETHEUS, path) for path in (old, setup / "tree" / c.PROMETHEUS_FILE))
        assert before["rules"] == after["rules"]
        container = known.prometheus.container
        # The servers of the stack serve at `/`.
        old_targets = {_without(each, container.path_prefix if container else "") for each in before["targets"]}
        asked = {job for job, _, _ in old_targets}
        extra = {each for each in after["targets"] - old_targets if each[0] not in OWN_JOBS - asked}
        assert (old_targets - after["targets"], extra) == (set(), set())
        assert old_targets
    if known.alertmanager:
        old = setup / "old-alertmanager.yml"
        config = with_paths(dict(known.alertmanager.config.data), known.alertmanager)
        old.write_text(yaml.safe_dump(_readable(config)))
        before, after = (_loaded(c.ALERTMANAGER, path) for path in (old, setup / "tree" / c.ALERTMANAGER_FILE))
        assert before["route"] == after["route"]
        assert before["inhibit_rules"] == after["inhibit_rules"]
        assert {each["name"] for each in before["receivers"]} <= {each["name"] for each in after["receivers"]}


def _readable(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration in which a script has filled in the variables."""
    filled: dict[str, Any] = json.loads(json.dumps(config).replace("${SLACK_URL}", "https://hooks.example.org/x"))
    return filled


def _loaded(server: str, config: Path) -> dict[str, Any]:
    with _running(server, config) as ask:
        if server == c.ALERTMANAGER:
            config_of: dict[str, Any] = yaml.safe_load(ask("/api/v2/status")["config"]["original"])
            route = config_of["route"]
            kept = [each for each in route.get("routes") or () if each.get("receiver") != c.DRILL_RECEIVER]
            route = {key: value for key, value in {**route, "routes": kept}.items() if value}
            return {**config_of, "route": route, "inhibit_rules": config_of.get("inhibit_rules")}
        wanted = {job["job_name"] for job in _jobs(config) if any(each["targets"] for each in job["static_configs"])}
        wait_until(lambda: _discovered(ask), lambda jobs: wanted <= jobs, PATIENCE_SECONDS)
        active = ask("/api/v1/targets?state=active")["data"]["activeTargets"]
        groups = ask("/api/v1/rules")["data"]["groups"]
        return {"targets": {_target(each) for each in active}, "rules": sorted(_rules(groups))}


def _jobs(config: Path) -> list[dict[str, Any]]:
    """The jobs of a configuration that list targets."""
    blocks: list[dict[str, Any]] = yaml.safe_load(config.read_text()).get("scrape_configs") or []
    return [block for block in blocks if block.get("static_configs")]


def _discovered(ask: Server) -> set[str]:
    """The jobs whose targets a Prometheus knows: some seconds after it is ready, it has those of its configuration."""
    data = ask("/api/v1/targets")["data"]
    return {each["discoveredLabels"]["job"] for each in (*data["activeTargets"], *data["droppedTargets"])}


def _target(target: dict[str, Any]) -> tuple[str, str, str]:
    """Its job, its labels, and how it is asked. A server of the stack listens elsewhere natively."""
    labels, url = target["labels"], urlsplit(target["scrapeUrl"])
    how = [url.scheme, url.path, url.query, target["scrapeInterval"], target["scrapeTimeout"]]
    # The interval of its own scrape is the one thing that a server of the stack cannot have to itself.
    own = labels["job"] in OWN_JOBS
    return labels["job"], json.dumps(labels, sort_keys=True), json.dumps(how[:3] if own else how)


def _without(target: tuple[str, str, str], prefix: str) -> tuple[str, str, str]:
    job, labels, how = target
    return job, labels, how.replace(f'"{prefix}/', '"/') if prefix else how


def _rules(groups: list[dict[str, Any]]) -> Iterator[str]:
    keys = ("name", "query", "duration", "labels", "annotations", "type")
    for group in groups:
        for rule in group["rules"]:
            yield json.dumps([group["name"], group["interval"], *(rule.get(key) for key in keys)], sort_keys=True)


@dataclass(frozen=True)
class Server:
    """A server that answers with JSON."""

    url: str

    def __call__(self, path: str) -> Any:
        with urlopen(f"{self.url}{path}", timeout=10) as answer:
            return json.loads(answer.read())


@contextmanager
def _running(server: str, config: Path, port: int = 0) -> Iterator[Server]:
    """A server with a configuration, at a port of its own or the given one."""
    data, port = config.with_suffix(".data"), port or free_port()
    storage = "--storage.tsdb.path" if server == c.PROMETHEUS else "--storage.path"
    # What cannot be sent to a remote server that is not there would keep Prometheus from ending, for a minute.
    own = ["--storage.remote.flush-deadline=100ms" if server == c.PROMETHEUS else "--cluster.listen-address="]
    # In Docker the stack has the pinned Prometheus, whose configuration has keys that an older one refuses.
    command = [str(pinned(server) or require(server).path), f"--config.file={config}", f"{storage}={data}", *own]
    # Alertmanager looks for the files of its secrets from where it runs, which is the folder above the tree.
    folder = config.parents[2] if "tree" in config.parts else config.parent
    with config.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--web.listen-address=127.0.0.1:{port}"], cwd=folder, stdout=log, stderr=log
        )

    ask = Server(f"http://127.0.0.1:{port}")

    def ready() -> bool:
        assert process.poll() is None, config.with_suffix(".log").read_text()
        return is_ready(f"{ask.url}/-/ready")

    try:
        wait_until(ready, bool, PATIENCE_SECONDS)
        yield ask
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


def test_servers_that_run_are_adopted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What they report is the whole set-up: rules and targets of files too."""
    need("native")
    setup, here = Path(shutil.copytree(SETUPS / "without-containers", tmp_path / "old")), tmp_path / "new"
    here.mkdir()
    monkeypatch.chdir(here)
    with _running(c.PROMETHEUS, setup / "prometheus.yml") as prometheus:
        wait_until(
            lambda: prometheus("/api/v1/targets?state=active")["data"]["activeTargets"],
            lambda targets: len(targets) == 6,
            PATIENCE_SECONDS,
        )
        with _running(c.ALERTMANAGER, setup / "alertmanager.yml") as alertmanager:
            adopted = stackctl("adopt", prometheus.url, alertmanager.url)
            assert adopted.returncode == 0, adopted.stderr
            assert "the same in both: 6 targets, 2 rules, 2 routes" in adopted.stdout
            assert stackctl("adopt", "--compare", prometheus.url, alertmanager.url).returncode == 0
    assert stackctl("check").returncode == 0
    assert (here / "rules" / "first.yml").exists()


def test_stack_of_a_subfolder_needs_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Compose file extends and includes others, and its servers' files are in folders next to its own."""
    need("native")
    files = {
        ".git/HEAD": "",
        "mon/prometheus.yml": "rule_files: [rules/*.yml]\nscrape_configs:\n"
        "- {job_name: app, static_configs: [{targets: ['127.0.0.1:1'], labels: {team: a}}]}\n",
        "mon/rules/a.yml": "groups: [{name: a, rules: [{alert: Down, expr: up == 0, labels: {severity: page}}]}]\n",
        "deploy/docker/docker-compose.yml": "include: [more/compose.yml]\nservices:\n  prometheus:\n"
        "    extends: {file: ../base.yml, service: metrics}\n    command: [--config.file=/conf/prometheus.yml]\n",
        "deploy/base.yml": "services: {metrics: {image: 'prom/prometheus:v3.5.0', volumes: ['../mon:/conf']}}\n",
        "deploy/docker/more/compose.yml": "services: {proxy: {image: 'nginx:1', volumes: ['./own:/own']}}\n",
    }
    here = written(tmp_path / "repository", files) / "deploy" / "docker"
    monkeypatch.chdir(here)
    adopted = stackctl("adopt")
    assert adopted.returncode == 0, adopted.stderr
    assert "  cd ../..\n" in adopted.stdout
    assert "the same in both: 1 target, 1 rule, 0 routes" in adopted.stdout
    monkeypatch.chdir(tmp_path / "repository")
    assert stackctl("check").returncode == 0
    assert stackctl("adopt", "--compare", "deploy/docker").returncode == 0
    assert stackctl("render", "--runtime", "native", "--out", "tree").returncode == 0
    loaded = _loaded(c.PROMETHEUS, tmp_path / "repository" / "tree" / c.PROMETHEUS_FILE)
    assert '"team": "a"' in str(loaded["targets"])
    assert "Down" in str(loaded["rules"])


def test_servers_that_go_on_running_are_proven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest declares what they have loaded: verify is green, and red once they have something else."""
    need("native")
    alerting = free_port()
    config = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"127.0.0.1:{alerting}"]}]}]},
        "scrape_configs": [{"job_name": "alerts", "static_configs": [{"targets": [f"127.0.0.1:{alerting}"]}]}],
    }
    rule = {"alert": "Down", "expr": 'up{job="alerts"} == 0', "for": "1m", "labels": {"severity": "page"}}
    routing = {
        "route": {"receiver": "team", "routes": [{"receiver": "team", "matchers": ["team = a"]}]},
        "receivers": [{"name": "team", "webhook_configs": [{"url": "http://127.0.0.1:1/secret"}]}],
    }
    old, here = tmp_path / "old", tmp_path / "new"
    written(old, {"prometheus.yml": yaml.safe_dump(config), "alertmanager.yml": yaml.safe_dump(routing)})
    written(old, {"rules.yml": yaml.safe_dump({"groups": [{"name": "g", "rules": [rule]}]})})
    here.mkdir()
    monkeypatch.chdir(here)
    with (
        _running(c.ALERTMANAGER, old / "alertmanager.yml", alerting) as alertmanager,
        _running(c.PROMETHEUS, old / "prometheus.yml") as prometheus,
    ):
        wait_until(lambda: _discovered(prometheus), lambda jobs: jobs == {"alerts"}, PATIENCE_SECONDS)
        adopted = stackctl("adopt", "--external", prometheus.url, alertmanager.url)
        assert adopted.returncode == 0, adopted.stderr
        assert "stackctl verify" in adopted.stdout
        with (here / ".env").open("a") as env:
            env.write("ALERTMANAGER_TEAM_URL=http://127.0.0.1:1/secret\n")
        verified = stackctl("verify", "--timeout", "20s")
        assert verified.returncode == 0, verified.stdout + verified.stderr + (here / "stack.yml").read_text()
        refused = stackctl("adopt", "--compare", prometheus.url, alertmanager.url)
        assert (refused.returncode, "Run `stackctl verify`" in refused.stderr) == (2, True)
        (here / "stack.yml").write_text((here / "stack.yml").read_text().replace("alerts:", "others:"))
        assert stackctl("verify", "--timeout", "5s", "--only", "job").returncode == 1
