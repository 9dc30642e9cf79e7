"""What is read out of a scrape."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from stackctl.starter.exposition import Requests, Scrape, read

SPRING = """\
# TYPE http_server_requests_seconds summary
http_server_requests_seconds_count{method="GET",outcome="SUCCESS",status="200",uri="/a"} 3
http_server_requests_seconds_sum{method="GET",outcome="SUCCESS",status="200",uri="/a"} 0.2
jvm_memory_used_bytes{area="heap"} 1.0E7
"""
GO = """\
# TYPE promhttp_metric_handler_requests_total counter
promhttp_metric_handler_requests_total{code="200"} 9
# TYPE api_requests_total counter
api_requests_total{code="2xx"} 1 1700000000000
go_info{version="go1.25"} 1
go_build_info{path="x"} 1
api_build_info{version="1"} 1
"""


def test_an_application_of_prometheus_client_must_be_understood() -> None:
    registry = CollectorRegistry()
    requests = Counter("http_requests", "x", ["method", "status"], registry=registry)
    requests.labels('G"E\\T\n}', "200").inc()
    latency = Histogram("http_request_duration_seconds", "x", buckets=(1,), registry=registry)
    latency.observe(0.5)
    found = read(generate_latest(registry).decode())
    assert found is not None
    assert found.requests == Requests("http_requests_total", "status")
    assert found.latency == "http_request_duration_seconds"


def test_a_count_of_durations_must_do_where_no_counter_is() -> None:
    requests = Requests("http_server_requests_seconds_count", "status")
    assert read(SPRING) == Scrape(3, "Java's Micrometer", "", requests, "")


def test_what_a_client_counts_of_itself_must_not_be_the_applications() -> None:
    assert read(GO) == Scrape(5, "Go's client_golang", "api", Requests("api_requests_total", "code"), "")


def test_a_label_must_hold_statuses_to_be_the_status() -> None:
    found = read('# TYPE x_requests_total counter\nx_requests_total{status="fine"} 1\n')
    assert found is not None
    assert found.requests == Requests("x_requests_total", "")


@pytest.mark.parametrize("text", ["", "# only a comment\n", "<html></html>", '{"a": 1}', "a b\n", "up one\n"])
def test_what_is_not_the_format_must_be_told_apart(text: str) -> None:
    assert read(text) is None


@given(st.text())
def test_no_text_must_break_the_reader(text: str) -> None:
    read(text)
