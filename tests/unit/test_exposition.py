"""Scrapes read as text."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics

from stackctl.exposition import parse


def test_reads_what_a_client_library_writes() -> None:
    registry = CollectorRegistry()
    Counter("jobs", 'Jobs "done"\nby \\ queue.', ["queue"], registry=registry).labels('a"b\\\n').inc(3)
    Histogram("wait_seconds", "Wait.", buckets=[0.5, 2], registry=registry).observe(1)
    Gauge("idle", "No series.", ["room"], registry=registry)
    for text in (generate_latest(registry).decode(), generate_openmetrics(registry).decode()):
        found = parse(text)
        assert found
        assert {found.kinds.get("jobs"), found.kinds.get("jobs_total")} == {"counter", None}
        assert found.kinds["wait_seconds"] == "histogram"
        assert found.kinds["idle"] == "gauge"
        assert 'Jobs "done"\nby \\ queue.' in found.helps.values()
        (jobs,) = [sample for sample in found.samples if sample.name == "jobs_total"]
        assert (jobs.labels, jobs.value) == ({"queue": 'a"b\\\n'}, "3.0")
        assert [s.labels["le"] for s in found.samples if s.name == "wait_seconds_bucket"] == ["0.5", "2.0", "+Inf"]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "<html>\n", "jobs_total\n", 'jobs_total{a="b} 1\n'])
def test_what_is_not_an_exposition_is_none(text: str) -> None:
    assert parse(text) is None
