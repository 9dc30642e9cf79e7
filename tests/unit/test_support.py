"""Versions: which are supported, and what is said of those that are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from stackctl.components import registry
from stackctl.components.release import image_version
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.support import AS_OF, support_of, too_old

MANIFEST = """\
version: 1
name: shop
grafana: {{image: "{image}"}}
services: {{api: {{targets: ["localhost:8000"]}}}}
dashboards: [{{file: d.json, folder: {folder}}}]
"""


@pytest.mark.parametrize("image", [each.image for each in registry.running()])
def test_default_images_are_supported(image: str) -> None:
    name = next(each.name for each in registry.running() if each.image == image)
    assert image_version(image)
    assert not support_of(name, image_version(image), AS_OF).is_over


@pytest.mark.parametrize(
    ("component", "version", "today", "is_over", "ends"),
    [
        ("prometheus", (3, 5, 3), date(2026, 7, 31), False, date(2026, 7, 31)),
        ("prometheus", (3, 5, 3), date(2026, 8, 1), True, date(2026, 7, 31)),
        ("prometheus", (3, 13, 5), date(2027, 8, 1), True, date(2027, 7, 31)),
        ("prometheus", (2, 53), AS_OF, True, None),
        ("prometheus", (3, 15, 1), AS_OF, True, date(2026, 11, 4)),
        ("prometheus", (3, 16, 0), AS_OF, False, None),
        ("grafana", (11, 6, 1), AS_OF, True, date(2026, 6, 25)),
        ("grafana", (9, 4, 7), AS_OF, True, None),
        ("grafana", (13, 2, 3), AS_OF, False, None),
        ("node", (0, 1), AS_OF, False, None),
        ("grafana", (), AS_OF, False, None),
    ],
)
def test_support_ends_after_its_last_day(
    component: str, version: tuple[int, ...], today: date, is_over: bool, ends: date | None
) -> None:
    found = support_of(component, version, today)
    assert (found.is_over, found.ends) == (is_over, ends)


def stack(
    folder: Path, image: str = "grafana/grafana:13.2.3", title: str = "Shop", board_folder: str = "Shop"
) -> Stack:
    (folder / "d.json").write_text(f'{{"title": "{title}"}}')
    (folder / "stack.yml").write_text(MANIFEST.format(image=image, folder=board_folder))
    return load(folder / "stack.yml", {})


@pytest.mark.parametrize(("image", "warned"), [("9.4.7", True), ("10.0.0", False), ("latest", False)])
def test_warns_of_a_grafana_below_10(tmp_path: Path, image: str, warned: bool) -> None:
    found = list(too_old(stack(tmp_path, f"grafana/grafana:{image}")))
    assert len(found) == warned
    assert not warned or found[0].summary.startswith("grafana 9.4.7 is older than 10")
