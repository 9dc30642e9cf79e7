"""Routes that no alert can take are found by logic alone; any other may be for alerts that are to come."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.delivery import delivery_warnings

MANIFEST = """\
version: 1
name: shop
services: {{api: {{targets: ["localhost:8000"]}}}}
rules: [{{name: g, rules: [{{alert: A, expr: up == 0, labels: {{severity: critical}}}}]}}]
alertmanager:
  receivers: {{ops: {{webhook: {{url: "http://127.0.0.1:9/a"}}}}, dev: {{webhook: {{url: "http://127.0.0.1:9/b"}}}}}}
  {routing}
"""
ROUTE = "route: {{receiver: ops, routes: [{routes}]}}"


def found(folder: Path, routes: str, routing: str = ROUTE) -> list[tuple[str, int]]:
    """The code and the line of each warning."""
    (folder / "stack.yml").write_text(MANIFEST.format(routing=routing.format(routes=routes)))
    warnings = delivery_warnings(load(folder / "stack.yml"))
    return [(each.code, each.position.column) for each in warnings if each.position and "dead" in each.code]


ALL = "{receiver: ops}"
CRITICAL, BOTH = "{receiver: ops, matchers: ['a=\"x\"']}", "{receiver: ops, matchers: ['a=~\"x|y\"']}"
DEV = "{receiver: dev, matchers: ['a=\"x\"', 'b=\"1\"']}"


@pytest.mark.parametrize(
    "routes",
    [
        f"{ALL}, {DEV}",
        f"{CRITICAL}, {DEV}",
        f"{BOTH}, {DEV}",
        f"{DEV}, {DEV}",
        f"{CRITICAL}, {{receiver: dev, match: {{a: x}}}}",
        "{receiver: ops, matchers: ['a!=\"z\"']}, {receiver: dev, matchers: ['a=~\"x|y\"']}",
        "{receiver: dev, matchers: ['a=\"x\"', 'a=\"y\"']}",
        "{matchers: ['a=\"x\"'], routes: [{receiver: dev, matchers: ['a=~\"y|z\"']}]}",
        "{matchers: ['a=\"x\"'], routes: [{receiver: dev, matchers: ['a=\"\"']}]}",
        "{matchers: ['a=\"x\"'], routes: [{matchers: ['b=\"1\"']}, {matchers: ['b=\"1\"'], receiver: dev}]}",
    ],
)
def test_route_that_no_alert_can_take_is_reported_once(tmp_path: Path, routes: str) -> None:
    assert [code for code, _ in found(tmp_path, routes)] == ["alertmanager.dead-route"]


@pytest.mark.parametrize(
    "routes",
    [
        f"{DEV}, {CRITICAL}, {ALL}",
        f"{{receiver: ops, continue: true}}, {DEV}",
        f"{CRITICAL}, {BOTH}",
        "{receiver: ops, matchers: ['{a=\"x\"}']}, {receiver: dev, matchers: ['a=\"x\"']}",
        "{receiver: ops, matchers: ['a=~\"x.*\"']}, {receiver: dev, matchers: ['a=~\"xy.*\"']}",
        "{receiver: ops, matchers: ['a=\"x\"', 'b=\"1\"']}, {receiver: dev, matchers: ['a=\"x\"']}",
        "{matchers: ['a=~\"x|y\"'], routes: [{receiver: dev, matchers: ['a=\"y\"']}]}",
        "{matchers: ['a=\"x\"'], routes: [{receiver: dev, matchers: ['a=\"x\"']}]}",
    ],
)
def test_route_that_some_alert_may_take_is_right(tmp_path: Path, routes: str) -> None:
    assert found(tmp_path, routes) == []


def test_rules_of_routing_are_read_in_their_order(tmp_path: Path) -> None:
    routing = "routing: {{default: ops, rules: [{routes}]}}"
    assert found(tmp_path, "{when: {a: x, b: y}, to: dev}, {when: {a: x}, to: ops}", routing) == []
    (dead,) = found(tmp_path, "{when: {a: x}, to: ops}, {when: {a: x, b: y}, to: dev}", routing)
    assert dead[0] == "alertmanager.dead-route"


def test_receiver_behind_a_dead_route_is_no_second_warning(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST.format(routing=ROUTE.format(routes=f"{ALL}, {DEV}")))
    (only,) = delivery_warnings(load(tmp_path / "stack.yml"))
    assert only.summary == "no alert takes the route to `dev`: that to `ops` (line 7) takes all before"
