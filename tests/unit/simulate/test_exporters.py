"""Exporters that cannot run here: what they would serve, and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_text

from stackctl.components import registry
from stackctl.manifest import load
from stackctl.manifest.packs.library import shipped, shipped_names
from stackctl.manifest.packs.schema import DASHBOARD, RULES
from stackctl.model import Service
from stackctl.simulate.exporters import simulated_exporters
from stackctl.simulate.flow import Flow, advance
from stackctl.simulate.scenario import SCENARIOS, Course
from stackctl.simulate.series import Exposition, Reading, exposition

START = 1_760_000_000.0
MANIFEST = """\
version: 1
name: shop
exporters:
  node: {}
  blackbox: {}
  cadvisor: {}
  kafka: {brokers: ["one:9092", "two:9092"], listen: 19308}
  clickhouse: {target: "localhost:9363"}
  postgres: {dsn: "postgresql://monitor:pw@db/shop"}
  redis: {address: "redis:6379"}
  nginx: {url: "http://localhost:8080/stub_status"}
  memcached: {address: "memcached:11211"}
  mysql: {address: "mysql:3306"}
  mongodb: {address: "mongo:27017"}
  process: {}
  rabbitmq: {targets: ["rabbit:15692"]}
  windows: {targets: ["windows:9182"]}
  stackctl: {}
services: {api: {targets: ["localhost:8000"]}}
"""


@pytest.fixture
def exporters(tmp_path: Path) -> dict[str, Service]:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    return {service.name: service for service in simulated_exporters(load(tmp_path / "stack.yml", environ={}))}


def samples(service: Service, scenario: str, seconds: float) -> dict[tuple[str, str], float]:
    """Name and labels -> value, after so long."""
    course = Course(SCENARIOS[scenario], START)
    flow = advance(Flow(START, START), course, 1, START + seconds)
    text = of(service).text(Reading(flow, course.weather(1, flow.time)), openmetrics=False)
    return {(one.name, str(one.labels)): one.value for family in parse_text(text) for one in family.samples}


def of(service: Service) -> Exposition:
    assert service.contract
    return exposition(service.contract, 1)


def test_each_declared_exporter_is_served_where_prometheus_asks(exporters: dict[str, Service]) -> None:
    assert {name: service.targets[0].address for name, service in exporters.items()} == {
        "cadvisor": "127.0.0.1:8080",
        "kafka": "127.0.0.1:19308",
        "postgres": "127.0.0.1:9187",
        "redis": "127.0.0.1:9121",
        "nginx": "127.0.0.1:9113",
        "memcached": "127.0.0.1:9150",
        "clickhouse": "localhost:9363",
        "mysql": "127.0.0.1:9104",
        "mongodb": "127.0.0.1:9216",
        "process": "127.0.0.1:9256",
        "rabbitmq": "rabbit:15692",
        "windows": "windows:9182",
        "stackctl": "localhost:9799",
    }


def test_proof_that_an_exporter_works_holds(exporters: dict[str, Service]) -> None:
    for name in ("cadvisor", "kafka", "postgres", "redis", "nginx", "memcached"):
        works = registry.component(name).works
        assert [
            value
            for (metric, _), value in samples(exporters[name], "normal", 60).items()
            if works and metric == works.series
        ]
    assert ("kafka_brokers", "{}") in samples(exporters["kafka"], "normal", 60)
    assert samples(exporters["kafka"], "normal", 60)["kafka_brokers", "{}"] == 2


@pytest.mark.parametrize("kind", [RULES, DASHBOARD])
def test_serves_what_the_packs_of_exporters_query(exporters: dict[str, Service], kind: str) -> None:
    models = [shipped(kind, name).model for name in shipped_names(kind)]
    asked = {model.name: set(model.metrics) - {"up"} for model in models if model.component in exporters}
    served = {metric.name for service in exporters.values() if service.contract for metric in service.contract.metrics}
    assert {name: names - served for name, names in asked.items() if names - served} == {}
    assert set(exporters) <= {model.component for model in models}


def test_both_formats_are_readable(exporters: dict[str, Service]) -> None:
    for service in exporters.values():
        course = Course(SCENARIOS["normal"], START)
        reading = Reading(advance(Flow(START, START), course, 1, START + 60), course.weather(1, START))
        assert list(parse_text(of(service).text(reading, openmetrics=False)))
        if of(service).speaks_openmetrics:
            assert list(parse_openmetrics(of(service).text(reading, openmetrics=True)))


def test_names_are_those_known_of_the_exporter(exporters: dict[str, Service]) -> None:
    for name, service in exporters.items():
        assert service.contract
        assert {
            metric.name
            for metric in service.contract.metrics
            if not metric.name.startswith(registry.component(name).series)
        } == set()


def test_offsets_rise_and_lag_only_under_load(exporters: dict[str, Service]) -> None:
    early, late = (samples(exporters["kafka"], "normal", seconds) for seconds in (60, 600))
    offsets = [key for key in early if key[0] == "kafka_topic_partition_current_offset"]
    assert offsets
    assert all(early[key] < late[key] for key in offsets)
    full = samples(exporters["kafka"], "saturated", 60)
    assert {value for (name, _), value in full.items() if name == "kafka_consumergroup_lag"} == {20_000.0}


def test_failing_queries_show_in_the_error_scenario_only(exporters: dict[str, Service]) -> None:
    def failed(scenario: str) -> float:
        return samples(exporters["clickhouse"], scenario, 600)["ClickHouseProfileEvents_FailedQuery_total", "{}"]

    assert failed("errors") > 50 * failed("normal")
