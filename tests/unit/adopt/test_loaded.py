"""Configurations as servers report them: what is left is what somebody has written."""

from __future__ import annotations

from typing import Any

import yaml

from stackctl.adopt.loaded import alertmanager_as_written, as_written, rule_files
from stackctl.clients.prometheus import LoadedRule

# As Prometheus 3.13 answers for a job of a name, an interval and a target.
JOB: dict[str, Any] = yaml.safe_load("""
job_name: api
honor_timestamps: true
track_timestamps_staleness: false
scrape_interval: 5s
scrape_timeout: 5s
scrape_protocols: [OpenMetricsText1.0.0, OpenMetricsText0.0.1, PrometheusText1.0.0, PrometheusText0.0.4]
scrape_native_histograms: false
always_scrape_classic_histograms: false
convert_classic_histograms_to_nhcb: false
metrics_path: /metrics
scheme: http
enable_compression: true
metric_name_validation_scheme: utf8
metric_name_escaping_scheme: allow-utf-8
extra_scrape_metrics: false
follow_redirects: true
enable_http2: true
relabel_configs: [{separator: ;, target_label: a, replacement: b, action: replace}]
static_configs: [{targets: ["a:1"]}]
""")
CONFIG: dict[str, Any] = {
    "global": {"scrape_interval": "1m", "scrape_timeout": "10s", "evaluation_interval": "1m"},
    "runtime": {"gogc": 75},
    "otlp": {"translation_strategy": "UnderscoreEscapingWithSuffixes"},
    "storage": {"tsdb": {"retention": {"time": "15d"}}},
}


def rule(**fields: Any) -> LoadedRule:
    given = {"kind": "alert", "name": "Down", "query": "up == 0", "group": "g", "file": "/etc/rules/a.rules"}
    return LoadedRule(**{**given, "health": "ok", "last_error": "", "last_evaluation": 0.0, **fields})


def test_defaults_of_a_prometheus_are_left_out() -> None:
    made = as_written({**CONFIG, "scrape_configs": [JOB]}, {})
    assert made == {
        "global": {"scrape_interval": "1m", "evaluation_interval": "1m"},
        "scrape_configs": [
            {
                "job_name": "api",
                "scrape_interval": "5s",
                "relabel_configs": [{"target_label": "a", "replacement": "b"}],
                "static_configs": [{"targets": ["a:1"]}],
            }
        ],
    }


def test_what_is_not_a_default_is_kept() -> None:
    job = {**JOB, "follow_redirects": False, "scrape_timeout": "3s", "scrape_interval": "1m"}
    made = as_written({**CONFIG, "scrape_configs": [job]}, {})["scrape_configs"][0]
    assert (made["follow_redirects"], made["scrape_timeout"]) == (False, "3s")
    assert "scrape_interval" not in made


def test_targets_of_files_stand_in_the_job() -> None:
    job = {**JOB, "file_sd_configs": [{"files": ["t.json"], "refresh_interval": "5m"}]}
    found = [
        {"__address__": "b:2", "__meta_filepath": "/t.json", "__scheme__": "http", "job": "api", "rack": "7"},
        {"__address__": "c:3", "__meta_filepath": "/t.json", "__scheme__": "http", "job": "api", "rack": "7"},
        {"__address__": "a:1", "__scheme__": "http", "job": "api"},
    ]
    made = as_written({**CONFIG, "scrape_configs": [job]}, {"api": found})["scrape_configs"][0]
    assert "file_sd_configs" not in made
    assert made["static_configs"] == [{"targets": ["a:1"]}, {"targets": ["b:2", "c:3"], "labels": {"rack": "7"}}]


def test_rules_are_written_by_their_files_and_groups() -> None:
    rules = [
        rule(interval=20.0, hold=90.0, labels={"severity": "page"}, annotations={"summary": "{{ $value }}"}),
        rule(kind="record", name="a:b", query="sum(up)", interval=20.0),
        rule(name="Other", file="/etc/rules/b.yml", group="h", interval=60.0, keep_firing=0.5),
    ]
    files = {path: yaml.safe_load(content) for path, content in rule_files(rules, "1m").items()}
    alert = {"alert": "Down", "expr": "up == 0", "for": "90s", "labels": {"severity": "page"}}
    assert files == {
        "rules/a.yml": {
            "groups": [
                {
                    "name": "g",
                    "interval": "20s",
                    "rules": [
                        {**alert, "annotations": {"summary": "{{ $value }}"}},
                        {"record": "a:b", "expr": "sum(up)"},
                    ],
                }
            ]
        },
        "rules/b.yml": {
            "groups": [{"name": "h", "rules": [{"alert": "Other", "expr": "up == 0", "keep_firing_for": "500ms"}]}]
        },
    }


def test_defaults_of_an_alertmanager_are_left_out() -> None:
    config = yaml.safe_load("""
global: {resolve_timeout: 5m, http_config: {follow_redirects: true, enable_http2: true}, smtp_hello: localhost}
route: {receiver: team, continue: false, routes: [{receiver: team, continue: false, match: {a: b}}]}
receivers:
  - name: team
    labels: {name: team}
    slack_configs:
      - send_resolved: false
        http_config: {follow_redirects: true, enable_http2: true}
        channel: "#a"
        title: '{{ template "slack.default.title" . }}'
        text: mine
        short_fields: false
        timeout: 0s
    email_configs:
      - {to: a@example.org, from: b@example.org, headers: {To: a@example.org, From: b@example.org, Subject: own}}
templates: [/etc/alertmanager/own.tmpl]
""")
    assert alertmanager_as_written(config) == {
        "route": {"receiver": "team", "routes": [{"receiver": "team", "match": {"a": "b"}}]},
        "receivers": [
            {
                "name": "team",
                "slack_configs": [{"send_resolved": False, "channel": "#a", "text": "mine"}],
                "email_configs": [{"to": "a@example.org", "from": "b@example.org", "headers": {"Subject": "own"}}],
            }
        ],
    }
