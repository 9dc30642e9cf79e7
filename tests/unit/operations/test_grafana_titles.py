"""Dashboards that people have made are not taken over."""

from __future__ import annotations

from typing import Any, cast

import pytest

from stackctl.clients.grafana import FoundDashboard, Grafana
from stackctl.errors import CheckFailed
from stackctl.operations.grafana_titles import placed_dashboards, refuse_adoption
from stackctl.render import render
from stackctl.tree import Tree
from tests.unit.render.stacks import dashboard, grafana, stack


def tree(*titles: str, folder: str = "Shop") -> Tree:
    boards = tuple(dashboard({"title": title}, uid=title.lower(), title=title, folder=folder) for title in titles)
    return render(stack(grafana=grafana(), dashboards=boards), "native")


class Fake:
    """A Grafana with these dashboards, none of which is provisioned."""

    def __init__(self, *found: FoundDashboard) -> None:
        self.found, self.asked = found, 0

    def dashboards(self) -> tuple[FoundDashboard, ...]:
        self.asked += 1
        return self.found

    def is_provisioned(self, uid: str) -> bool:
        return False


def refused(fake: Fake, before: Tree | None, new: Tree) -> str:
    with pytest.raises(CheckFailed) as raised:
        refuse_adoption(cast("Grafana", fake), before, new)
    return str(raised.value)


def found(uid: str, title: str, folder: str) -> Any:
    return FoundDashboard(uid, title, folder)


def test_dashboards_have_their_titles_and_folders() -> None:
    assert placed_dashboards(tree("One", "Two")) == {"one": ("One", "Shop"), "two": ("Two", "Shop")}


def test_refuses_the_title_of_a_dashboard_in_the_same_folder() -> None:
    words = refused(Fake(found("x", "one", "shop")), None, tree("One"))
    assert "a dashboard `one` in the folder `shop` that a person has made, with the title of `One`" in words
    assert "nothing was changed" in words


def test_refuses_the_uid_of_a_dashboard() -> None:
    assert "with the uid of `One`" in refused(Fake(found("one", "Theirs", "")), None, tree("One"))


def test_accepts_other_folders_and_its_own_dashboards() -> None:
    fake = Fake(found("x", "One", "Other"), found("two", "Two", "Shop"))
    refuse_adoption(cast("Grafana", fake), tree("Two"), tree("One", "Two"))
    assert fake.asked == 1


def test_does_not_ask_if_no_dashboard_changes() -> None:
    fake = Fake(found("x", "One", "Shop"))
    refuse_adoption(cast("Grafana", fake), tree("One"), tree("One"))
    assert fake.asked == 0
