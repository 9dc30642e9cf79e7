"""Two routing trees, compared by where they lead the alerts of a stack."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stackctl.manifest import load
from stackctl.manifest.routed_alike import led_to, misrouted
from stackctl.model import Stack

NAMES = ("hook", "chat", "theirs")


def to(receiver: str, *matchers: str, **more: Any) -> dict[str, Any]:
    return {"receiver": receiver, "matchers": list(matchers), **more}


def stack(folder: Path, route: dict[str, Any]) -> Stack:
    rules = [
        {"alert": "Down", "expr": "up == 0", "labels": {"severity": "page"}},
        {"alert": "Slow", "expr": "sum by (team) (up) == 0", "labels": {"severity": "warn"}},
    ]
    manifest = {
        "version": 1,
        "name": "shop",
        "services": {"api": {"targets": ["a:1"]}},
        "rules": [{"name": "g", "rules": rules}],
        "alertmanager": {
            "receivers": {name: {"webhook": {"url": "http://a/"}} for name in NAMES},
            "route": route,
        },
    }
    (folder / "stack.yml").write_text(json.dumps(manifest))
    return load(folder / "stack.yml")


DECLARED = to("hook") | {"routes": [to("chat", 'severity="warn"', 'team="shop"')]}


def different(folder: Path, loaded: dict[str, Any], declared: dict[str, Any] = DECLARED) -> set[str]:
    return set(misrouted(stack(folder, declared), stack(folder, loaded)))


@pytest.mark.parametrize(
    "loaded",
    [
        DECLARED,
        to("hook") | {"routes": [to("theirs", 'team="other"'), to("chat", 'team=~"shop|store"', "severity!=page")]},
        to("hook") | {"routes": [to("theirs", "severity=~.+", **{"continue": True}), *DECLARED["routes"], to("hook")]},
        to("theirs") | {"routes": [to("hook", "severity=~page|warn") | {"routes": DECLARED["routes"]}]},
    ],
    ids=["the same", "other matchers", "one more receiver", "below a route of others"],
)
def test_tree_that_leads_to_the_same_receivers_is_alike(tmp_path: Path, loaded: dict[str, Any]) -> None:
    assert different(tmp_path, loaded) == set()


@pytest.mark.parametrize(
    ("loaded", "wanted"),
    [
        (to("theirs"), {"hook", "chat"}),
        (to("hook"), {"chat"}),
        (to("hook") | {"routes": [to("theirs", 'severity="page"'), *DECLARED["routes"]]}, {"hook"}),
        (to("hook") | {"routes": [to("chat", 'severity="warn"', 'team="store"')]}, {"chat"}),
        (to("hook") | {"routes": [to("theirs", 'team="shop"'), *DECLARED["routes"]]}, {"chat"}),
    ],
    ids=["nothing of it", "a route missing", "a route before it", "another label", "a route that takes it"],
)
def test_receiver_that_does_not_get_its_alerts_is_named(
    tmp_path: Path, loaded: dict[str, Any], wanted: set[str]
) -> None:
    assert different(tmp_path, loaded) == wanted


def test_example_says_which_alert_goes_where(tmp_path: Path) -> None:
    found = misrouted(stack(tmp_path, DECLARED), stack(tmp_path, to("hook")))
    assert found["chat"] == ('Slow{severity="warn", team="shop"} goes to hook',)


def test_receivers_of_an_alert_are_those_that_its_labels_certainly_lead_to(tmp_path: Path) -> None:
    route = to("theirs", routes=[to("hook", 'severity="page"', **{"continue": True}), to("chat", "team=~a|b")])
    found = stack(tmp_path, route)
    down = found.rules[0].rules[0].origin
    assert led_to(found, down, {"severity": "page"}) == {"hook"}
    assert led_to(found, down, {"severity": "page", "team": "b"}) == {"hook", "chat"}
    assert led_to(found, down, {"severity": "warn"}) == {"theirs"}
    assert led_to(found, found.origin, {}) == set()
