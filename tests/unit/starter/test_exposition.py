"""What is read out of a scrape."""

from __future__ import annotations

import time

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


def test_an_application_of_prometheus_client_is_understood() -> None:
    registry = CollectorRegistry()
    requests = Counter("http_requests", "x", ["method", "status"], registry=registry)
    requests.labels('G"E\\T\n}', "200").inc()
    latency = Histogram("http_request_duration_seconds", "x", buckets=(1,), registry=registry)
    latency.observe(0.5)
    found = read(generate_latest(registry).decode())
    assert found is not None
    assert found.requests == Requests("http_requests_total", "status")
    assert found.latency == "http_request_duration_seconds"


def test_uses_a_count_of_durations_where_no_counter_exists() -> None:
    requests = Requests("http_server_requests_seconds_count", "status")
    assert read(SPRING) == Scrape(3, "Java's Micrometer", "", requests, "")


def test_ignores_what_a_client_library_counts_of_itself() -> None:
    assert read(GO) == Scrape(5, "Go's client_golang", "api", Requests("api_requests_total", "code"), "")


def test_a_label_holds_statuses_to_be_the_status() -> None:
    found = read('# TYPE x_requests_total counter\nx_requests_total{status="fine"} 1\n')
    assert found is not None
    assert found.requests == Requests("x_requests_total", "")


@pytest.mark.parametrize("text", ["", "# only a comment\n", "<html></html>", '{"a": 1}', "a b\n", "up one\n"])
def test_recognizes_what_is_not_the_format(text: str) -> None:
    assert read(text) is None


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    read(text)


@pytest.mark.parametrize(
    "text",
    [
        'q {quantile="0.5"} 1\n',
        'q { quantile = "0.5" , job="a", } 1\n',
        'q{a="one\u2028two"} 1\n',
        'q{a="one\u0085two\x0c"} 1\n',
        'q{a="quoted \\"}\\" and \\\\"} 1 1700000000000\n',
        '{"http.requests", "service.name"="a"} 1\n',
        'q{"service.name"="a"} 1\n',
        "\t q\t1\n",
        "q 1",
        "q +Inf\nq NaN\nq -inf\nq 0x1p-2\nq 1e3\nq .5\n",
        'q_total{a="b"} 1 # {trace_id="x"} 0.5 1.0\n# EOF\n',
        "#no space\n# HELP q {\nq 1\n\n\n",
    ],
)
def test_reads_what_prometheus_reads(text: str) -> None:
    assert read(text) is not None


@pytest.mark.parametrize(
    "text",
    ["q{a=b} 1\n", 'q{a="b} 1\n', "q{,} 1\n", 'q{a="b",,} 1\n', "q 1 2 3\n", "q one\n", "q 1_0\n", "9q 1\n", "{} 1\n"],
)
def test_refuses_what_prometheus_refuses(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "other",
    [
        "http_requests_errors_total",
        "http_request_errors_total",
        "http_requests_failed_total",
        "http_failed_requests_total",
        "http_request_timeouts_total",
        "http_requests_rejected_total",
        "http_request_size_bytes_total",
        "http_request_duration_seconds_total",
        "http_request_exceptions_total",
        "slow_http_requests_total",
    ],
)
def test_other_counters_are_not_taken_for_requests(other: str) -> None:
    text = f'# TYPE {other} counter\n{other}{{code="500"}} 3\n'
    assert read(text) == Scrape(1)
    found = read(text + "# TYPE all_the_http_requests_total counter\nall_the_http_requests_total 9\n")
    assert found is not None
    assert found.requests == Requests("all_the_http_requests_total")


def test_counts_of_sizes_and_durations_count_requests() -> None:
    for metric in ("http_request_duration_seconds", "http_request_size_bytes", "grpc_request_latency_ms"):
        found = read(f'# TYPE {metric} histogram\n{metric}_count{{code="200"}} 3\n')
        assert found is not None
        assert found.requests == Requests(f"{metric}_count", "code")
    assert read("# TYPE failed_request_seconds summary\nfailed_request_seconds_count 1\n") == Scrape(1)


def test_reads_hostile_text_in_linear_time() -> None:
    begin = time.process_time()
    for text in ('q{a="' + 'b",a="' * 50_000, "q{" + " " * 200_000, "q" * 500_000, 'q{a="' + "\\" * 200_000):
        assert read(text) is None
    assert time.process_time() - begin < 5
