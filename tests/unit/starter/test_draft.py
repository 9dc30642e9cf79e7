"""The files of a first manifest: valid whatever was found, and fitting it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from stackctl import conventions as c
from stackctl.errors import InputError
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.starter import Draft, Found, Listening, draft_files, parse_url, stack_name
from stackctl.starter.draft import scalar
from stackctl.starter.exposition import Requests, Scrape

FULL = Found(
    parse_url("https://api.example.org:8443/m"),
    Scrape(10, "", "", Requests("http_requests_total", "code"), "http_request_duration_seconds"),
    live="/healthz",
    ready="/readyz",
    needs_protocol=True,
    loopback_only=True,
)
BARE = Found(parse_url("localhost:8000"), problem="connection refused")


def loaded(draft: Draft) -> Stack:
    with TemporaryDirectory() as folder:
        for name, content in draft_files(draft).items():
            path = Path(folder, name)
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
        return load(Path(folder, c.MANIFEST), {})


def test_a_machine_with_nothing_is_monitored_itself() -> None:
    stack = loaded(Draft("shop"))
    assert [component.name for component in stack.components] == ["prometheus", "alertmanager", "grafana", "node"]
    assert [rule.name for rule in stack.rules[0].rules] == ["TargetDown", "DiskAlmostFull"]


def test_declares_everything_that_was_found() -> None:
    (service,) = loaded(Draft("shop", [FULL])).services
    assert (service.name, service.targets[0].address) == ("api", "api.example.org:8443")
    assert (service.scheme, service.metrics_path) == ("https", "/m")
    assert (service.health.live, service.health.ready) == ("/healthz", "/readyz")
    assert service.scrape == {"fallback_scrape_protocol": "PrometheusText0.0.4"}


def test_alerts_fit_what_was_found() -> None:
    rules = {rule.name: rule.expr for rule in loaded(Draft("shop", [FULL, BARE])).rules[0].rules}
    assert list(rules) == ["TargetDown", "HighErrorRatio", "HighLatency"]
    assert 'http_requests_total{job="api", code=~"5.."}' in rules["HighErrorRatio"]
    assert "sum by (job, le) (rate(http_request_duration_seconds_bucket" in rules["HighLatency"]


def test_a_counter_without_a_status_does_not_give_an_error_ratio() -> None:
    found = Found(parse_url("api:80"), Scrape(1, requests=Requests("http_requests_total")))
    assert [rule.name for rule in loaded(Draft("shop", [found])).rules[0].rules] == ["TargetDown"]


def test_a_service_that_does_not_answer_is_written_as_given() -> None:
    (service,) = loaded(Draft("shop", [BARE])).services
    assert (service.name, service.targets[0].address, service.metrics_path) == ("app", "localhost:8000", "/metrics")


def test_taken_port_is_replaced_with_a_comment_that_says_why() -> None:
    draft = Draft("shop", [BARE], {c.PROMETHEUS: Listening(9092, (9090,)), c.GRAFANA: Listening(3002, (3000, 3001))})
    stack = loaded(draft)
    assert (stack.prometheus.listen.port, stack.grafana and stack.grafana.listen.port) == (9092, 3002)
    text = draft_files(draft)[c.MANIFEST].decode()
    assert "listen: 127.0.0.1:9092 # because 9090 is taken on this machine" in text
    assert "listen: 127.0.0.1:3002 # because 3000, 3001 are taken on this machine" in text


def test_manifest_comes_last() -> None:
    assert list(draft_files(Draft("shop")))[-1] == c.MANIFEST


@given(st.text())
def test_a_scalar_reads_back_as_the_same_text(text: str) -> None:
    assert yaml.safe_load(f"a: {scalar(text)}") == {"a": text}


NASTY = st.text(st.sampled_from("ab0-._/:@'\"\\#{}[]$%&*!|>,? \n\té日\u2028\x85"), max_size=20)


@settings(max_examples=60, deadline=None)
@given(folder=NASTY, urls=st.lists(st.tuples(NASTY, NASTY), max_size=3))
def test_any_folder_and_url_give_a_valid_manifest(folder: str, urls: list[tuple[str, str]]) -> None:
    found = []
    for host, path in urls:
        try:
            found.append(Found(parse_url(f"http://{host or 'x'}:80/{path}")))
        except InputError:
            continue
    stack = loaded(Draft(stack_name(folder), found))
    assert stack.name == stack_name(folder)
    assert [service.targets[0].address for service in stack.services] == [each.url.address for each in found]
    assert [service.metrics_path for service in stack.services] == [each.url.path or "/metrics" for each in found]


@pytest.mark.parametrize("name", ["on", "null", "123", "1e3", "0x1f", "true"])
def test_a_name_that_yaml_takes_for_something_else_is_quoted(name: str) -> None:
    assert loaded(Draft(name)).name == name
    assert yaml.safe_load(draft_files(Draft(name))[c.MANIFEST])["name"] == name
