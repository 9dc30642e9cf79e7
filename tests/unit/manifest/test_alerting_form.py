"""Form of a file of Grafana's alerting: what Grafana refuses and ignores is found, and what it takes is not."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.manifest.alerting_form import wrong_form

QUERY = {
    "refId": "A",
    "datasourceUid": "prometheus",
    "relativeTimeRange": {"from": 60, "to": 0},
    "model": {"expr": "up"},
}
RULE = {"uid": "up", "title": "Up", "condition": "A", "for": "0s", "data": [QUERY]}
GROUP = {"name": "g", "folder": "f", "interval": "10s", "rules": [RULE]}
RECEIVER = {"uid": "mail", "type": "email", "settings": {"addresses": "ops@example.org"}}


def group(**changed: Any) -> dict[str, Any]:
    return {"groups": [{**GROUP, **changed}]}


def rule(**changed: Any) -> dict[str, Any]:
    return group(rules=[{**RULE, **changed}])


def receiver(**changed: Any) -> dict[str, Any]:
    return {"contactPoints": [{"name": "ops", "receivers": [{**RECEIVER, **changed}]}]}


@pytest.mark.parametrize(
    "value",
    [
        {"apiVersion": 1},
        group(),
        group(orgId="1"),
        rule(noDataState="KeepLast", labels={"any": "thing"}, isPaused=True),
        group(rules=[{"uid": "r", "title": "R", "record": {"metric": "m", "from": "A"}, "data": [QUERY]}]),
        rule(data=[QUERY, {"refId": "B", "datasourceUid": "__expr__", "model": {"type": "math"}}]),
        receiver(type="kafka"),
        {"policies": [{"receiver": "ops", "routes": [{"matchers": ["a=b"], "continue": True}]}]},
        {"resetPolicies": [1], "deleteRules": [{"uid": "up"}]},
    ],
)
def test_what_grafana_takes_is_right(value: Any) -> None:
    assert [*wrong_form(value)] == []


@pytest.mark.parametrize(
    ("value", "place", "problem"),
    [
        ([], (), "not a file of Grafana's alerting"),
        ({"groups": ["x"]}, ("groups", 0), "not a mapping"),
        ({"policies": [{}]}, ("policies", 0), "there is no `receiver`"),
        (
            {"policies": [{"receiver": "a", "routes": [{"recever": "b"}]}]},
            ("policies", 0, "routes", 0, "recever"),
            "Grafana ignores this key",
        ),
        ({"templates": [{"orgId": "2"}]}, ("templates", 0, "orgId"), "the stack's Grafana has one organization"),
        (group(interval="0s"), ("groups", 0, "interval"), "Grafana evaluates rules at multiples of 10s"),
        (rule(execErrState="Fine"), ("groups", 0, "rules", 0, "execErrState"), "`Fine` is not a state"),
        (rule(uid="x" * 41), ("groups", 0, "rules", 0, "uid"), "not a uid"),
        (rule(**{"for": "soon"}), ("groups", 0, "rules", 0, "for"), "not a duration: `soon`"),
        (receiver(settings={}), ("contactPoints", 0, "receivers", 0), "there is no `settings`"),
        (receiver(type="e-mail"), ("contactPoints", 0, "receivers", 0, "type"), "Grafana has no contact points of"),
    ],
)
def test_wrong_part_is_found_at_its_place(value: Any, place: tuple[Any, ...], problem: str) -> None:
    [(path, message, remedy)] = wrong_form(value)
    assert (path, message.startswith(problem), bool(remedy)) == (place, True, True), message
