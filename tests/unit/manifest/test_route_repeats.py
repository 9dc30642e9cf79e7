"""Routes whose notifications are repeated less often than they say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.diagnostic import Diagnostic
from stackctl.manifest import load
from stackctl.manifest.route_repeats import repeat_warnings


def warnings(folder: Path, **alertmanager: Any) -> list[Diagnostic]:
    services = {"api": {"targets": ["localhost:8000"]}}
    manifest = {
        "version": 1,
        "name": "shop",
        "services": services,
        "alertmanager": {"receivers": {"all": {"webhook": {"url": "http://localhost:5001/"}}}, **alertmanager},
    }
    (folder / "stack.yml").write_text(json.dumps(manifest, indent=1))
    return list(repeat_warnings(load(folder / "stack.yml", {})))


def of_route(folder: Path, **route: Any) -> list[str]:
    return [each.summary.partition(":")[0] for each in warnings(folder, route={"receiver": "all", **route})]


def test_repeat_interval_below_the_default_of_the_group_has_no_effect(tmp_path: Path) -> None:
    assert of_route(tmp_path, repeat_interval="1m") == ["notifications are repeated every 5m, not every 1m"]


def test_group_interval_of_the_parent_holds_for_its_routes(tmp_path: Path) -> None:
    child = {"receiver": "all", "matchers": ['severity="page"'], "repeat_interval": "10m"}
    told = of_route(tmp_path, group_interval="1h", routes=[child])
    assert told == ["notifications are repeated every 1h, not every 10m"]


def test_each_mistake_is_reported_where_it_is_said(tmp_path: Path) -> None:
    """What a route only takes over from its parent is reported there."""
    grandchild = {"receiver": "all", "matchers": ['team="a"']}
    child = {"receiver": "all", "matchers": ['severity="page"'], "group_interval": "6h", "routes": [grandchild]}
    (found,) = warnings(tmp_path, route={"receiver": "all", "routes": [child]})
    assert found.position is not None
    assert '"group_interval"' in (tmp_path / "stack.yml").read_text().splitlines()[found.position.line - 1]


@pytest.mark.parametrize(
    "route",
    [
        {},
        {"repeat_interval": "5m"},
        {"repeat_interval": "1m", "group_interval": "30s"},
        {"repeat_interval": "1m", "group_interval": "1m"},
        {"group_interval": "4h"},
        {"group_interval": "1d", "repeat_interval": "1w"},
    ],
)
def test_says_nothing_of_intervals_that_have_effect(route: dict[str, str], tmp_path: Path) -> None:
    assert of_route(tmp_path, **route) == []


def test_rules_of_routing_take_over_what_routing_says(tmp_path: Path) -> None:
    rule = {"when": {"severity": "page"}, "to": "all", "repeat_interval": "2m"}
    (found,) = warnings(tmp_path, routing={"default": "all", "rules": [rule]})
    assert (found.code, found.position is not None) == ("alertmanager.repeat-interval", True)
    assert warnings(tmp_path, routing={"default": "all", "group_interval": "1m", "rules": [rule]}) == []
    assert len(warnings(tmp_path, routing={"default": "all", "repeat_interval": "1m"})) == 1


def test_says_nothing_of_what_replaces_the_tree(tmp_path: Path) -> None:
    extra = {"route": {"receiver": "all", "repeat_interval": "1m"}}
    assert warnings(tmp_path, route={"receiver": "all", "repeat_interval": "1m"}, extra=extra) == []
