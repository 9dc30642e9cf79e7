"""Grafana reads another login of Prometheus with its datasource."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

from stackctl.manifest import load
from stackctl.operations.live import Live, Target
from stackctl.render import render
from stackctl.render.write import write
from stackctl.runtimes.protocol import Runtime
from stackctl.state import Generation, Running, State
from tests.contract.serving import Reply, Server, serve

MANIFEST = """\
version: 1
name: pretended
prometheus: {{auth: {{basic_auth: {{username: ops, password: {password}}}}}}}
grafana: {{listen: 127.0.0.1:{port}, admin: {{user: boss, password: right}}}}
services: {{api: {{targets: ["localhost:8000"]}}}}
"""


def target(folder: Path, grafana: Server, password: str) -> Target:
    """A generation on disk in which Prometheus has this password."""
    folder.mkdir()
    (folder / "stack.yml").write_text(MANIFEST.format(port=grafana.port, password=password))
    tree = render(load(folder / "stack.yml", {}), "native", salt=b"salt")
    write(tree, folder / "tree")
    return Target(Generation(password, folder / "tree"), tree, {})


def test_grafana_reloads_a_changed_password_and_confirms_it(tmp_path: Path) -> None:
    with serve() as grafana:
        old, new = target(tmp_path / "old", grafana, "one"), target(tmp_path / "new", grafana, "two")
        live = Live(State(tmp_path / ".stackctl"), Running("native", "one"), old.generation, cast("Runtime", None))
        reload = "/api/admin/provisioning/datasources/reload"
        grafana.routes[reload] = {"message": "Datasources config reloaded"}
        grafana.routes["/api/admin/provisioning/dashboards/reload"] = {}
        health = "/api/datasources/uid/prometheus/health"
        grafana.routes[health] = Reply({"status": "ERROR", "message": "401 Unauthorized"}, 400)
        look = live.asked(new, old)["Grafana"]
        assert look() == ["it cannot reach Prometheus: 401 Unauthorized"]
        grafana.routes[health] = {"status": "OK"}
        assert look() == []
        assert grafana.asked.count(reload) == 1
        same = replace(new)
        assert "Grafana" not in live.asked(same, new)
