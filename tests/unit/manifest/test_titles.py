"""Dashboards with the title of a folder are warned of."""

from __future__ import annotations

from stackctl.manifest.titles import titled_like_folders
from tests.unit.render.stacks import dashboard, grafana, stack

BOARDS = (dashboard(uid="a", title="shop "), dashboard(uid="b", title="Other", folder="Shop"))


def test_warns_of_a_dashboard_titled_like_a_folder_in_any_case() -> None:
    (warning,) = titled_like_folders(stack(grafana=grafana(), dashboards=BOARDS))
    assert (warning.code, warning.position) == ("dashboard.folder-title", BOARDS[0].origin)


def test_says_nothing_without_a_grafana_or_a_folder() -> None:
    assert list(titled_like_folders(stack(dashboards=BOARDS))) == []
    assert list(titled_like_folders(stack(grafana=grafana(), dashboards=BOARDS[:1]))) == []
