"""Files of Grafana's own alerting: what is read of them, and every mistake that Grafana would not start with."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl import redaction
from stackctl.conventions import GRAFANA_ADMIN_PASSWORD
from stackctl.manifest import load, read
from stackctl.manifest.queries import review_queries
from stackctl.render import render
from stackctl.source import Secret

MANIFEST = """\
version: 1
name: shop
grafana: {alerting: [alerting/*.yml], extra_env: {HOOK: "hooked$value", GF_SECRET_KEY: "${KEY:-s3cret-key}"}}
services: {api: {targets: ["localhost:8000"]}}
"""
GOOD = """\
apiVersion: 1
groups:
  - orgId: 1
    name: api
    folder: Shop
    interval: 10s
    rules:
      - uid: api-down
        title: ApiDown
        condition: B
        for: 1m
        noDataState: NoData
        annotations: {summary: "{{ $labels.job }} costs $5"}
        labels: {severity: critical, team: "{{ $$labels.team }}"}
        data:
          - refId: A
            datasourceUid: prometheus
            model: {refId: A, expr: 'rate(process_cpu_seconds_total[$__rate_interval])', instant: true}
            relativeTimeRange: {from: 600, to: 0}
          - refId: B
            datasourceUid: __expr__
            model: {refId: B, type: threshold, expression: A}
contactPoints:
  - name: ops
    receivers:
      - {uid: ops-hook, type: webhook, settings: {url: "http://hooks.example.org/$HOOK", password: "pass$$word"}}
policies:
  - receiver: ops
    routes: [{receiver: grafana-default-email, mute_time_intervals: [nights]}]
muteTimes:
  - name: nights
    time_intervals: [{times: [{start_time: "22:00", end_time: "23:00"}]}]
templates:
  - {name: t, template: '{{ $x }}'}
"""
PATH = "grafana/provisioning/alerting/alerting_a_yml-"


def manifest(folder: Path, *texts: str) -> Path:
    (folder / "alerting").mkdir()
    for name, text in zip("abc", texts, strict=False):
        (folder / "alerting" / f"{name}.yml").write_text(text)
    (folder / "stack.yml").write_text(MANIFEST)
    return folder / "stack.yml"


def problems(folder: Path, *texts: str) -> list[str]:
    return [
        f"{each.position.line if each.position else 0}: {each.summary}"
        for each in read(manifest(folder, *texts), {}).problems
    ]


def test_reads_rules_and_contact_points(tmp_path: Path) -> None:
    stack = load(manifest(tmp_path, GOOD), {})
    assert stack.grafana
    [file] = stack.grafana.alerting
    [rule] = stack.grafana_rules
    assert (rule.uid, rule.title, rule.group, rule.folder) == ("api-down", "ApiDown", "api", "Shop")
    assert [(each.ref, each.expr) for each in rule.queries] == [
        ("A", "rate(process_cpu_seconds_total[$__rate_interval])")
    ]
    assert [(each.name, each.uid, each.type) for each in file.contact_points] == [("ops", "ops-hook", "webhook")]
    assert file.policy
    assert str(file.policy.origin) == "alerting/a.yml:28:5"


def test_renders_files_as_they_are_and_secret_with_contact_points(tmp_path: Path) -> None:
    rules = GOOD.partition("contactPoints")[0]
    stack = load(manifest(tmp_path, GOOD, rules.replace("api-down", "b").replace("ApiDown", "B")), {})
    files = render(stack, "native", {GRAFANA_ADMIN_PASSWORD: Secret("p4ssword")}).files
    found = {path: file for path, file in files.items() if path.startswith("grafana/provisioning/alerting/alerting")}
    assert [(file.content.decode()[:13], file.secret) for file in found.values()] == [
        ("apiVersion: 1", True),
        ("apiVersion: 1", False),
    ]
    assert next(file.content.decode() for path, file in found.items() if path.startswith(PATH)) == GOOD


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("interval: 10s", "interval: 15s", "6: groups[0].interval: Grafana evaluates rules at multiples of 10s only"),
        ("interval: 10s", "interval: x", "6: groups[0].interval: not a duration"),
        ("folder: Shop", "folder:", "3: groups[0]: there is no `folder`"),
        ("orgId: 1", "orgId: 2", "3: groups[0].orgId: the stack's Grafana has one organization"),
        ("uid: api-down", "uid: api down", "8: groups[0].rules[0].uid: not a uid"),
        ("        for: 1m\n", "", "8: groups[0].rules[0]: there is no `for`"),
        ("condition: B", "condition: C", "10: groups[0].rules[0].condition: the rule has no query `C`"),
        ("State: NoData", "State: Nodata", "12: groups[0].rules[0].noDataState: `Nodata` is not a state"),
        ("$$labels", "$labels", "14: groups[0].rules[0].labels.team: Grafana replaces `$labels`"),
        ("Uid: prometheus", "Uid: prom", "17: groups[0].rules[0].data[0].datasourceUid: Grafana has no datasource"),
        ("refId: B\n", "refId: A\n", "20: groups[0].rules[0].data[1].refId: two queries of the rule are `A`"),
        ("rate(", "rate((", "18: ApiDown, A: not PromQL"),
        ("cpu_seconds_total[", 'cpu_seconds_total{job="$job"}[', "18: ApiDown, A: an alert rule has no variables"),
        ("type: webhook", "type: webhok", "26: contactPoints[0].receivers[0].type: Grafana has no contact points"),
        ("$HOOK", "$OTHER", "26: contactPoints[0].receivers[0].settings.url: Grafana replaces a dollar and what"),
        ("/$HOOK", "/${HOOK}", "26: contactPoints[0].receivers[0].settings.url: the value of `HOOK` has a dollar"),
        ("/$HOOK", "/$GF_SECRET_KEY", "26: contactPoints[0].receivers[0].settings.url: `GF_SECRET_KEY` is a secret"),
        ("{from: 600, to: 0}", "{from: 0, to: 600}", "16: groups[0].rules[0].data[0]: its time range begins after"),
        ("            relativeTimeRange: {from: 600, to: 0}\n", "", "16: groups[0].rules[0].data[0]: its time range"),
        ("annotations:", "anotations:", "13: groups[0].rules[0].anotations: Grafana ignores this key"),
        ("mute_time_int", "mute_time_time_int", "29: policies[0].routes[0].mute_time_time_intervals: Grafana ignores"),
        ("datasourceUid: prom", "datasourceUID: prom", "17: groups[0].rules[0].data[0].datasourceUID: Grafana ignores"),
        (
            "        for: 1m\n",
            "        for: 1m\n        notification_settings: {receiver: oops}\n",
            "12: groups[0].rules[0].notification_settings.receiver: there is no contact point `oops`",
        ),
        ("- receiver: ops", "- receiver: oops", "28: policies[0].receiver: there is no contact point `oops`"),
        ("[nights]", "[days]", "29: policies[0].routes[0].mute_time_intervals[0]: there is no mute timing `days`"),
        ("policies:", "policies:\n  - receiver: ops", "29: policies[1]: Grafana has one tree of policies"),
        ("apiVersion: 1", "group: []", "1: group: Grafana ignores this key"),
        ("templates:", "templates: x\nx-more:", "33: templates: not a list"),
    ],
)
def test_reports_what_grafana_refuses(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in GOOD
    found = problems(tmp_path, GOOD.replace(old, new, 1))
    assert any(each.startswith(problem) for each in found), found


def test_reports_all_problems_of_all_files(tmp_path: Path) -> None:
    found = problems(tmp_path, GOOD, GOOD, "- x\n")
    assert [each.partition(": ")[2].partition(" (")[0] for each in found] == [
        "not a file of Grafana's alerting",
        "another rule has the uid `api-down` already",
        "another rule of this folder has the title `ApiDown` already",
        "another receiver of contact points has the uid `ops-hook` already",
        "policies[0]: Grafana has one tree of policies, and this one replaces another",
    ]


def test_reports_pattern_without_files_and_other_endings(tmp_path: Path) -> None:
    path = manifest(tmp_path)
    (tmp_path / "rules.txt").write_text(GOOD)
    path.write_text(MANIFEST.replace("alerting/*.yml", "alerting/*.yml, rules.txt"))
    assert [each.code for each in read(path, {}).problems] == ["file.no-match", "grafana.alerting"]


def test_reviews_expressions_as_those_of_panels(tmp_path: Path) -> None:
    stack = load(
        manifest(tmp_path, GOOD.replace("rate(process_cpu_seconds_total[$__rate_interval])", "rate(up[5m])")), {}
    )
    review = review_queries(stack)
    assert [(each.code, each.summary.partition(":")[0]) for each in (*review.errors, *review.warnings)] == [
        ("promql.rate-of-gauge", "ApiDown, A")
    ]


def test_shows_no_secret_of_a_contact_point(tmp_path: Path) -> None:
    text = GOOD.replace("pass$$word", "geheimnis1").replace("type: webhook", "type: webhok")
    found = read(manifest(tmp_path, text), {}).problems
    assert found
    assert "geheimnis1" not in "".join(f"{each} {each.position and each.position.snippet()}" for each in found)
    assert "geheimnis1" not in redaction.shown("the password is geheimnis1")
