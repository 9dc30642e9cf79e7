"""SLOs on a real Prometheus: what `status` tells of them, against numbers that are known by construction."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from stackctl.wait import wait_until
from tests.e2e.real_stack import PATIENCE_SECONDS, need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]

# By every scrape 1000 events more, of which 20 fail and 100 are slow. The counters begin high, as those of an old
# process, so that no rate is cut at zero and their ratios are exact.
FAILED, SLOW = 0.020, 0.100
SLOS = """\
    slo:
      paid: {objective: 99, good: 'rate(shop_good_total[$window])', total: 'rate(shop_all_total[$window])'}
      fast: {objective: 80, window: 7d, latency: {histogram: shop_wait_seconds, under: 1}}
      idle: {objective: 99, good: 'rate(shop_idle_total[$window])', total: 'rate(shop_idle_total[$window])'}
"""


@pytest.fixture
def app() -> Iterator[int]:
    """The port of a shop in which a known share of the events fails."""
    scrapes = count(1000)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            n = next(scrapes)
            body = (
                f"shop_all_total {1000 * n}\nshop_good_total {980 * n}\nshop_idle_total 5\n"
                f'shop_wait_seconds_bucket{{le="1"}} {900 * n}\nshop_wait_seconds_bucket{{le="+Inf"}} {1000 * n}\n'
                f"shop_wait_seconds_count {1000 * n}\nshop_wait_seconds_sum {n}\n"
            )
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.fixture
def manifest(tmp_path: Path, app: int) -> Iterator[Path]:
    need("native")
    port, path = free_port(), tmp_path / "stack.yml"
    path.write_text(
        f"version: 1\nname: stackctl-test-{port}\n"
        f"prometheus: {{listen: '127.0.0.1:{port}', scrape_interval: 1s, evaluation_interval: 1s, "
        f"retention: {{time: 30d}}}}\n"
        f"services:\n  shop:\n    targets: ['localhost:{app}']\n{SLOS}"
    )
    try:
        yield path
    finally:
        assert stackctl("-f", str(path), "down", "--volumes").returncode == 0


def status(manifest: Path, *arguments: str) -> str:
    ran = stackctl("-f", str(manifest), "status", *arguments)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def rows(manifest: Path) -> dict[str, dict[str, Any]]:
    return {each["slo"]: each for each in json.loads(status(manifest, "-o", "json"))["slos"]}


def test_status_shows_what_is_left_of_each_error_budget(manifest: Path) -> None:
    assert stackctl("-f", str(manifest), "up", "--runtime", "native").returncode == 0
    found = wait_until(
        lambda: rows(manifest),
        lambda seen: all(seen[slo][key] is not None for slo in ("paid", "fast") for key in ("good", "burn_rate")),
        PATIENCE_SECONDS,
        what="recorded SLOs",
    )
    paid, fast, idle = found["paid"], found["fast"], found["idle"]
    # 1 % may fail, and 2 % do: twice too fast, and as much again as there was is overspent.
    assert (paid["objective"], paid["window_days"]) == (0.99, 30)
    assert (paid["good"], paid["budget_remaining"], paid["burn_rate"]) == pytest.approx((1 - FAILED, -1.0, 2.0))
    # 20 % may be slow, and 10 % are: half of the budget is left, and it would last for two windows.
    assert (fast["objective"], fast["window_days"]) == (0.8, 7)
    assert (fast["good"], fast["budget_remaining"], fast["burn_rate"]) == pytest.approx((1 - SLOW, 0.5, 0.5))
    # Without an event there is nothing to judge.
    assert (idle["good"], idle["budget_remaining"], idle["burn_rate"]) == (None, None, None)
    table = {line.split()[1]: line.split() for line in status(manifest).splitlines() if line.startswith("shop ")}
    assert table["paid"][1:4] == ["paid", "99", "%"]
    assert table["paid"][-6:] == ["✗", "98.00", "%", "-100.0", "%", "2.00"]
    assert "no data yet" in " ".join(table["idle"])


def test_status_works_without_prometheus_and_without_slos(manifest: Path) -> None:
    assert stackctl("-f", str(manifest), "up", "--runtime", "native").returncode == 0
    pid = int((manifest.parent / ".stackctl/pids/prometheus.pid").read_text().split()[0])
    os.kill(pid, signal.SIGTERM)
    shown = wait_until(
        lambda: status(manifest), lambda text: "exited" in text, PATIENCE_SECONDS, what="Prometheus to have ended"
    )
    assert "! the SLOs are unknown: Prometheus is not ready" in shown
    manifest.write_text(manifest.read_text().replace(SLOS, ""))
    assert stackctl("-f", str(manifest), "up", "--runtime", "native").returncode == 0
    assert "SLO" not in status(manifest)
    assert json.loads(status(manifest, "-o", "json"))["slos"] == []
