"""Services and components, with the names of what they serve and their jobs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stackctl.lineage.selection import Selection
from stackctl.lineage.sources import Source, sources
from stackctl.model import Stack
from stackctl.promql.selectors import Condition

STACK = """\
pushgateway: {}
exporters:
  node: {}
  blackbox: {probes: {home: {url: "http://localhost:8000/"}}}
services:
  api:
    targets: ["localhost:8000"]
    metrics: {wait_seconds: {type: histogram, buckets: [1]}}
  plain: {targets: ["localhost:8001", "localhost:8002"]}
  batch: {push: {job: nightly}, metrics: {done: gauge}}
  open: {push: {}}
  renamed: {targets: [{address: "localhost:8003", labels: {job: other}}]}
  found: {discovery: {dns_sd_configs: [{names: [a.example], type: A, port: 80}]}}
"""


@pytest.fixture
def found(stack_of: Callable[[str], Stack]) -> dict[str, Source]:
    return {each.node.name: each for each in sources(stack_of(STACK))}


@pytest.mark.parametrize(
    ("source", "name", "serves"),
    [
        ("api", "wait_seconds", True),
        ("api", "wait_seconds_bucket", True),
        ("api", "wait_second", False),
        ("api", "up", True),
        ("api", "scrape_duration_seconds", True),
        ("api", "ALERTS", False),
        ("batch", "done", True),
        ("batch", "up", False),
        ("batch", "push_time_seconds", True),
        ("node", "node_cpu_seconds_total", True),
        ("node", "done", False),
        ("prometheus", "prometheus_tsdb_head_series", True),
    ],
)
def test_serves_its_contract_and_what_every_target_has(
    found: dict[str, Source], source: str, name: str, serves: bool
) -> None:
    assert found[source].serves(name) is serves


@pytest.mark.parametrize(
    ("source", "job", "is_selected"),
    [
        ("api", "api", True),
        ("api", "web", False),
        ("batch", "nightly", True),
        ("batch", "batch", False),
        ("renamed", "anything", True),
        ("found", "found", True),
        ("blackbox", "probe-home", True),
        ("blackbox", "blackbox", True),
        ("node", "node", True),
    ],
)
def test_selected_by_its_jobs_where_these_are_known(
    found: dict[str, Source], source: str, job: str, is_selected: bool
) -> None:
    assert found[source].has_job_of(Selection("up", (Condition("job", "=", job),))) is is_selected


def test_server_that_is_not_scraped_serves_nothing(stack_of: Callable[[str], Stack]) -> None:
    (found, *_) = [
        each for each in sources(stack_of("prometheus: {scrape: false}\n" + STACK)) if each.jobs == frozenset()
    ]
    assert found.node.name == "prometheus"
    assert not found.serves("prometheus_tsdb_head_series")
    assert not found.serves("up")


def test_says_how_many_targets_there_are(found: dict[str, Source]) -> None:
    notes = {name: each.node.note for name, each in found.items() if each.node.kind == "service"}
    assert notes == {
        "api": "1 target",
        "plain": "2 targets",
        "batch": "pushes its metrics",
        "open": "pushes its metrics",
        "renamed": "1 target",
        "found": "discovers its targets",
    }
    assert [target.full_name for target in found["plain"].targets] == ["plain/localhost:8001", "plain/localhost:8002"]
    assert [target.name for target in found["blackbox"].targets] == ["http://localhost:8000/"]


def test_only_services_without_a_contract_are_unknown(found: dict[str, Source]) -> None:
    assert [name for name, each in found.items() if each.is_unknown] == ["plain", "open", "renamed", "found"]
