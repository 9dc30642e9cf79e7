"""A manifest that has something of all that is exported."""

from __future__ import annotations

from pathlib import Path

from stackctl.manifest import load
from stackctl.model import Stack

MANIFEST = """\
version: 1
name: shop
grafana: {admin: {password: x}}
services:
  Api_Server:
    targets: ["api:8000", "api:8001"]
    metrics_path: /api/metrics
    scheme: https
    scrape_interval: 5s
    labels: {team: "co$re"}
    basic_auth: {username: prometheus, password: hunter2}
    health: {live: /live, ready: /ready}
    relabel: [{source_labels: [__address__], target_label: instance, replacement: shop-prod}]
  worker: {targets: ["worker:9091"]}
rules: [{file: shop.rules.yml}]
dashboards: [{file: shop.json, folder: Shop}]
"""
RULES = 'groups: [{name: g, rules: [{alert: Down, expr: up == 0, annotations: {a: "{{ $labels.job }}"}}]}]\n'


def services_in(folder: Path, services: str) -> Stack:
    """The stack of a few services, in YAML."""
    (folder / "stack.yml").write_text(f"version: 1\nname: shop\nservices: {services}\n")
    return load(folder / "stack.yml", {})


def stack_in(folder: Path) -> Stack:
    """Write the manifest and its files, and read them."""
    (folder / "stack.yml").write_text(MANIFEST)
    (folder / "shop.rules.yml").write_text(RULES)
    (folder / "shop.json").write_text('{"uid": "shop", "title": "Shop", "panels": []}')
    return load(folder / "stack.yml", {})
