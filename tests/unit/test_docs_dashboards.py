"""The example in docs/dashboards.md is one that works, and each pack has its picture."""

from __future__ import annotations

import re
from pathlib import Path

from stackctl.manifest import load
from stackctl.manifest.packs.library import shipped_names
from stackctl.manifest.packs.schema import DASHBOARD
from stackctl.render.grafana import dashboard_json

PAGE = Path(__file__).parents[2] / "docs" / "dashboards.md"
MANIFEST = """\
version: 1
name: shop
services: {api: {targets: ["localhost:8000"]}}
dashboards: [{file: dashboards/shop.yml}, {file: dashboards/orders.yml}]
"""


def test_the_example_renders(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert example
    (tmp_path / "dashboards").mkdir()
    (tmp_path / "dashboards/shop.yml").write_text(example[1])
    (tmp_path / "dashboards/orders.yml").write_text("title: Orders\nrows: [{panels: [{title: Up, query: up}]}]\n")
    (tmp_path / "stack.yml").write_text(MANIFEST)
    shop, _ = load(tmp_path / "stack.yml", {}).dashboards
    titles = [panel["title"] for panel in dashboard_json(shop)["panels"]]
    assert titles == ["Up", "Errors", "Traffic", "Requests", "Latency"]


def test_every_dashboard_pack_has_a_picture_on_its_page_and_in_the_gallery() -> None:
    docs = PAGE.parent
    gallery = (docs / "packs.md").read_text()
    for name in shipped_names(DASHBOARD):
        assert (docs / "packs" / f"{name}.png").is_file(), "run `make pictures`"
        assert f"]({name}.png)" in (docs / "packs" / f"{name}.md").read_text(), "run `make docs`"
        assert f"packs/{name}.png" in gallery
    assert sum(path.stat().st_size for path in (docs / "packs").glob("*.png")) < 3_000_000
