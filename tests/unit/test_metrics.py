"""Sources of the metrics in a stack, as far as its manifest says."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.metrics import catalogue, owners
from stackctl.promql.catalogue import Catalogue, Record

API = "api: {targets: ['a:1', {address: 'b:1', labels: {zone: x}}], labels: {team: core}, metrics: {depth: gauge}}"


def known(folder: Path, services: str, more: str = "") -> Catalogue:
    (folder / "stack.yml").write_text(f"version: 1\nname: shop\nservices: {{{services}}}\n{more}")
    return catalogue(load(folder / "stack.yml", {}))


def labels(folder: Path, service: str, name: str = "depth", more: str = "") -> dict[str, tuple[str, ...]] | None:
    found = known(folder, service, more).series[name].labels
    return None if found is None else dict(found)


def test_series_has_the_labels_of_its_job_and_targets(tmp_path: Path) -> None:
    assert labels(tmp_path, API) == {"job": ("api",), "instance": (), "team": (), "zone": ()}


@pytest.mark.parametrize(
    "key",
    [
        "honor_labels: true",
        "relabel: [{action: labelmap, regex: a}]",
        "metric_relabel: [{action: labeldrop, regex: a}]",
    ],
)
def test_labels_are_unknown_where_the_scrape_may_change_them(key: str, tmp_path: Path) -> None:
    assert labels(tmp_path, f"api: {{targets: ['a:1'], {key}, metrics: {{depth: gauge}}}}") is None


def test_pushed_series_has_the_labels_of_its_group_and_no_interval(tmp_path: Path) -> None:
    service = "job: {push: {grouping: {shard: a}}, metrics: {depth: gauge}}"
    found = known(tmp_path, service, "pushgateway: {}\n").series["depth"]
    assert found.labels == {"job": (), "instance": (), "shard": ()}
    assert found.interval == 0


@pytest.mark.parametrize(("key", "seconds"), [("", 15), (", scrape_interval: 1m", 60)])
def test_interval_is_that_of_the_service_or_of_the_stack(key: str, seconds: float, tmp_path: Path) -> None:
    found = known(tmp_path, f"api: {{targets: ['a:1'], metrics: {{depth: gauge}}{key}}}")
    assert found.series["depth"].interval == seconds


def test_job_of_a_series_may_be_any_where_a_service_has_no_contract(tmp_path: Path) -> None:
    found = known(tmp_path, f"{API}, other: {{targets: ['c:1']}}")
    assert found.series["depth"].labels is not None
    assert found.series["depth"].labels["job"] == ()
    assert (found.complete, found.targets) == (False, None)


@pytest.mark.parametrize(
    ("more", "is_complete"),
    [
        ("", True),
        ("exporters: {node: {}}\n", True),
        ("pushgateway: {}\n", False),
        ("prometheus: {extra: {scrape_configs: [{job_name: x}]}}\n", False),
        ("prometheus: {remote_write_receiver: true}\n", False),
        ("prometheus: {otlp_receiver: true}\n", False),
        ("prometheus: {extra: {rule_files: [x.yml]}}\n", True),  # they are read with the manifest
        ("prometheus: {extra: {storage: {tsdb: {}}}}\n", True),
        ("exporters: {mine: {image: 'x:1', port: 9}}\n", False),
    ],
)
def test_all_sources_are_known_unless_one_may_serve_anything(more: str, is_complete: bool, tmp_path: Path) -> None:
    if "rule_files" in more:
        (tmp_path / "x.yml").write_text("groups: []\n")
    assert known(tmp_path, API, more).complete is is_complete


@pytest.mark.parametrize("key", ["remote_write_receiver", "otlp_receiver"])
def test_what_others_write_may_have_any_job_and_labels(key: str, tmp_path: Path) -> None:
    found = known(tmp_path, API, f"prometheus: {{{key}: true}}\n")
    assert (found.jobs, found.targets) == (frozenset(), None)
    assert (found.series["depth"].labels or {})["job"] == ()


def test_labels_of_up_are_those_of_all_targets(tmp_path: Path) -> None:
    more = "exporters: {node: {labels: {rack: a}}, blackbox: {probes: {home: {url: 'https://a.test'}}}}\n"
    assert known(tmp_path, API, more).targets == {"job", "instance", "team", "zone", "rack", "probe"}


def test_labels_of_up_include_those_of_the_servers(tmp_path: Path) -> None:
    more = "prometheus: {labels: {tier: x}}\n"
    assert known(tmp_path, API, more).targets == {"job", "instance", "team", "zone", "tier"}


def test_series_of_a_server_that_is_not_scraped_are_not_served(tmp_path: Path) -> None:
    found = known(tmp_path, API, "prometheus: {scrape: false}\nalertmanager: {scrape: {job: notifier}}\n")
    assert found.jobs == {"api", "notifier"}
    assert found.renamed == {"prometheus": "", "alertmanager": "notifier"}
    assert (found.owns("prometheus_tsdb_head_series"), found.owns("alertmanager_alerts")) == (False, True)


def test_record_of_two_rules_keeps_both(tmp_path: Path) -> None:
    rules = "rules: [{name: g, rules: [{record: a, expr: depth, labels: {x: y}}, {record: a, expr: up}]}]\n"
    assert known(tmp_path, API, rules).records == {"a": (Record("depth", {"x": "y"}), Record("up", {}))}


def test_native_histogram_has_buckets_only_where_the_contract_names_them(tmp_path: Path) -> None:
    contract = (
        "a: {type: histogram, native: true}, b: {type: histogram, native: true, buckets: [1]}, c: {type: histogram}"
    )
    found = known(tmp_path, f"api: {{targets: ['x:1'], metrics: {{{contract}}}}}").series
    assert [f"{name}_bucket" in found for name in ("a", "b", "c")] == [False, True, True]


def test_state_of_a_stateset_is_a_label_of_its_name(tmp_path: Path) -> None:
    service = "api: {targets: ['x:1'], metrics: {mode: {type: stateset, states: [good, bad]}}}"
    found = labels(tmp_path, service, "mode")
    assert found is not None
    assert found["mode"] == ("good", "bad")


def test_series_belongs_to_each_service_that_promises_it(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices:\n  a: {targets: ['x:1'], metrics: {n: counter, wait: histogram}}\n"
        "  b: {targets: ['y:1'], metrics: {n: counter}}\n"
    )
    found = {name: [each.name for each in services] for name, services in owners(load(tmp_path / "stack.yml")).items()}
    assert found["n"] == ["a", "b"]
    assert found["wait_count"] == ["a"]
