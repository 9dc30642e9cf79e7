"""The scrapes of the stack's own servers: under other names, at other intervals, by other jobs, and none."""

from __future__ import annotations

import json
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.real_stack import BOTH, need, stackctl
from tests.ports import free_port

pytestmark = pytest.mark.e2e
PORTS = ("prometheus", "alertmanager", "pushgateway", "sink")
RENAMED = """\
version: 1
name: {name}
prometheus:
  listen: {prometheus}
  scrape_interval: 2s
  evaluation_interval: 1s
  labels: {{tier: monitoring}}
  scrape: {{job: self, scrape_interval: 1s, scrape_timeout: 900ms}}
alertmanager:
  listen: {alertmanager}
  scrape: {{job: notifier, scrape_interval: 3s}}
  receivers: {{hook: {{webhook: {{url: "http://localhost:{sink}/"}}}}}}
pushgateway: {{listen: {pushgateway}, scrape: {{job: pushed}}}}
rules: [{{pack: prometheus}}, {{pack: alertmanager}}]
"""
OTHERWISE = """\
version: 1
name: {name}
prometheus: {{listen: {prometheus}, scrape_interval: 1s, evaluation_interval: 1s, scrape: false}}
alertmanager:
  listen: {alertmanager}
  scrape: false
  receivers: {{hook: {{webhook: {{url: "http://localhost:{sink}/"}}}}}}
services: {{prometheus: {{targets: ["{reached}"]}}}}
"""


@contextmanager
def running(folder: Path, text: str, runtime: str) -> Iterator[tuple[Path, dict[str, int]]]:
    """The manifest of a stack that runs, and its ports."""
    need(runtime)
    ports = {name: free_port() for name in PORTS}
    manifest = folder / "stack.yml"
    reached = "prometheus:9090" if runtime == "docker" else f"localhost:{ports['prometheus']}"
    manifest.write_text(text.format(name=f"stackctl-test-{ports['prometheus']}", reached=reached, **ports))
    try:
        up = stackctl("-f", str(manifest), "up", "--runtime", runtime)
        assert up.returncode == 0, up.stderr
        yield manifest, ports
    finally:
        stackctl("-f", str(manifest), "down", "--volumes")


def verified(manifest: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of a verification, by code and subject."""
    ran = stackctl("-f", str(manifest), "verify", "-o", "json")
    return {(each["code"], each["subject"]): each for each in json.loads(ran.stdout)["diagnostics"]}


def red(rows: dict[tuple[str, str], dict[str, Any]]) -> set[tuple[str, str]]:
    return {key for key, row in rows.items() if row["status"] == "fail"}


def asked(port: int, path: str) -> Any:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/v1/{path}", timeout=10) as answer:
        return json.loads(answer.read())["data"]


@pytest.mark.parametrize("runtime", BOTH)
def test_renamed_scrapes_are_verified_with_their_packs(tmp_path: Path, runtime: str) -> None:
    with running(tmp_path, RENAMED, runtime) as (manifest, ports):
        rows = verified(manifest)
        assert red(rows) == set(), {key: row["summary"] for key, row in rows.items() if key in red(rows)}
        targets = asked(ports["prometheus"], "targets")["activeTargets"]
        known = {each["scrapePool"]: (each["scrapeInterval"], each["scrapeTimeout"]) for each in targets}
        assert known == {"self": ("1s", "900ms"), "notifier": ("3s", "2s"), "pushed": ("2s", "2s")}
        query = urllib.parse.urlencode({"query": 'up{job="self", tier="monitoring"}'})
        assert len(asked(ports["prometheus"], f"query?{query}")["result"]) == 1
        rules = [rule["query"] for each in asked(ports["prometheus"], "rules")["groups"] for rule in each["rules"]]
        assert any('job="self"' in each for each in rules)
        assert any('job="notifier"' in each for each in rules)
        assert not any('job="prometheus"' in each or 'job="alertmanager"' in each for each in rules)


def test_rule_about_the_old_name_of_a_job_is_red(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(
        "groups: [{name: a, rules: [{alert: Down, expr: 'up{job=\"prometheus\"} == 0'}]}]"
    )
    with running(tmp_path, RENAMED.replace("rules: [", "rules: [{{file: rules.yml}}, "), "native") as (manifest, _):
        checked = stackctl("-f", str(manifest), "check", "-o", "json")
        warned = [each for each in json.loads(checked.stdout)["diagnostics"] if each["code"] == "promql.unknown-value"]
        assert [(each["summary"], each["remedy"]) for each in warned] == [
            ("Down: there is no scrape job `prometheus`", 'Did you mean `job="self"`?')
        ]
        assert [subject for _, subject in red(verified(manifest))] == ["rules.yml/a/Down"]


@pytest.mark.parametrize("runtime", BOTH)
def test_servers_without_a_scrape_of_their_own_are_verified(tmp_path: Path, runtime: str) -> None:
    with running(tmp_path, OTHERWISE, runtime) as (manifest, ports):
        rows = verified(manifest)
        assert red(rows) == set(), {key: row["summary"] for key, row in rows.items() if key in red(rows)}
        assert asked(ports["prometheus"], "scrape_pools")["scrapePools"] == ["prometheus"]
