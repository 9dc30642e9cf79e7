"""prometheus.yml besides its jobs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.adopt.prometheus import escaped
from tests.unit.adopt.setups import adopted, compose, jobs

JOB = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")
ALERTMANAGER = "alerts: {image: 'prom/alertmanager:v0.28.1'}"


def section(folder: Path, text: str, whole: str = "") -> dict[str, Any]:
    made: dict[str, Any] = adopted(folder, prometheus=f"{text}\n{JOB}", compose=whole).manifest["prometheus"]
    return made


def test_intervals_that_are_not_given_are_prometheus_own(tmp_path: Path) -> None:
    assert section(tmp_path, "") == {"scrape_interval": "1m", "evaluation_interval": "1m"}


def test_what_the_manifest_has_no_words_for_is_extra(tmp_path: Path) -> None:
    made = section(tmp_path, "global: {scrape_timeout: 5s}\nstorage: {tsdb: {out_of_order_time_window: 10m}}")
    assert made["extra"] == {
        "global": {"scrape_timeout": "5s"},
        "storage": {"tsdb": {"out_of_order_time_window": "10m"}},
    }


def test_own_alertmanager_is_not_repeated(tmp_path: Path) -> None:
    text = "alerting: {alertmanagers: [{scheme: http, static_configs: [{targets: ['alerts:9093']}]}]}"
    assert "extra" not in section(tmp_path, text, compose(ALERTMANAGER))


def test_alertmanager_of_others_is_extra(tmp_path: Path) -> None:
    text = "alerting: {alertmanagers: [{static_configs: [{targets: ['alerts.example.org:9093']}]}]}"
    made = section(tmp_path, text, compose(ALERTMANAGER))
    assert made["extra"]["alerting"]["alertmanagers"] == [
        {"static_configs": [{"targets": ["alerts.example.org:9093"]}]}
    ]


def test_pattern_of_rules_becomes_its_files(tmp_path: Path) -> None:
    files = {"rules/b.yml": "groups: []\n", "rules/a.yml": "groups: []\n"}
    result = adopted(tmp_path, prometheus=f"rule_files: ['rules/*.yml', rules/a.yml]\n{JOB}", **files)
    assert result.manifest["rules"] == [{"file": "rules/a.yml"}, {"file": "rules/b.yml"}]


def test_pattern_finds_files_that_are_mounted_one_by_one(tmp_path: Path) -> None:
    mounts = {"a.yml": "rules/a.yml", "b.yml": "rules/deep/b.yml", "c.txt": "rules/c.txt"}
    whole = yaml.safe_load(compose())
    whole["services"]["prometheus"]["volumes"] += [f"./{path}:/etc/prometheus/{at}" for path, at in mounts.items()]
    texts = dict.fromkeys(mounts, "groups: []\n")
    rules = adopted(
        tmp_path, prometheus=f"rule_files: [rules/*.yml]\n{JOB}", compose=yaml.safe_dump(whole), **texts
    ).manifest["rules"]
    assert rules == [{"file": "a.yml"}]


def test_option_without_a_key_is_left_out_with_its_line(tmp_path: Path) -> None:
    options = "[--storage.tsdb.path=/p, --rules.alert.for-grace-period=1m, --web.external-url=/prometheus]"
    whole = compose().replace("image:", f"command: {options}\n    image:")
    result = adopted(tmp_path, prometheus=JOB, compose=whole)
    assert [each.summary for each in result.remarks] == [
        "the option `--rules.alert.for-grace-period` of prometheus is left out",
        "the option `--web.external-url` of prometheus is left out",
        "prometheus serves at `/` instead of `/prometheus`",
    ]


def test_options_become_keys(tmp_path: Path) -> None:
    options = (
        "--enable-feature=a,b --web.external-url https://example.org --query.timeout=1m --web.enable-otlp-receiver"
    )
    whole = compose().replace("image:", f"command: {options} --storage.tsdb.retention.time=9d\n    image:")
    made = section(tmp_path, "", whole)
    assert {key: made[key] for key in made if key not in ("image", "scrape_interval", "evaluation_interval")} == {
        "retention": {"time": "9d"},
        "external_url": "https://example.org",
        "enable_features": ["a", "b"],
        "query": {"timeout": "1m"},
        "otlp_receiver": True,
    }


def test_braces_after_a_dollar_are_text_but_for_variables_in_capitals() -> None:
    block = {"replacement": "${1}-${name}", "url": "${SLACK_URL}", "host": "${HOST:-a}:${PORT-1}", "odd": "${A:+b}"}
    assert escaped(block) == {**block, "replacement": "$${1}-$${name}", "odd": "$${A:+b}"}


def test_retention_has_a_key_by_its_old_option_too(tmp_path: Path) -> None:
    whole = compose().replace("image:", "command: --storage.tsdb.retention=30d\n    image:")
    assert section(tmp_path, "", whole)["retention"] == {"time": "30d"}


def test_secret_of_its_container_is_the_file_of_the_set_up(tmp_path: Path) -> None:
    whole = compose().replace("image:", "secrets: [key]\n    image:") + "secrets: {key: {file: ./key.txt}}\n"
    job = jobs("{job_name: a, bearer_token_file: /run/secrets/key, static_configs: [{targets: ['a:1']}]}")
    service = adopted(tmp_path, prometheus=job, compose=whole).manifest["services"]["a"]
    assert service["authorization"] == {"credentials_file": "key.txt"}


def test_own_alertmanager_below_a_path_is_asked_where_the_stack_has_it(tmp_path: Path) -> None:
    text = "alerting: {alertmanagers: [{path_prefix: /am, static_configs: [{targets: ['alerts:9093']}]}]}"
    service = "alerts: {image: 'prom/alertmanager:v0.28.1', command: [--web.external-url=http://h/am/]}"
    result = adopted(tmp_path, prometheus=f"{text}\n{JOB}", compose=compose(service))
    assert "extra" not in result.manifest["prometheus"]


def test_path_below_which_a_server_answers_is_said(tmp_path: Path) -> None:
    whole = compose().replace("image:", "command: [--web.external-url=http://h/prom/]\n    image:")
    (remark,) = adopted(tmp_path, prometheus=JOB, compose=whole).remarks
    assert remark.summary == "prometheus serves at `/` instead of `/prom`"
    whole = whole.replace("prom/]", "prom/, --web.route-prefix=/]")
    assert adopted(tmp_path, prometheus=JOB, compose=whole).remarks == ()


def test_scrape_of_a_server_on_a_port_of_its_own_is_its_own(tmp_path: Path) -> None:
    whole = compose().replace("image:", "command: [--web.listen-address=:9001]\n    image:")
    job = jobs("{job_name: prometheus, static_configs: [{targets: ['localhost:9001']}]}")
    result = adopted(tmp_path, prometheus=job, compose=whole)
    assert result.manifest["prometheus"]["labels"] == {"instance": "localhost:9001"}
    assert [each.summary for each in result.remarks] == [
        "prometheus listens on port 9090 in its container instead of 9001"
    ]


def test_list_of_no_alertmanagers_is_not_repeated(tmp_path: Path) -> None:
    assert "extra" not in section(tmp_path, "alerting: {alertmanagers: [{static_configs: [{targets: []}]}]}")


def test_retention_of_the_configuration_has_a_key_and_the_rest_of_storage_stays(tmp_path: Path) -> None:
    made = section(
        tmp_path, "storage: {tsdb: {retention: {time: 90d, size: 16GB}, out_of_order_time_window: 30m}, exemplars: {}}"
    )
    assert made["retention"] == {"time": "90d", "size": "16GB"}
    assert made["extra"] == {"storage": {"tsdb": {"out_of_order_time_window": "30m"}, "exemplars": {}}}


@pytest.mark.parametrize("storage", [{"tsdb": {"retention": {"percentage": 80}}}, {"tsdb": {"retention": "90d"}}, "x"])
def test_retention_without_a_key_stays_in_extra(tmp_path: Path, storage: Any) -> None:
    made = section(tmp_path, json.dumps({"storage": storage})[1:-1])
    assert made["extra"] == {"storage": storage}
    assert "retention" not in made


def test_external_labels_have_the_variables_of_the_container(tmp_path: Path) -> None:
    whole = compose().replace("image:", "environment: {REGION: eu}\n    image:", 1)
    made = section(tmp_path, "global: {external_labels: {a: '${REGION}-$REGION', b: '${OTHER}'}}", whole)
    assert made["external_labels"] == {"a": "eu-eu", "b": "${OTHER}"}


def test_alertmanagers_of_a_swarm_are_the_stacks_own(tmp_path: Path) -> None:
    lookup = "{dns_sd_configs: [{names: [tasks.alerts], type: A, port: 9093}]}"
    made = section(tmp_path, f"alerting: {{alertmanagers: [{lookup}]}}", compose(ALERTMANAGER))
    assert "extra" not in made
    other = "{dns_sd_configs: [{names: [alerts.example.org], type: A, port: 9093}]}"
    made = section(tmp_path, f"alerting: {{alertmanagers: [{other}]}}", compose(ALERTMANAGER))
    assert "dns_sd_configs" in made["extra"]["alerting"]["alertmanagers"][0]


def test_files_that_prometheus_writes_to_are_left_out(tmp_path: Path) -> None:
    job = "{job_name: a, scrape_failure_log_file: /logs/a, static_configs: [{targets: ['a:1']}]}"
    common = "global: {scrape_failure_log_file: /logs/all, query_log_file: q.log}\n"
    result = adopted(tmp_path, prometheus=common + jobs(job))
    assert [each.summary for each in result.remarks] == [
        "`scrape_failure_log_file` is left out",
        "`query_log_file` is left out",
        "`scrape_failure_log_file` of `a` is left out",
    ]
    assert "extra" not in result.manifest["prometheus"]
