"""What Prometheus and Alertmanager say of rules, panels and receivers, as `why` shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.alertmanager import ActiveAlert
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.lineage.build import lineage
from stackctl.lineage.graph import Node
from stackctl.lineage.moment import Moment
from stackctl.manifest import load
from stackctl.model import External, Stack
from stackctl.operations.moments import observe, of_prometheus, of_receivers
from stackctl.source import Position
from tests.contract.serving import Asked, Reply, Server

MANIFEST = """\
version: 1
name: shop
services:
  api: {targets: ["localhost:8000"], metrics: {depth: gauge}}
rules:
  - name: g
    rules:
      - {record: "job:depth", expr: sum(depth)}
      - {alert: Deep, expr: depth > 3, labels: {team: web}}
      - {alert: New, expr: absent(depth)}
dashboards: [{file: d.yml}]
"""
DASHBOARD = "title: D\nrows: [{panels: [{title: Depth, type: stat, query: depth * 2, unit: short}]}]\n"
RECEIVER = Node("receiver", "team")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    (tmp_path / "d.yml").write_text(DASHBOARD)
    return load(tmp_path / "stack.yml")


def success(data: Any) -> dict[str, Any]:
    return {"status": "success", "data": data}


def rule(name: str, kind: str, **state: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "query": "", "health": "ok", "lastEvaluation": "2026-01-01T00:00:00Z", **state}


def answered(query: str) -> Any:
    """The value of the alert, the series of two names, and an error for the panel."""
    if "depth * 2" in query:
        return Reply({"status": "error", "error": "found duplicate series"}, 422)
    found = [] if "label_replace" in query else [{"metric": {}, "value": [1.0, "2.5"]}]
    return success({"resultType": "vector", "result": found})


@pytest.fixture
def client(server: Server) -> Prometheus:
    broken = rule("job:depth", "recording", health="err", lastError="many-to-many matching")
    groups = [{"name": "g", "file": "f", "interval": 1, "rules": [broken, rule("Deep", "alerting")]}]
    fires = {"labels": {"alertname": "Deep", "team": "web"}, "annotations": {}, "state": "firing"}
    alerts = [{**fires, "activeAt": "2026-01-01T00:00:00Z"}, {**fires, "activeAt": "2026-01-01T00:00:00Z"}]
    other = {**fires, "labels": {"alertname": "Deep", "team": "other"}, "activeAt": "2026-01-01T00:00:00Z"}
    server.routes |= {
        "/api/v1/query": Asked(answered),
        "/api/v1/rules": success({"groups": groups}),
        "/api/v1/alerts": success({"alerts": [*alerts, other]}),
        "/api/v1/targets": success({"activeTargets": []}),
    }
    return Prometheus(Http(Access(server.url)))


def test_rules_and_panels_are_shown_with_what_prometheus_says_of_them(stack: Stack, client: Prometheus) -> None:
    found = of_prometheus(stack, lineage(stack).nodes, client)
    assert {node.name: moment for node, moment in found.items()} == {
        "depth": Moment(count=0),
        "job:depth": Moment(count=0, fault="many-to-many matching"),
        "Deep": Moment("firing", count=2, value=2.5, limit="> 3"),
        "New": Moment("inactive", count=0, fault="Prometheus has not loaded it. Run `stackctl reload`"),
        "Depth": Moment(fault="found duplicate series"),
    }


def test_a_silent_prometheus_is_an_error(stack: Stack, server: Server) -> None:
    client = Prometheus(Http(Access(server.url)))
    with pytest.raises(NoAnswer):
        of_prometheus(stack, lineage(stack).nodes, client)


def test_a_stack_that_does_not_run_is_not_asked(stack: Stack, tmp_path: Path) -> None:
    assert observe(tmp_path / "stack.yml", stack, lineage(stack).nodes) == ({}, "")


def test_servers_of_somebody_else_are_asked(stack: Stack, client: Prometheus, tmp_path: Path) -> None:
    there = External("prometheus", client.http.base, Position("stack.yml"))
    found, unasked = observe(tmp_path / "stack.yml", replace(stack, external=(there,)), lineage(stack).nodes)
    assert unasked == ""
    faults = {node.name: moment.fault for node, moment in found.items() if node.kind in ("alert", "record")}
    assert faults == {"job:depth": "many-to-many matching", "Deep": "", "New": "Prometheus has not loaded it"}


def test_a_receiver_is_not_notified_of_what_is_kept_from_it() -> None:
    alerts = [
        ActiveAlert({}, ("team", "other"), 0.0),
        ActiveAlert({}, ("other",), 0.0),
        ActiveAlert({}, ("team",), 0.0, silences=("1",)),
        ActiveAlert({}, ("team",), 0.0, inhibited=True),
        ActiveAlert({}, ("team",), 0.0, muted=("night",)),
    ]
    assert of_receivers([RECEIVER, Node("metric", "depth")], alerts) == {RECEIVER: Moment(count=1)}
