"""A scrape's password that is changed must be the one that Prometheus sends."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.real_stack import PASSWORD, App, need, stackctl
from tests.ports import free_port

pytestmark = [pytest.mark.e2e, pytest.mark.native]


def test_a_changed_password_asks_for_a_restart_and_then_works(tmp_path: Path) -> None:
    need("native")
    app, port = App("127.0.0.1", free_port(), login=f"prometheus:{PASSWORD}"), free_port()
    manifest, variables = tmp_path / "stack.yml", tmp_path / ".env"
    manifest.write_text(
        f"""version: 1
name: stackctl-test-{port}
prometheus: {{listen: {port}, scrape_interval: 1s}}
services:
  shop:
    targets: ["127.0.0.1:{app.port}"]
    metrics_path: /private
    basic_auth: {{username: prometheus, password: ${{SHOP_PASSWORD}}}}
"""
    )
    variables.write_text("SHOP_PASSWORD=wrong-horse\n")
    app.start()
    try:
        up = stackctl("-f", str(manifest), "up", "--runtime", "native")
        assert up.returncode == 0, up.stderr
        refused = stackctl("-f", str(manifest), "verify", "--only", "target")
        assert (refused.returncode, "it requires a login" in refused.stdout) == (1, True)
        variables.write_text(f"SHOP_PASSWORD={PASSWORD}\n")
        reload = stackctl("-f", str(manifest), "reload")
        assert (reload.returncode, "a reload cannot apply this: replace prometheus" in reload.stderr) == (1, True)
        assert stackctl("-f", str(manifest), "up").returncode == 0
        verified = stackctl("-f", str(manifest), "verify", "--only", "target")
        assert verified.returncode == 0, verified.stdout
        assert PASSWORD not in verified.stdout + reload.stderr
    finally:
        stackctl("-f", str(manifest), "down", "--volumes")
        app.stop()
