"""The way of alerts over routes to receivers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stackctl.lineage.graph import Node
from stackctl.lineage.notification import notifications
from stackctl.model import Stack

Load = Callable[[str], Stack]
RULES = """\
services: {api: {targets: ["localhost:8000"]}}
rules:
  - name: g
    rules:
      - {alert: A, expr: x > 3, labels: {severity: critical}}
      - {alert: B, expr: x > 4}
"""
RECEIVERS = """\
alertmanager:
  receivers:
    team: {webhook: {url: "http://127.0.0.1:9/"}}
    night: {webhook: {url: "http://127.0.0.1:8/"}}
"""


def edges(stack: Stack) -> set[tuple[str, str, str, str]]:
    found = notifications(stack, lambda rule: Node("alert", rule.name))
    return {(each.source.name, each.target.name, each.note, each.fault) for each in found}


def test_routing_leads_from_alerts_over_routes_to_receivers(stack_of: Load) -> None:
    routing = "  routing: {default: team, rules: [{when: {severity: critical}, to: night}]}\n"
    assert edges(stack_of(RULES + RECEIVERS + routing)) == {
        ("A", 'severity="critical"', "", ""),
        ('severity="critical"', "night", "", ""),
        ("B", "default", "depends on labels of its series", ""),
        ("B", 'severity="critical"', "depends on labels of its series", ""),
        ("default", "team", "", ""),
    }


def test_times_of_a_route_are_said(stack_of: Load) -> None:
    routing = (
        "  routing:\n    default: team\n    times: {office: [{weekdays: [monday], from: '09:00', to: '17:00'}]}\n"
        "    rules: [{when: {severity: critical}, to: team, during: office, otherwise: night}]\n"
    )
    found = edges(stack_of(RULES + RECEIVERS + routing))
    assert ('severity="critical"', "team", "during office", "") in found
    assert ('severity="critical"', "night", "not during office", "") in found


def test_own_tree_of_routes_is_followed(stack_of: Load) -> None:
    route = "  route: {receiver: team, routes: [{matchers: ['severity = critical'], routes: [{receiver: night}]}]}\n"
    found = edges(stack_of(RULES + RECEIVERS + route))
    assert ("A", 'severity="critical"', "", "") in found
    assert ('severity="critical"', "night", "", "") in found
    assert not any(each[0] == "A" and each[1] == "default" for each in found)


def test_without_routes_all_go_to_the_first_receiver(stack_of: Load) -> None:
    assert edges(stack_of(RULES + RECEIVERS)) == {
        ("A", "default", "", ""),
        ("B", "default", "", ""),
        ("default", "team", "", ""),
    }


def test_alert_that_only_a_silent_default_takes_has_a_fault(stack_of: Load) -> None:
    routing = "  routing: {default: nobody, rules: [{when: {team: a}, to: team}]}\n"
    rules = RULES.replace("x > 3", "sum(x) > 3")
    assert ("A", "default", "", "no other route takes it, and `nobody` sends nothing") in edges(
        stack_of(rules + RECEIVERS + routing)
    )


def test_route_to_nobody_drops_alerts_on_purpose(stack_of: Load) -> None:
    routing = "  routing: {default: team, rules: [{when: {severity: critical}, to: nobody}]}\n"
    found = edges(stack_of(RULES + RECEIVERS + routing))
    assert ('severity="critical"', "nobody", "", "") in found
    assert not any(fault for *_, fault in found)


@pytest.mark.parametrize(
    ("manifest", "route", "fault"),
    [
        ("", "none", "the stack has no Alertmanager, so nobody is notified"),
        ("alertmanager: {}\n", "default", "Alertmanager has no receiver, so nobody is notified"),
        (
            "prometheus: {extra: {alerting: {alertmanagers: [{static_configs: [{targets: ['am:9093']}]}]}}}\n",
            "of an Alertmanager in prometheus.extra",
            "",
        ),
        (
            "alertmanager: {extra: {route: {receiver: x}, receivers: [{name: x}]}}\n",
            "in alertmanager.extra",
            "",
        ),
    ],
)
def test_stack_without_routes_of_its_own(stack_of: Load, manifest: str, route: str, fault: str) -> None:
    assert {each[1:] for each in edges(stack_of(RULES + manifest))} == {(route, "", fault)}
