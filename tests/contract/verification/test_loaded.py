"""What servers report beside a tree: the same, or a line for each difference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from stackctl.access import Access
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.tree import File, Tree
from stackctl.verification.loaded import (
    alertmanager_difference,
    dashboards_difference,
    dashboards_in,
    prometheus_difference,
    targets_difference,
)
from stackctl.verification.written_rules import written_rules
from tests.contract.serving import Reply, Server, serve

CONFIG = {
    "rule_files": ["rules/r.yml"],
    "scrape_configs": [
        {"job_name": "api", "static_configs": [{"targets": ["a:1", "a:2"]}]},
        {"job_name": "found", "dns_sd_configs": [{"names": ["x"]}]},
    ],
}
RULES = {"groups": [{"name": "g", "rules": [{"record": "r", "expr": "sum(up)"}, {"alert": "A", "expr": "up == 0"}]}]}
ROUTES = b"route: {receiver: oncall}\nreceivers: [{name: oncall}]\n"
BOARD = {
    "uid": "shop",
    "title": "Shop",
    "panels": [
        {"title": "Rate", "targets": [{"expr": "rate(x[1m])"}]},
        {"type": "row", "title": "More", "panels": [{"title": "Up", "targets": [{"expr": "up"}]}]},
    ],
}
TREE = Tree(
    "shop",
    "native",
    {
        "prometheus/prometheus.yml": File(yaml.safe_dump(CONFIG).encode()),
        "prometheus/rules/r.yml": File(yaml.safe_dump(RULES).encode()),
        "alertmanager/alertmanager.yml": File(ROUTES),
        "grafana/dashboards/general/shop.json": File(json.dumps(BOARD).encode()),
    },
    (),
)
FOUND = {("api", "a:1"), ("api", "a:2"), ("found", "x:9")}


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as made:
        yield made


def success(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


def group(*rules: dict[str, Any], file: str = "/x/current/prometheus/rules/r.yml") -> dict[str, Any]:
    return {"name": "g", "file": file, "interval": 60, "rules": list(rules)}


def rule(kind: str, name: str, query: str) -> dict[str, Any]:
    return {"type": kind, "name": name, "query": query, "health": "ok", "lastEvaluation": "0001-01-01T00:00:00Z"}


def well(server: Server) -> None:
    """Prometheus has loaded the tree."""
    info = {
        "startTime": "2026-01-01T00:00:00Z",
        "lastConfigTime": "2026-01-01T00:00:00Z",
        "reloadConfigSuccess": True,
    }
    targets = [{"scrapePool": job, "discoveredLabels": {"__address__": address}} for job, address in sorted(FOUND)]
    server.routes |= {
        "/api/v1/status/runtimeinfo": success(info),
        "/api/v1/status/config": success({"yaml": yaml.safe_dump(CONFIG)}),
        "/api/v1/targets": success({"activeTargets": targets, "droppedTargets": []}),
        "/api/v1/rules": success(
            {"groups": [group(rule("recording", "r", "sum(up)"), rule("alerting", "A", "up == 0"))]}
        ),
    }


def prometheus_lines(server: Server) -> list[str]:
    return prometheus_difference(Prometheus(Http(Access(server.url))), TREE, written_rules(TREE))


def test_no_difference_if_loaded_as_written(server: Server) -> None:
    well(server)
    assert prometheus_lines(server) == []


def test_rules_of_files_outside_of_the_tree_are_ignored(server: Server) -> None:
    well(server)
    server.routes["/api/v1/rules"]["data"]["groups"].append(
        group(rule("alerting", "Other", "up"), file="/etc/mine/r.yml")
    )
    assert prometheus_lines(server) == []


@pytest.mark.parametrize(
    ("path", "answer", "line"),
    [
        ("/api/v1/rules", {"groups": [group(rule("recording", "r", "sum(up)"))]}, "r.yml: g/A: 1 written, 0 loaded"),
        (
            "/api/v1/rules",
            {"groups": [group(rule("recording", "r", "max(up)"), rule("alerting", "A", "up == 0"))]},
            "r.yml: g/r: loaded with another expression",
        ),
        ("/api/v1/status/config", {"yaml": "{}"}, "rule_files: rendered, but not loaded"),
        (
            "/api/v1/targets",
            {"activeTargets": [], "droppedTargets": []},
            "target a:1 of the job api does not exist yet",
        ),
    ],
)
def test_every_difference_has_its_line(server: Server, path: str, answer: Any, line: str) -> None:
    well(server)
    server.routes[path] = success(answer)
    assert prometheus_lines(server)[0] == line


def test_a_reload_that_failed_is_a_difference(server: Server) -> None:
    well(server)
    server.routes["/api/v1/status/runtimeinfo"]["data"]["reloadConfigSuccess"] = False
    assert prometheus_lines(server) == ["the last reload of the configuration failed"]


@pytest.mark.parametrize(
    ("found", "lines"),
    [
        (FOUND, []),
        (FOUND - {("api", "a:2")}, ["target a:2 of the job api does not exist yet"]),
        (FOUND | {("api", "a:3")}, ["target a:3 of the job api still exists"]),
        (FOUND | {("old", "o:1")}, ["target o:1 of the job old still exists"]),
        (FOUND | {("found", "y:1")}, []),
    ],
)
def test_targets_are_those_of_the_configuration(found: set[tuple[str, str]], lines: list[str]) -> None:
    assert targets_difference(CONFIG, found) == lines


def test_jobs_of_files_that_extra_adds_are_ignored() -> None:
    assert targets_difference({**CONFIG, "scrape_config_files": ["x.yml"]}, FOUND | {("mine", "m:1")}) == []


def report_hash(server: Server, content: bytes) -> None:
    number = int.from_bytes(hashlib.md5(content).digest()[:6], "little")
    server.routes["/metrics"] = f"alertmanager_config_hash {number:g}\n".replace(f"{number:g}", repr(float(number)))


def test_alertmanager_has_loaded_the_very_file(server: Server) -> None:
    client = Alertmanager(Http(Access(server.url)))
    report_hash(server, ROUTES)
    assert alertmanager_difference(client, TREE) == []
    report_hash(server, b"another")
    server.routes["/api/v2/status"] = {"config": {"original": "route: {receiver: other}\nreceivers: [{name: oncall}]"}}
    assert alertmanager_difference(client, TREE) == ["route.receiver: rendered 'oncall', loaded 'other'"]
    server.routes["/api/v2/status"] = {"config": {"original": ROUTES.decode()}}
    assert alertmanager_difference(client, TREE) == ["it has loaded a file with other settings"]


# -- Grafana --------------------------------------------------------------------------------------------------


def board(server: Server, **fields: Any) -> None:
    """What Grafana answers of a dashboard it has loaded: with an id and a version of its own."""
    loaded = {**BOARD, "id": 3, "version": 7, **fields}
    server.routes["/api/dashboards/uid/shop"] = {"dashboard": loaded, "meta": {"provisioned": True}}


@pytest.mark.parametrize(
    ("fields", "lines"),
    [
        ({}, []),
        ({"schemaVersion": 41}, []),
        ({"title": "Old"}, ["the dashboard shop is loaded as 'Old', not as 'Shop'"]),
        ({"panels": BOARD["panels"][:1]}, ["the dashboard shop is loaded with other panels"]),
        (
            {"panels": [{"title": "Rate", "targets": [{"expr": "rate(x[5m])"}]}, BOARD["panels"][1]]},
            ["the dashboard shop is loaded with other panels"],
        ),
    ],
)
def test_a_dashboard_is_what_the_tree_says(server: Server, fields: dict[str, Any], lines: list[str]) -> None:
    board(server, **fields)
    assert dashboards_difference(Grafana(Http(Access(server.url))), dashboards_in(TREE), []) == lines


def test_names_dashboards_that_are_missing_or_left_over(server: Server) -> None:
    assert dashboards_difference(Grafana(Http(Access(server.url))), dashboards_in(TREE), []) == [
        "the dashboard shop is not loaded"
    ]
    board(server)
    assert dashboards_difference(Grafana(Http(Access(server.url))), {}, ["shop"]) == ["the dashboard shop still exists"]
    assert dashboards_difference(Grafana(Http(Access(server.url))), {}, ["other"]) == []


def test_a_grafana_that_refuses_is_no_answer(server: Server) -> None:
    server.routes["/api/dashboards/uid/shop"] = Reply({"message": "Invalid username or password"}, 401)
    with pytest.raises(NoAnswer, match="returns 401: Invalid username or password"):
        dashboards_difference(Grafana(Http(Access(server.url))), dashboards_in(TREE), [])
