"""`why` and `impact` beside a real stack: how each part is now, in what runs, what is broken and what is stopped."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stackctl.runtimes.native import process
from stackctl.wait import wait_until
from tests.e2e.real_stack import PATIENCE_SECONDS, App, need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]

MANIFEST = """\
version: 1
name: why-{prometheus}
prometheus: {{listen: "127.0.0.1:{prometheus}", scrape_interval: 1s, evaluation_interval: 1s}}
alertmanager:
  listen: 127.0.0.1:{alertmanager}
  receivers: {{oncall: {{webhook: {{url: "http://localhost:1/"}}}}}}
services:
  api:
    targets: ["localhost:{app}"]
    metrics: {{shop_requests_total: {{type: counter, labels: [path]}}, shop_orders: gauge, shop_never: gauge}}
  dead: {{targets: ["localhost:{dead}"], metrics: {{gone_total: counter}}}}
rules:
  - name: shop
    rules:
      - {{record: "shop:orders:double", expr: 2 * shop_orders}}
      - {{alert: ManyOrders, expr: "shop:orders:double > 10"}}
      - {{alert: FewOrders, expr: shop_orders < 3}}
      - {{alert: Gone, expr: "rate(gone_total[1m]) > 1"}}
{rules}
dashboards: [{{file: shop.yml}}]
"""
DASHBOARD = """\
title: Shop
rows:
  - panels:
      - {title: Requests, type: stat, query: "sum by (path) (shop_requests_total)", unit: short}
      - {title: Clash, type: stat, query: "shop_orders * on (job) shop_requests_total", unit: short}
"""
METRICS = b"""\
# TYPE shop_requests_total counter
shop_requests_total{path="/"} 5
shop_requests_total{path="/cart"} 3
# TYPE shop_orders gauge
shop_orders 7
"""


@dataclass(frozen=True)
class Asked:
    """The stack, and what the commands say of it."""

    folder: Path
    ports: dict[str, int]

    def write(self, rules: str = "") -> None:
        (self.folder / "stack.yml").write_text(MANIFEST.format(**self.ports, rules=rules))

    def nodes(self, command: str, name: str) -> dict[str, dict[str, Any]]:
        """Name -> the node, with its state."""
        ran = stackctl("-f", str(self.folder / "stack.yml"), command, name, "--output", "json")
        assert ran.returncode == 0, ran.stderr
        return {node["name"]: node for node in json.loads(ran.stdout)["nodes"]}

    def now(self, command: str, name: str) -> dict[str, dict[str, Any]]:
        """Name -> what of its state is not as for a part of which nothing is known."""
        found = self.nodes(command, name)
        return {
            key: {field: value for field, value in node["now"].items() if value not in (None, "")}
            for key, node in found.items()
            if "now" in node
        }


def is_seen_down(made: Asked) -> bool:
    """Return whether Prometheus has tried the target that is down."""
    return made.now("why", "Gone")["dead"]["state"] == "down"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    need("native")
    app = App("127.0.0.1", free_port(), {"/metrics": (200, "text/plain; version=0.0.4", METRICS)})
    app.start()
    ports = {"prometheus": free_port(), "alertmanager": free_port(), "dead": 9}  # nobody listens there
    made = Asked(tmp_path_factory.mktemp("why"), {**ports, "app": app.port})
    manifest = str(made.folder / "stack.yml")
    (made.folder / "shop.yml").write_text(DASHBOARD)
    made.write()
    try:
        ran = stackctl("-f", manifest, "up", "--runtime", "native")
        assert ran.returncode == 0, ran.stdout + ran.stderr
        wait_until(
            lambda: made.now("why", "ManyOrders"),
            lambda now: now["ManyOrders"]["state"] == "firing" and now["oncall"]["count"] == 1,
            PATIENCE_SECONDS,
            what="the alert to fire",
        )
        wait_until(lambda: is_seen_down(made), bool, PATIENCE_SECONDS, what="the target that is down to be scraped")
        yield made
    finally:
        made.write()
        assert stackctl("-f", manifest, "down", "--volumes").returncode == 0
        app.stop()


def test_why_shows_values_what_fires_and_who_is_notified(shop: Asked) -> None:
    now = shop.now("why", "ManyOrders")
    assert now["ManyOrders"] == {"state": "firing", "count": 1, "value": 14.0, "limit": "> 10"}
    assert now["shop:orders:double"] == {"count": 1, "value": 14.0}
    assert now["shop_orders"] == {"count": 1, "value": 7.0}
    assert now["api"] == {"state": "up", "count": 1, "total": 1}
    assert now["oncall"] == {"count": 1}
    assert shop.now("why", "FewOrders")["FewOrders"] == {"state": "inactive", "count": 0, "value": 7.0, "limit": "< 3"}


def test_why_shows_the_target_that_is_down_and_the_value_that_is_not_there(shop: Asked) -> None:
    now = shop.now("why", "Gone")
    assert now["Gone"] == {"state": "inactive", "count": 0, "limit": "> 1"}
    assert now["gone_total"] == {"count": 0}
    assert (now["dead"]["count"], now["dead"]["total"]) == (0, 1)
    assert "connection refused" in now["dead"]["fault"]
    target = f"localhost:{shop.ports['dead']}"
    assert "connection refused" in shop.now("why", target)[target]["fault"]


def test_impact_shows_panels_with_their_series_and_with_the_error_of_their_query(shop: Asked) -> None:
    now = shop.now("impact", "shop_requests_total")
    assert now["Requests"] == {"count": 2}
    assert now["shop_requests_total"] == {"count": 2}
    assert "found duplicate series" in now["Clash"]["fault"]


def test_a_rule_that_was_not_reloaded_is_marked(shop: Asked) -> None:
    shop.write('      - {alert: Added, expr: "shop_orders > 6"}')
    ran = stackctl("-f", str(shop.folder / "stack.yml"), "why", "Added")
    assert "✗ alert Added (inactive, 7 now, fires when > 6)" in ran.stdout
    assert "Prometheus has not loaded it. Run `stackctl reload`" in ran.stdout


def test_servers_that_do_not_answer_are_said_and_a_stack_that_is_down_is_not_asked(shop: Asked) -> None:
    shop.write()
    manifest = str(shop.folder / "stack.yml")
    entry = process.read(shop.folder / ".stackctl" / "pids" / "prometheus.pid")
    assert entry
    process.send(entry, signal.SIGKILL)
    wait_until(lambda: process.is_alive(entry), lambda alive: not alive, PATIENCE_SECONDS, what="Prometheus to end")
    silent = stackctl("-f", manifest, "why", "Gone")
    assert silent.returncode == 0
    assert "it is not shown how all parts are now: " in silent.stderr
    assert f":{shop.ports['prometheus']}" in silent.stderr
    assert stackctl("-f", manifest, "down").returncode == 0
    down = stackctl("-f", manifest, "why", "Gone")
    assert (down.returncode, down.stderr) == (0, "")
    assert down.stdout == silent.stdout
    assert "metric gone_total (counter)\n" in down.stdout
