"""The example in docs/dashboards.md is one that works."""

from __future__ import annotations

import re
from pathlib import Path

from stackctl.manifest import load
from stackctl.render.grafana import dashboard_json

PAGE = Path(__file__).parents[2] / "docs" / "dashboards.md"
MANIFEST = """\
version: 1
name: shop
services: {api: {targets: ["localhost:8000"]}}
dashboards: [{file: dashboards/shop.yml}, {file: dashboards/orders.yml}]
"""


def test_the_example_must_render(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards/shop.yml").write_text(example[1])
    (tmp_path / "dashboards/orders.yml").write_text("title: Orders\nrows: [{panels: [{title: Up, query: up}]}]\n")
    (tmp_path / "stack.yml").write_text(MANIFEST)
    shop, _ = load(tmp_path / "stack.yml", {}).dashboards
    titles = [panel["title"] for panel in dashboard_json(shop)["panels"]]
    assert titles == ["Up", "Errors", "Traffic", "Requests", "Latency"]
