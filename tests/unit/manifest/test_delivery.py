"""The way of alerts to receivers, as far as it is known before they fire."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.delivery import alerts, deliveries, delivery_warnings, inhibition_warnings
from stackctl.manifest.routes import route_tree

HEAD = """\
version: 1
name: shop
services:
  api:
    targets: ["localhost:8000"]
    metrics: {{depth: {{type: gauge, labels: {{queue: [orders, mails]}}}}, open: {{type: gauge, labels: [team]}}}}
rules:
  - name: g
    rules: [{rules}]
alertmanager:
  receivers:
    oncall: {{webhook: {{url: "http://127.0.0.1:9/"}}}}
    team: {{webhook: {{url: "http://127.0.0.1:8/"}}}}
  {routing}
"""
ROUTING = "routing: {{default: {default}, rules: [{{when: {match}, to: team}}]}}"


def found(folder: Path, rules: str, routing: str) -> list[tuple[str, str]]:
    (folder / "stack.yml").write_text(HEAD.format(rules=rules, routing=routing))
    return [(each.code, each.summary) for each in delivery_warnings(load(folder / "stack.yml"))]


def alert(labels: str = "", expr: str = "depth > 3") -> str:
    return f"{{alert: A, expr: '{expr}', labels: {{{labels}}}}}"


@pytest.mark.parametrize(
    ("rules", "match"),
    [
        (alert("team: shop"), "{team: shop}"),
        (alert("team: shop") + "," + alert("team: other", "depth > 4"), "{team: shop}"),
        (alert('team: "{{ $labels.queue }}"') + "," + alert("x: y"), "{team: shop}"),
        (alert(expr="open > 3") + "," + alert("x: y"), "{team: shop}"),
        (alert(expr="unknown_to_us > 3") + "," + alert("x: y"), "{team: shop}"),
        (alert('team: shop, severity: "page"') + "," + alert("x: y"), '{team: {matches: "sh.*"}}'),
    ],
)
def test_says_nothing_where_each_receiver_may_get_an_alert(tmp_path: Path, rules: str, match: str) -> None:
    assert found(tmp_path, rules, ROUTING.format(default="oncall", match=match)) == []


@pytest.mark.parametrize("match", ["{team: shop}", "{queue: letters}", '{alertname: {matches: "B.*"}}'])
def test_receiver_whose_routes_no_alert_matches_is_reported(tmp_path: Path, match: str) -> None:
    expr = alert(expr='depth{queue="orders"} > 3')
    assert found(tmp_path, expr, ROUTING.format(default="oncall", match=match)) == [
        ("receiver.unused", "the receiver `team` gets nothing: no alert of this stack matches its routes")
    ]


def test_receiver_that_no_route_names_is_reported(tmp_path: Path) -> None:
    assert found(tmp_path, alert(), "routing: {default: oncall}") == [
        ("receiver.unused", "the receiver `team` gets nothing: no route names it")
    ]


def test_says_nothing_of_routes_where_there_are_no_alerts(tmp_path: Path) -> None:
    assert found(tmp_path, "", ROUTING.format(default="oncall", match="{team: shop}")) == []


def test_alert_that_no_route_takes_is_reported_where_the_default_sends_nothing(tmp_path: Path) -> None:
    rules = alert("team: shop") + "," + alert("team: other", "depth > 4").replace("alert: A", "alert: B")
    routing = ROUTING.format(default="nobody", match="{team: shop}")
    assert ("rule.undelivered", "nobody gets `B`: no route takes it, and `nobody` sends nothing") in found(
        tmp_path, rules, routing
    )


@pytest.mark.parametrize(("severity", "is_slip"), [("critcal", True), ("Critical", True), ("info", False)])
def test_severity_that_was_mistyped_is_reported(tmp_path: Path, severity: str, is_slip: bool) -> None:
    rules = alert(f"severity: {severity}") + "," + alert("severity: critical", "depth > 4")
    codes = [code for code, _ in found(tmp_path, rules, ROUTING.format(default="oncall", match="{severity: critical}"))]
    assert ("rule.unknown-severity" in codes) is is_slip


ROUTE = """route:
    receiver: oncall
    routes:
      - {matchers: ['team="shop"', "queue =~ orders|mails"], receiver: team}
"""


@pytest.mark.parametrize(
    ("labels", "is_reached"),
    [("team: shop", True), ("team: other", False), ("team: shop, queue: letters", False)],
)
def test_reads_the_routes_of_alertmanager_itself(tmp_path: Path, labels: str, is_reached: bool) -> None:
    assert any("`team`" in summary for _, summary in found(tmp_path, alert(labels), ROUTE)) is not is_reached


def test_says_nothing_of_conditions_that_it_cannot_read(tmp_path: Path) -> None:
    route = ROUTE.replace("""['team="shop"', "queue =~ orders|mails"]""", """['{team="none"}']""")
    assert all("`team`" not in summary for _, summary in found(tmp_path, alert("x: y"), route))


def ways(folder: Path, labels: str, rules: str) -> list[tuple[str, bool]]:
    """The receivers of an alert, and whether it is certain that it reaches them."""
    found(folder, alert(labels, "open > 3"), f"routing: {{default: oncall, rules: [{rules}]}}")
    stack = load(folder / "stack.yml")
    root = route_tree(stack)
    assert root
    (only,) = alerts(stack)
    return [(way.receiver, way.is_certain) for way in deliveries(root, only)]


@pytest.mark.parametrize(
    ("labels", "rules", "expected"),
    [
        ("x: a", "{when: {x: a}, to: team}", [("team", True)]),
        ("x: b", "{when: {x: a}, to: team}", [("oncall", True)]),
        ("x: a", "{when: {x: a}, to: team, continue: true}", [("team", True)]),
        ("x: a", "{when: {team: a}, to: team}", [("team", False), ("oncall", False)]),
        ("x: a", "{when: {team: a}, to: team}, {when: {x: a}, to: oncall}", [("team", False), ("oncall", False)]),
        (
            "x: a",
            "{when: {team: a}, to: team, continue: true}, {when: {x: a}, to: oncall}",
            [("team", False), ("oncall", True)],
        ),
    ],
)
def test_delivery_is_certain_where_labels_are_known(
    tmp_path: Path, labels: str, rules: str, expected: list[tuple[str, bool]]
) -> None:
    assert ways(tmp_path, labels, rules) == expected


def test_routes_know_where_they_are_written(tmp_path: Path) -> None:
    found(tmp_path, alert(), ROUTING.format(default="oncall", match="{team: shop}"))
    root = route_tree(load(tmp_path / "stack.yml"))
    assert root
    assert [route.origin.line if route.origin else 0 for route in root.walk()] == [14, 14]


def inhibited(folder: Path, rules: str, inhibition: str) -> list[str]:
    routing = f"extra: {{inhibit_rules: [{inhibition}]}}"
    (folder / "stack.yml").write_text(HEAD.format(rules=rules, routing=routing))
    return [each.summary for each in inhibition_warnings(load(folder / "stack.yml"))]


BOTH = (
    alert("severity: critical, team: a", "sum by (queue) (depth) > 3") + "," + alert("severity: warning", "depth > 1")
)


@pytest.mark.parametrize(
    ("inhibition", "why"),
    [
        ("{source_matchers: ['severity=fatal'], target_matchers: ['severity=warning']}", "matches its source"),
        ("{source_match: {severity: critical}, target_match: {severity: info}}", "matches its target"),
        (
            "{source_matchers: ['severity=critical'], target_matchers: ['severity=warning'], equal: [instance]}",
            "never have the same `instance`",
        ),
        (
            "{source_matchers: ['severity=critical'], target_matchers: ['severity=warning'], equal: [queue, severity]}",
            "never have the same `severity`",
        ),
    ],
)
def test_inhibition_that_cannot_apply_is_reported(tmp_path: Path, inhibition: str, why: str) -> None:
    (said,) = inhibited(tmp_path, BOTH, inhibition)
    assert said.startswith("this inhibition never applies: ")
    assert said.endswith(why)


@pytest.mark.parametrize(
    ("equal", "reported"),
    [("rack", True), ("rack, cluster", True), ("rack, queue", False), ("cluster", False), ("cluster, region", False)],
)
def test_inhibition_by_labels_of_no_alert_is_reported(tmp_path: Path, equal: str, reported: bool) -> None:
    inhibition = f"{{source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [{equal}]}}"
    found = inhibited(tmp_path, BOTH, inhibition)
    assert ["so each source silences all targets" in each for each in found] == [True] * reported


@pytest.mark.parametrize(
    ("rules", "inhibition"),
    [
        (BOTH, "{source_matchers: ['severity=critical'], target_matchers: ['severity=warning'], equal: [queue]}"),
        (BOTH, "{source_matchers: ['severity=critical'], target_matchers: ['severity=warning']}"),
        # Both lack it, so it is the same.
        (BOTH, "{source_matchers: ['severity=critical'], target_matchers: ['severity=warning'], equal: [cluster]}"),
        (BOTH, "{source_matchers: ['severity=~\"crit.*\"'], target_matchers: ['severity!=critical']}"),
        (
            alert("severity: critical", "unknown > 3") + "," + alert("severity: warning"),
            "{source_matchers: ['anything=x'], target_matchers: ['severity=warning'], equal: [instance]}",
        ),
        (alert('severity: "{{ $labels.queue }}"'), "{source_match: {severity: a}, target_match: {severity: b}}"),
    ],
)
def test_says_nothing_of_an_inhibition_that_may_apply(tmp_path: Path, rules: str, inhibition: str) -> None:
    assert inhibited(tmp_path, rules, inhibition) == []


WATCHDOG = "{alert: Watchdog, expr: vector(1), labels: {severity: critical}}," + BOTH


@pytest.mark.parametrize(
    "inhibition",
    [
        "{source_matchers: ['severity=critical'], target_matchers: ['severity=warning']}",
        "{source_match: {alertname: Watchdog}, target_match_re: {severity: warn.*}}",
        # Both lack it, so it is the same.
        "{source_matchers: ['severity=critical'], target_matchers: ['severity=warning'], equal: [cluster]}",
    ],
)
def test_inhibition_that_holds_for_ever_is_reported(tmp_path: Path, inhibition: str) -> None:
    assert inhibited(tmp_path, WATCHDOG, inhibition) == [
        "`Watchdog` fires always, so this inhibition silences `A` for ever"
    ]


@pytest.mark.parametrize(
    ("rules", "inhibition"),
    [
        # Each says what Watchdog is not, or what the other one perhaps is not.
        (
            WATCHDOG,
            "{source_matchers: ['severity=critical', alertname!=Watchdog], target_matchers: [severity=warning]}",
        ),
        (WATCHDOG, "{source_matchers: [severity=critical], target_matchers: [severity=critical]}"),
        (WATCHDOG, "{source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [queue]}"),
        (
            WATCHDOG.replace("vector(1)", "absent(up)"),
            "{source_matchers: [severity=critical], target_matchers: [severity=warning]}",
        ),
        (
            WATCHDOG.replace("vector(1)", "hour() > 9"),
            "{source_matchers: [severity=critical], target_matchers: [severity=warning]}",
        ),
    ],
)
def test_says_nothing_of_an_inhibition_that_may_end(tmp_path: Path, rules: str, inhibition: str) -> None:
    assert inhibited(tmp_path, rules, inhibition) == []


@pytest.mark.parametrize(
    ("steps", "number"),
    [
        ("{source_labels: [team], regex: core, action: drop}", 1),
        ("{source_labels: [team, alertname], regex: 'core;.*', action: drop}", 1),
        ("{source_labels: [queue], regex: x, action: drop}, {source_labels: [team], regex: infra, action: keep}", 2),
        ("{source_labels: [team], regex: infra, action: drop}", 0),
        ("{source_labels: [team], regex: core, action: keep}", 0),
        ("{source_labels: [queue], regex: orders, action: drop}", 0),
        ("{regex: replica, action: labeldrop}", 0),
        ("{target_label: team, replacement: a}, {source_labels: [team], regex: core, action: drop}", 0),
    ],
)
def test_alert_that_is_dropped_on_its_way_is_reported(tmp_path: Path, steps: str, number: int) -> None:
    extra = f"route: {{receiver: oncall}}\nprometheus: {{extra: {{alerting: {{alert_relabel_configs: [{steps}]}}}}}}"
    dropped = [summary for code, summary in found(tmp_path, alert("team: core"), extra) if code == "rule.undelivered"]
    assert dropped == ([f"nobody gets `A`: step {number} of `alert_relabel_configs` drops it"] if number else [])
