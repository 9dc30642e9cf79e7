"""The exported jobs work in a Prometheus that stackctl knows nothing of."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.tools import require
from stackctl.wait import wait_until
from tests.e2e.real_stack import PASSWORD, App, need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]


def test_external_prometheus_scrapes_the_exported_jobs(tmp_path: Path) -> None:
    need("native")
    app, port = App("127.0.0.1", free_port(), login=f"prometheus:{PASSWORD}"), free_port()
    (tmp_path / "stack.yml").write_text(
        f"""version: 1
name: shop
services:
  shop:
    targets: ["127.0.0.1:{app.port}"]
    metrics_path: /private
    scrape_interval: 1s
    basic_auth: {{username: prometheus, password: {PASSWORD}}}
    relabel: [{{source_labels: [__address__], target_label: instance, replacement: shop-prod}}]
"""
    )
    exported = tmp_path / "exported"
    done = stackctl("-f", str(tmp_path / "stack.yml"), "export", "scrape-config", "--out", str(exported))
    assert done.returncode == 0, done.stderr
    (tmp_path / "prometheus.yml").write_text("scrape_config_files: [exported/scrape/*.yml]\n")
    app.start()
    server = subprocess.Popen(
        [
            str(require("prometheus").path),
            f"--config.file={tmp_path}/prometheus.yml",
            f"--storage.tsdb.path={tmp_path}/data",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        client = Prometheus(Http(Access(f"http://127.0.0.1:{port}")))
        seen = wait_until(lambda: look(client), lambda health: health.get("shop-prod") == "up", 30)
        assert list(seen) == ["shop-prod"]
    finally:
        server.terminate()
        server.wait()
        app.stop()


def look(client: Prometheus) -> dict[str, str]:
    try:
        return {target.instance: target.health for target in client.targets()}
    except NoAnswer:
        return {}
