"""What a manifest gets from a pack: rules and dashboards for its services, with its parameters and changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.manifest.queries import review_queries
from stackctl.model import RuleFile, Stack
from stackctl.promql.selectors import read

HEAD = """version: 1
name: shop
services:
  api:
    targets: ["localhost:8000"]
    metrics:
      shop_requests_total: {type: counter, labels: [method, code]}
      shop_request_duration_seconds: {type: histogram, labels: [method]}
  worker: {targets: ["localhost:8001"]}
"""


def stack(folder: Path, text: str) -> Stack:
    (folder / "stack.yml").write_text(HEAD + text)
    return load(folder / "stack.yml", {})


def rules(file: RuleFile) -> dict[str, dict[str, object]]:
    assert not isinstance(file.content, bytes)
    return {f"{rule['alert']} {group['name']}": rule for group in file.content["groups"] for rule in group["rules"]}


def test_a_pack_is_made_for_each_service_and_for_all_by_default(tmp_path: Path) -> None:
    (file,) = stack(tmp_path, "rules: [{pack: service-health}]").rules
    found = rules(file)
    assert found["ServiceDown service-health: api"]["expr"] == 'up{job="api"} == 0'
    assert found["ServiceDown service-health: worker"]["expr"] == 'up{job="worker"} == 0'


def test_finds_metrics_and_labels_in_the_contract(tmp_path: Path) -> None:
    made = stack(tmp_path, "rules: [{pack: http, services: [api]}]")
    (file,) = made.rules
    errors = str(rules(file)["HttpErrors http: api"]["expr"])
    assert 'shop_requests_total{job="api", code=~"5.."}[5m]' in errors
    assert "shop_request_duration_seconds_bucket" in str(rules(file)["HttpSlow http: api"]["expr"])
    assert review_queries(made).errors == ()


def test_parameters_and_overrides_change_only_what_they_name(tmp_path: Path) -> None:
    text = """rules:
  - pack: http
    services: [api]
    with: {max_errors: 0.010, where: {method: 'G"T'}}
    override: {HttpSlow: off, HttpErrors: {for: 9m, labels: {team: core}}}
"""
    (file,) = stack(tmp_path, text).rules
    found = rules(file)
    changed = found["HttpErrors http: api"]
    assert "> 0.010 " in str(changed["expr"])
    assert r'method="G\"T"' in str(changed["expr"])
    assert (changed["for"], changed["labels"]) == ("9m", {"severity": "warning", "team": "core"})
    assert "HttpSlow http: api" not in found
    assert found["HttpErrorsCritical http: api"]["for"] == "2m"


def test_a_metric_that_is_off_leaves_out_what_needs_it(tmp_path: Path) -> None:
    text = "rules: [{pack: http, services: [worker], with: {requests: a_total, latency: off}}]"
    (file,) = stack(tmp_path, text).rules
    kept = ("HttpErrors", "HttpErrorsCritical", "HttpNoTraffic")
    assert sorted(rules(file)) == [f"{name} http: worker" for name in kept]


CACHE = """version: 1
name: shop
services:
  one:
    targets: ["localhost:8000"]
    metrics: {shop_cache_requests_total: {type: counter, labels: {operation: [get], result: [hit, miss, error]}}}
  two: {targets: ["localhost:8001"], metrics: {a_cache_hits_total: counter, a_cache_misses_total: counter}}
  none: {targets: ["localhost:8002"]}
"""
ONE = 'shop_cache_requests_total{job="one", result=~"hits?"}'
BOTH = 'shop_cache_requests_total{job="one", result=~"hits?|miss(es)?"}'


@pytest.mark.parametrize(
    ("use", "asked"),
    [
        ("services: [one]", [ONE, BOTH]),
        ("services: [two]", ['a_cache_hits_total{job="two"}', 'a_cache_misses_total{job="two"}']),
        ("services: [one], with: {hits: a, misses: b}", ['a{job="one"}', 'b{job="one"}']),
        (
            "services: [none], with: {requests: c, result: said, hit: yes, miss: no, where: {operation: get}}",
            ['c{job="none", said=~"yes", operation="get"}', 'c{job="none", said=~"yes|no", operation="get"}'],
        ),
    ],
)
def test_a_cache_is_judged_by_two_counters_or_by_one_with_a_label(tmp_path: Path, use: str, asked: list[str]) -> None:
    (tmp_path / "stack.yml").write_text(f"{CACHE}rules: [{{pack: cache, {use}}}]\n")
    made = load(tmp_path / "stack.yml", {})
    expr = str(next(iter(rules(made.rules[0]).values()))["expr"])
    assert {selector.text for selector in read(expr).selectors} == set(asked)


def test_a_cache_that_a_contract_shows_is_asked_for_what_the_contract_promises(tmp_path: Path) -> None:
    use = "[{pack: cache, services: [one, two]}]"
    (tmp_path / "stack.yml").write_text(f"{CACHE}grafana: {{}}\nrules: {use}\ndashboards: {use}\n")
    review = review_queries(load(tmp_path / "stack.yml", {}))
    assert (review.errors, review.warnings) == ((), ())


def test_a_cache_of_which_nothing_is_known_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(f"{CACHE}rules: [{{pack: cache, services: [none], with: {{hits: a}}}}]\n")
    with pytest.raises(InputError, match="no contract of `none` determines the parameter `misses`"):
        load(tmp_path / "stack.yml", {})


def test_pack_about_grafana_says_how_to_add_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=re.escape("Add `grafana: {}`")):
        stack(tmp_path, "rules: [{pack: grafana}]")
    (file,) = stack(tmp_path, "grafana: {}\nrules: [{pack: grafana, with: {alerting: true}}]").rules
    assert rules(file)["GrafanaDown grafana"]["expr"] == 'up{job="grafana"} == 0'
    assert "GrafanaAlertRulesFail grafana" in rules(file)
    (file,) = stack(tmp_path, "grafana: {}\nrules: [{pack: grafana}]").rules
    assert "GrafanaAlertRulesFail grafana" not in rules(file)


def test_error_in_a_pack_is_reported_where_the_manifest_names_it(tmp_path: Path) -> None:
    made = stack(tmp_path, "rules:\n  - pack: http\n    services: [api]\n    with: {requests: shop_request_total}\n")
    remarks = [*review_queries(made).errors, *review_queries(made).warnings]
    assert {str(problem.position) for problem in remarks} == {f"{tmp_path / 'stack.yml'}:11:11"}
    assert any("shop_requests_total" in problem.remedy for problem in remarks)


def test_a_template_does_not_reach_into_python(tmp_path: Path) -> None:
    pack = "name: evil\ntitle: Evil\ndescription: Evil.\nkind: rules\nrules:\n"
    (tmp_path / "packs").mkdir()
    (tmp_path / "packs" / "evil.yml").write_text(pack + '  - {alert: A, expr: "[[ service.__class__.__mro__ ]]"}\n')
    with pytest.raises(InputError, match="unsafe"):
        stack(tmp_path, "packs: [packs]")


def test_alerts_link_to_the_runbooks_of_the_user(tmp_path: Path) -> None:
    (file,) = stack(tmp_path, 'rules: [{pack: deadman, with: {runbooks: "https://wiki.test/alerts/"}}]').rules
    annotations = rules(file)["Watchdog deadman"]["annotations"]
    assert isinstance(annotations, dict)
    assert annotations["runbook"] == "docs/runbooks/Watchdog.md"
    assert annotations["runbook_url"] == "https://wiki.test/alerts/Watchdog"


def test_watches_certificates_only_where_a_probe_uses_tls(tmp_path: Path) -> None:
    for url, watched in (("http://a.test/", False), ("https://a.test/", True)):
        probes = f"exporters: {{blackbox: {{probes: {{home: {{url: '{url}'}}}}}}}}\nrules: [{{pack: blackbox}}]"
        (file,) = stack(tmp_path, probes).rules
        assert ("CertificateExpires blackbox" in rules(file)) is watched


def test_queries_only_what_cadvisor_can_report(tmp_path: Path) -> None:
    """Without a processor limit there are no series of throttling, and the stack's own does not see who is killed."""
    deployed = (
        "  three: {targets: ['three:1'], run: {docker: {image: x, deploy: {resources: {limits: {cpus: '1'}}}}}}\n"
    )
    for service, cadvisor, limited in (
        ("", "{}", False),
        ("", "{resources: {cpus: 0.5}}", True),
        ("  three: {targets: ['three:1'], run: {docker: {image: x, cpus: 1}}}\n", "{}", True),
        (deployed, "{}", True),
    ):
        packs = "rules: [{pack: containers}]\ndashboards: [{pack: containers}]\ngrafana: {}"
        made = stack(tmp_path, f"{service}exporters: {{cadvisor: {cadvisor}}}\n{packs}")
        alerts = {name.partition(" ")[0] for name in rules(made.rules[0])}
        throttled = {"ContainerCpuThrottled"} if limited else set()
        assert alerts == {"CadvisorDown", "ContainerMemoryHigh", "ContainerRestarts"} | throttled
        assert any(query.panel == "CPU throttling" for query in made.dashboards[0].queries) is limited
    (file,) = stack(tmp_path, "rules: [{pack: containers, services: [worker]}]").rules
    assert len(rules(file)) == 5


def test_expects_as_many_brokers_as_the_manifest_names(tmp_path: Path) -> None:
    kafka = 'exporters: {kafka: {brokers: ["one:9092", "two:9092"]}}\n'
    for chosen, brokers in (("", 2), (", with: {brokers: 5}", 5)):
        (file,) = stack(tmp_path, f"{kafka}rules: [{{pack: kafka{chosen}}}]").rules
        expr = rules(file)["KafkaBrokersMissing kafka"]["expr"]
        assert expr.startswith(f'kafka_brokers{{job="kafka"}} < {brokers} or ')


def test_clickhouse_is_queried_like_an_exporter(tmp_path: Path) -> None:
    (file,) = stack(tmp_path, 'exporters: {clickhouse: {target: "ch:9363"}}\nrules: [{pack: clickhouse}]').rules
    assert rules(file)["ClickHouseDown clickhouse"]["expr"] == 'up{job="clickhouse"} == 0'
    with pytest.raises(InputError, match="which the stack does not run"):
        stack(tmp_path, "rules: [{pack: clickhouse}]")


def test_an_overview_asks_each_service_by_its_own_metrics(tmp_path: Path) -> None:
    """And leave out what no contract shows."""
    dashboards = stack(tmp_path, "dashboards: [{pack: overview}]\ngrafana: {}").dashboards
    (overview,) = dashboards
    asked = {query.panel: query.expr for query in overview.queries}
    assert asked["Up"] == 'avg by (job) (up{job=~"api|worker"})'
    assert asked["Requests by service"] == 'sum by (job) (rate(shop_requests_total{job="api"}[$__rate_interval]))'
    (bare,) = stack(tmp_path, "dashboards: [{pack: overview, services: [worker]}]").dashboards
    assert {query.panel for query in bare.queries} == {"Up", "Firing alerts", "Targets up", "Scrape duration"}


def test_dashboards_of_one_pack_do_not_collide(tmp_path: Path) -> None:
    text = (
        "dashboards: [{pack: red, services: [api]}, {pack: red, services: [worker], with: {requests: a, latency: off}}]"
    )
    made = stack(tmp_path, text).dashboards
    assert [(each.uid, each.title) for each in made] == [
        ("red-api", "Requests of api"),
        ("red-worker", "Requests of worker"),
    ]
