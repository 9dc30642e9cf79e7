"""Dashboards with the title of a folder are warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest.titles import titled_like_folders
from tests.unit.render.stacks import dashboard, grafana, stack
from tests.unit.test_support import stack as loaded

BOARDS = (dashboard(uid="a", title="shop "), dashboard(uid="b", title="Other", folder="Shop"))


def test_warns_of_a_dashboard_titled_like_a_folder_in_any_case() -> None:
    (warning,) = titled_like_folders(stack(grafana=grafana(), dashboards=BOARDS))
    assert (warning.code, warning.position) == ("dashboard.folder-title", BOARDS[0].origin)


def test_says_nothing_without_a_grafana_or_a_folder() -> None:
    assert list(titled_like_folders(stack(dashboards=BOARDS))) == []
    assert list(titled_like_folders(stack(grafana=grafana(), dashboards=BOARDS[:1]))) == []


@pytest.mark.parametrize(("title", "folder", "warned"), [("Shop", "shop", True), ("Shop", "Other", False)])
def test_warns_of_a_dashboard_titled_like_a_folder(tmp_path: Path, title: str, folder: str, warned: bool) -> None:
    found = list(titled_like_folders(loaded(tmp_path, title=title, board_folder=folder)))
    assert len(found) == warned
    assert not warned or "Grafana before 11" in found[0].cause
