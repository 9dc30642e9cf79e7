"""What changes in a tree under drill, and what must not."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.drill import Place, choose, remove_drill_rules, reroute_to_sink, set_off, undrillable, ways
from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.render import render
from stackctl.tree import File, Tree

PLACE = Place("sink.test", 1080, 1025, "abc")
MANIFEST = """\
version: 1
name: shop
alertmanager:
  receivers:
    oncall:
      slack: {api_url: "https://hooks.test/T/B", channel: "#ops"}
      pagerduty: {routing_key: real-key}
    team:
      email: {to: team@shop.test, from: a@shop.test, smarthost: "mail.shop.test:587", auth_password: pw}
      webhook: [{url: "http://chat.test/a"}, {url: "http://chat.test/b", max_alerts: 5}]
    spare: {webhook: {url: "http://spare.test/"}}
  route:
    receiver: team
    group_wait: 5m
    routes:
      - {matchers: ['severity="critical"'], receiver: oncall, continue: true, mute_time_intervals: [night]}
      - {matchers: ['severity="none"'], receiver: spare}
  extra:
    time_intervals: [{name: night, time_intervals: [{times: [{start_time: "22:00", end_time: "24:00"}]}]}]
    inhibit_rules:
      - {source_matchers: ['severity="critical"'], target_matchers: ['severity="warning"'], equal: [service]}
services: {api: {targets: ["api:8000"]}}
rules:
  - {file: rules.yml}
"""
RULES = """\
groups:
  - name: shop
    rules:
      - {record: "shop:up", expr: "sum(up)"}
      - alert: Down
        expr: up == 0
        for: 5m
        labels: {severity: critical}
        annotations: {summary: "{{ $labels.job }} is down"}
      - {alert: Slow, expr: "vector(0) > 1", labels: {severity: warning, shard: "{{ $labels.shard }}"}}
"""


@pytest.fixture
def stack(tmp_path: Path) -> Any:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    (tmp_path / "rules.yml").write_text(RULES)
    return load(tmp_path / "stack.yml")


@pytest.fixture
def tree(stack: Any) -> Tree:
    return render(stack, "native", {}, b"salt")


def parsed(tree: Tree, path: str) -> Any:
    return yaml.safe_load(tree.files[path].content)


def receiver(config: Any, name: str) -> Any:
    return next(each for each in config["receivers"] if each["name"] == name)


def test_drills_all_alerts_and_no_recording_rule_by_default(stack: Any) -> None:
    alerts = choose(stack, (), {"team": "core"})
    assert [(alert.number, alert.name) for alert in alerts] == [(0, "Down"), (1, "Slow")]
    assert alerts[0].labels == {"severity": "critical", "team": "core", "drill": "true"}
    assert choose(stack, ("Slow",), {}, live=True)[0].labels["drill"] == "live"
    assert alerts[0].annotations == {"summary": "{{ $labels.job }} is down"}
    assert (alerts[0].subject, alerts[0].origin.line) == ("rules.yml/shop/Down", 5)


def test_a_name_that_no_alert_has_is_refused_with_the_nearest(stack: Any) -> None:
    with pytest.raises(InputError, match="Did you mean `Down`") as caught:
        choose(stack, ("Dwn", "Slow"), {})
    assert "there is no alert `Dwn`" in str(caught.value)


def test_rule_fires_at_once_with_the_alerts_labels_and_annotations(stack: Any, tree: Tree) -> None:
    aside = set_off(tree, choose(stack, ("Down",), {}))
    assert parsed(aside, "prometheus/prometheus.yml")["rule_files"] == ["rules/rules.yml", "rules/stackctl-drill.yml"]
    (group,) = parsed(aside, "prometheus/rules/stackctl-drill.yml")["groups"]
    assert group["rules"] == [
        {
            "alert": "Down",
            "expr": "vector(1)",
            "labels": {"severity": "critical", "drill": "true"},
            "annotations": {"summary": "{{ $labels.job }} is down"},
        }
    ]


def test_changes_only_what_the_drill_needs(stack: Any, tree: Tree) -> None:
    alerts = choose(stack, (), {})
    aside = set_off(reroute_to_sink(tree, alerts, PLACE), alerts)
    changed = {path for path in aside.files if aside.files[path] != tree.files.get(path)}
    assert changed == {
        "prometheus/prometheus.yml", "prometheus/rules/stackctl-drill.yml", "alertmanager/alertmanager.yml",
        "stackctl.json",
    }  # fmt: skip
    before, after = parsed(tree, "prometheus/prometheus.yml"), parsed(aside, "prometheus/prometheus.yml")
    assert {**after, "rule_files": before["rule_files"]} == before


def test_real_alerts_keep_their_routes_and_receivers(stack: Any, tree: Tree) -> None:
    before = parsed(tree, "alertmanager/alertmanager.yml")
    after = parsed(reroute_to_sink(tree, choose(stack, (), {}), PLACE), "alertmanager/alertmanager.yml")
    assert after["route"]["routes"][2:] == before["route"]["routes"]
    assert {key: after["route"][key] for key in before["route"] if key != "routes"} == {
        key: value for key, value in before["route"].items() if key != "routes"
    }
    assert after["receivers"][: len(before["receivers"])] == before["receivers"]


def test_a_drilled_alert_is_decided_on_by_the_declared_routes(stack: Any, tree: Tree) -> None:
    after = parsed(reroute_to_sink(tree, choose(stack, (), {}), PLACE), "alertmanager/alertmanager.yml")
    down, slow = after["route"]["routes"][:2]
    assert down["matchers"] == ['alertname="Down"', 'severity="critical"', 'drill="true"']
    assert slow["matchers"] == ['alertname="Slow"', 'severity="warning"', 'drill="true"']
    assert (down["receiver"], down["group_wait"], down["group_by"]) == ("drill-abc-0-team", "0s", ["..."])
    assert down["routes"] == [
        {"receiver": "drill-abc-0-oncall", "matchers": ['severity="critical"'], "continue": True},
        {"receiver": "drill-abc-0-spare", "matchers": ['severity="none"']},
    ]


def test_no_copy_keeps_an_address_or_a_login(stack: Any, tree: Tree) -> None:
    after = parsed(reroute_to_sink(tree, choose(stack, ("Down",), {}), PLACE), "alertmanager/alertmanager.yml")
    copies = [each for each in after["receivers"] if each["name"].startswith("drill-")]
    text = yaml.safe_dump(copies)
    assert not [word for word in ("hooks.test", "chat.test", "shop.test", "_file", "auth_") if word in text]
    oncall, team = receiver(after, "drill-abc-0-oncall"), receiver(after, "drill-abc-0-team")
    assert oncall["slack_configs"][0]["api_url"] == "http://sink.test:1080/0/0/slack/0"
    assert oncall["slack_configs"][0]["channel"] == "#ops"
    assert oncall["pagerduty_configs"][0]["url"] == "http://sink.test:1080/0/0/pagerduty/0"
    assert oncall["pagerduty_configs"][0]["routing_key"] == "drill"
    assert team["email_configs"][0]["smarthost"] == "sink.test:1025"
    assert team["email_configs"][0]["to"] == "0.1.email.0@stackctl.invalid"
    assert [each["url"] for each in team["webhook_configs"]] == [
        "http://sink.test:1080/0/1/webhook/0", "http://sink.test:1080/0/1/webhook/1"
    ]  # fmt: skip
    assert not any(block["send_resolved"] for block in (*oncall["slack_configs"], *team["email_configs"]))
    assert all(block["http_config"] == {} for block in (*oncall["slack_configs"], *team["webhook_configs"]))


def test_every_way_of_a_receiver_has_a_name_for_people(stack: Any, tree: Tree) -> None:
    (alert,) = choose(stack, ("Slow",), {})
    assert ways(tree, alert, PLACE)["drill-abc-1-oncall"] == {
        "1/0/slack/0": "oncall/slack", "1/0/pagerduty/0": "oncall/pagerduty"
    }  # fmt: skip
    assert list(ways(tree, alert, PLACE)["drill-abc-1-team"].values()) == [
        "team/email",
        "team/webhook",
        "team/webhook 2",
    ]
    assert ways(tree, alert, PLACE)["drill-abc-1-spare"] == {"1/2/webhook/0": "spare/webhook"}


def test_drilled_alert_neither_inhibits_nor_is_inhibited(stack: Any, tree: Tree) -> None:
    after = parsed(reroute_to_sink(tree, choose(stack, (), {}), PLACE), "alertmanager/alertmanager.yml")
    rule = after["inhibit_rules"][0]
    assert rule["source_matchers"][-1] == rule["target_matchers"][-1] == 'drill=""'


def test_only_the_server_that_reads_it_changes(stack: Any, tree: Tree) -> None:
    alerts = choose(stack, (), {})
    before = {unit.name: unit for unit in tree.units}
    for changed, server in (
        (reroute_to_sink(tree, alerts, PLACE), "alertmanager"),
        (set_off(tree, alerts), "prometheus"),
    ):
        differ = [unit.name for unit in changed.units if unit != before[unit.name]]
        assert differ == [server]
        assert [unit.spec for unit in changed.units] == [unit.spec for unit in tree.units]


def test_a_drill_that_is_put_out_loads_the_rules_of_before_and_still_leads_aside(stack: Any, tree: Tree) -> None:
    alerts = choose(stack, (), {})
    aside = reroute_to_sink(tree, alerts, PLACE)
    fired = set_off(aside, alerts)
    out = remove_drill_rules(fired)
    assert "prometheus/rules/stackctl-drill.yml" not in out.files
    assert parsed(out, "prometheus/prometheus.yml") == parsed(tree, "prometheus/prometheus.yml")
    assert out.files["alertmanager/alertmanager.yml"] == aside.files["alertmanager/alertmanager.yml"]


def test_a_receiver_that_cannot_be_stood_in_for_is_named(tree: Tree) -> None:
    assert undrillable(tree) == []
    config = parsed(tree, "alertmanager/alertmanager.yml")
    receiver(config, "spare")["sns_configs"] = [{"topic_arn": "arn:aws:sns:x"}]
    changed = replace(
        tree, files={**tree.files, "alertmanager/alertmanager.yml": File(yaml.safe_dump(config).encode())}
    )
    (problem,) = undrillable(changed)
    assert "`spare` notifies by sns" in problem.summary
    assert "--live" in problem.remedy


@pytest.mark.parametrize("value", ['a"b', "a\\b", "a\nb", "ünï", "{curly}"])
def test_a_label_of_any_content_is_matched_exactly(stack: Any, tree: Tree, value: str) -> None:
    alerts = choose(stack, ("Down",), {"odd": value})
    route = parsed(reroute_to_sink(tree, alerts, PLACE), "alertmanager/alertmanager.yml")["route"]["routes"][0]
    assert json.loads(next(each for each in route["matchers"] if each.startswith("odd=")).removeprefix("odd=")) == value
