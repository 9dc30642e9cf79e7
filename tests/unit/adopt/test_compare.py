"""What is compared: targets after relabelling, rules, routing. Each difference is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.operations.adopting import compare_setup
from tests.unit.adopt.setups import written

PROMETHEUS = """
global: {scrape_interval: 15s, evaluation_interval: 15s}
rule_files: [rules.yml]
scrape_configs:
  - job_name: api
    static_configs: [{targets: ["a:1"], labels: {env: prod}}]
"""
RULES = """
groups:
  - name: g
    rules: [{alert: Down, expr: "up == 0", for: 5m}]
"""
ALERTMANAGER = """
route: {receiver: team, routes: [{receiver: team, matchers: ['a="b"']}]}
receivers: [{name: team, webhook_configs: [{url: "http://a:1/"}]}]
"""
MANIFEST = """
version: 1
name: s
alertmanager:
  route: {receiver: team, routes: [{receiver: team, matchers: ['a="b"']}]}
  receivers: {team: {webhook: {url: "http://a:1/"}}}
services: {api: {targets: ["a:1"], labels: {env: prod}}}
rules: [{file: rules.yml}]
"""


def differences(folder: Path, manifest: str = MANIFEST, **changed: str) -> list[str]:
    files = {"prometheus.yml": PROMETHEUS, "alertmanager.yml": ALERTMANAGER, "rules.yml": RULES, "stack.yml": manifest}
    written(folder, {**files, **changed})
    return [each.summary for each in compare_setup([str(folder)], folder / "stack.yml", {}).differences]


def test_same_meaning_is_no_difference(tmp_path: Path) -> None:
    assert differences(tmp_path) == []


def test_target_that_is_a_placeholder_is_no_difference(tmp_path: Path) -> None:
    assert differences(tmp_path, **{"prometheus.yml": PROMETHEUS.replace('["a:1"]', '["a:1", "__B__:1"]')}) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("env: prod", "env: test", '{env="prod", instance="a:1", job="api"} is only'),
        ('"a:1"], labels', '"a:2"], labels', 'instance="a:1"'),
        ("services: {api: {", "services: {api: {scrape_interval: 5s, ", "interval 5.0 instead of 15.0"),
        ("services: {api: {", "services: {api: {metrics_path: /m, ", "url http://a:1/m instead of http://a:1/metrics"),
        ("services: {api: {", "services: {api: {params: {x: [y]}, ", "params {'x': 'y'} instead of None"),
        ("services: {api: {", "services: {api: {honor_labels: true, ", "honor_labels True instead of None"),
        ("{receiver: team, matchers: ['a=\"b\"']}", "{receiver: team, matchers: ['a=\"c\"']}", "route 2 of the tree"),
        ("{webhook: {", "{webhook: [{url: 'http://b:1/'}, {", "the receiver `team` has webhook_configs 2 instead of 1"),
    ],
)
def test_difference_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in MANIFEST
    changed = MANIFEST.replace(old, new, 1)
    if "webhook: [" in changed:
        changed = changed.replace('"http://a:1/"}}}', '"http://a:1/"}]}}')
    found = differences(tmp_path, changed)
    assert any(says in each for each in found), found


def test_relabelled_targets_are_compared_by_what_becomes_of_them(tmp_path: Path) -> None:
    steps = "    relabel_configs: [{target_label: env, replacement: prod}]\n"
    assert differences(tmp_path, **{"prometheus.yml": PROMETHEUS.replace(", labels: {env: prod}", "") + steps}) == []


def test_rule_that_differs_is_named(tmp_path: Path) -> None:
    manifest = MANIFEST.replace("rules.yml", "other.yml")
    found = differences(tmp_path, manifest, **{"other.yml": RULES.replace("5m", "10m")})
    assert found == ["the rule `Down` has for 10m instead of 5m"]


SERVER = "services: {prometheus: {image: 'prom/prometheus:v3.5.0', volumes: ['MOUNT']}}\n"


GUESSED = (
    "conf/prometheus.yml is compared in place of the configuration of prometheus "
    "Its container reads gone.yml, which the set-up does not have."
)


def not_compared(folder: Path, compose: str) -> list[tuple[str, str]]:
    written(folder, {"compose.yaml": compose, "stack.yml": "version: 1\nname: s\nservices: {a: {targets: ['a:1']}}\n"})
    found = compare_setup([str(folder)], folder / "stack.yml", {}).differences
    return [(each.code, each.summary + " " + each.cause) for each in found]


def test_configuration_that_is_missing_is_not_compared(tmp_path: Path) -> None:
    text = SERVER.replace("MOUNT", "./gone.yml:/etc/prometheus/prometheus.yml")
    why = "the configuration of prometheus is not compared The set-up does not have gone.yml."
    assert not_compared(tmp_path, text) == [("adopt.not-compared", why)]


def test_configuration_that_is_a_guess_is_not_proven_to_be_the_same(tmp_path: Path) -> None:
    text = SERVER.replace("MOUNT", "./gone.yml:/etc/prometheus/prometheus.yml")
    written(tmp_path, {"conf/prometheus.yml": "scrape_configs: []\n"})
    assert ("adopt.not-compared", GUESSED) in not_compared(tmp_path, text)


def test_setup_without_any_configuration_is_not_compared(tmp_path: Path) -> None:
    (found,) = not_compared(tmp_path, SERVER.replace("MOUNT", "data:/prometheus"))
    assert found[1].startswith("nothing is compared")


@pytest.mark.parametrize(("written_as", "is_same"), [("${AT:-b:2}", True), ("${AT}", False), ("${AT:-b:3}", False)])
def test_target_with_a_variable_is_compared_by_its_value(tmp_path: Path, written_as: str, is_same: bool) -> None:
    changed = {"prometheus.yml": PROMETHEUS.replace('"a:1"', f'"{written_as}"')}
    found = differences(tmp_path, MANIFEST.replace('"a:1"', '"b:2"'), **changed)
    assert (found == []) is is_same
