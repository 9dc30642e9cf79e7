"""A manifest for the pretended servers, as if somebody else ran them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from stackctl.diagnostic import Diagnostic
from stackctl.manifest import load
from stackctl.operations.external_verification import verify_external
from tests.contract.world import DASHBOARD, World, success

MANIFEST = """\
version: 1
name: pretended
runtime: external
external:
  prometheus: {prometheus}
  alertmanager: {alertmanager}
  grafana: {{url: "{grafana}", basic_auth: {{username: admin, password: right}}}}
services:
  api: {{targets: ["localhost:8000"], labels: {{team: core}}}}
  found: {{discovery: {{dns_sd_configs: [{{names: [x.test], type: A, port: 1}}]}}}}
alertmanager: {{receivers: {{oncall: {{webhook: {{url: "http://127.0.0.1:1/"}}}}}}}}
rules: [{{file: r.yml}}]
dashboards: [{{file: d.json}}]
"""


def set_up(world: World, folder: Path) -> None:
    """Let the servers report what a manifest in `folder` declares: the world's own files, with other names."""
    world.servers["alertmanager"].routes["/api/v2/status"]["uptime"] = "2026-01-01T00:00:00Z"
    board = {"dashboard": DASHBOARD, "meta": {}}
    world.servers["grafana"].routes |= {
        "/api/datasources": [{"uid": "prometheus", "name": "Prometheus", "type": "prometheus", "url": "http://p:9090"}],
        "/api/dashboards/uid/shop": board,
    }
    load_prometheus(world, lambda config: config.pop("remote_write", None))
    write(world, folder, MANIFEST)


def load_prometheus(world: World, change: object) -> None:
    """Let Prometheus report its configuration as `change` makes it."""
    config = world.context.tree.yaml("prometheus/prometheus.yml")
    change(config)  # type: ignore[operator]
    world.servers["prometheus"].routes["/api/v1/status/config"] = success({"yaml": yaml.safe_dump(config)})


def write(world: World, folder: Path, text: str) -> None:
    """Write a manifest with the URLs of the servers."""
    (folder / "stack.yml").write_text(text.format(**{name: each.url for name, each in world.servers.items()}))


def verified(folder: Path, only: Sequence[str] = ()) -> list[Diagnostic]:
    """The findings about the manifest in a folder."""
    return list(verify_external(load(folder / "stack.yml"), 1.0, only, history=False).diagnostics)


def rows(findings: Sequence[Diagnostic], *statuses: str) -> dict[str, str]:
    return {f"{each.code} {each.subject}": each.summary for each in findings if each.status in statuses}
