"""Answers of Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.prometheus import ActiveTarget, LoadedRule, Prometheus, RuntimeInfo
from tests.contract.clients.test_http import refusal
from tests.contract.serving import Asked, Server


def data(value: Any) -> dict[str, Any]:
    return {"status": "success", "data": value}


def test_pools_hold_discovered_and_dropped_targets(server: Server) -> None:
    active = {"scrapePool": "api", "discoveredLabels": {"__address__": "a:1", "job": "other"}}
    dropped = {"discoveredLabels": {"__address__": "b:1", "job": "api"}}
    server.routes["/api/v1/targets"] = data({"activeTargets": [active], "droppedTargets": [dropped]})
    assert Prometheus(Http(Access(server.url))).pools() == {("api", "a:1"), ("api", "b:1")}


def test_reads_targets_with_their_last_scrape_in_unix_time(server: Server) -> None:
    target = {
        "labels": {"instance": "localhost:8000", "job": "renamed"},
        "discoveredLabels": {"__address__": "localhost:8000"},
        "scrapePool": "api",
        "scrapeUrl": "http://localhost:8000/metrics",
        "lastError": "",
        "lastScrape": "2026-01-02T03:04:05.123456789+01:00",
        "health": "up",
    }
    never = {**target, "labels": {}, "health": "unknown", "lastScrape": "0001-01-01T00:00:00Z"}
    server.routes["/api/v1/targets"] = data({"activeTargets": [target, never]})
    url = "http://localhost:8000/metrics"
    labels = {"instance": "localhost:8000", "job": "renamed"}
    found = {"__address__": "localhost:8000"}
    assert Prometheus(Http(Access(server.url))).targets() == (
        ActiveTarget("api", labels, url, "up", "", 1767319445.123456, found),
        ActiveTarget("api", {}, url, "unknown", "", 0.0, found),
    )


def test_reads_rules_with_their_group_and_file(server: Server) -> None:
    rule = {
        "type": "alerting",
        "name": "Down",
        "query": "up == 0",
        "health": "ok",
        "lastEvaluation": "1970-01-01T00:00:01Z",
    }
    record = {**rule, "type": "recording", "name": "a:b", "health": "err", "lastError": "many-to-many"}
    server.routes["/api/v1/rules"] = data({"groups": [{"name": "g", "file": "/r.yml", "rules": [rule, record]}]})
    assert Prometheus(Http(Access(server.url))).rules() == (
        LoadedRule("alert", "Down", "up == 0", "g", "/r.yml", "ok", "", 1.0),
        LoadedRule("record", "a:b", "up == 0", "g", "/r.yml", "err", "many-to-many", 1.0, position=1),
    )


def test_reads_the_state_of_prometheus(server: Server) -> None:
    info = {"startTime": "1970-01-01T00:00:01Z", "lastConfigTime": "1970-01-01T00:00:02Z", "reloadConfigSuccess": False}
    server.routes["/api/v1/status/runtimeinfo"] = data({**info, "storageRetention": "15d"})
    server.routes["/api/v1/status/config"] = data({"yaml": "global: {}\n"})
    server.routes["/api/v1/alertmanagers"] = data({"activeAlertmanagers": [{"url": "http://a:9093/api/v2/alerts"}]})
    client = Prometheus(Http(Access(server.url)))
    assert client.runtime_info() == RuntimeInfo(1.0, 2.0, False, "15d")
    assert client.config() == "global: {}\n"
    assert client.alertmanagers() == ("http://a:9093/api/v2/alerts",)


@pytest.mark.parametrize("body", [{"data": None}, {"data": {"activeTargets": [{"labels": {}}]}}, {"other": 1}])
def test_reports_targets_without_their_fields(server: Server, body: Any) -> None:
    server.routes["/api/v1/targets"] = body
    assert "an unexpected response" in refusal(Http(Access(server.url)), "/api/v1/targets").summary


def test_counts_series_of_many_queries_with_one_request(server: Server) -> None:
    asked: list[str] = []

    def answer(query: str) -> dict[str, Any]:
        asked.append(query)
        return data({"resultType": "vector", "result": [{"metric": {"__n__": "1"}, "value": [1, "7"]}]})

    server.routes["/api/v1/query"] = Asked(answer)
    assert Prometheus(Http(Access(server.url))).counts(["a", "b", "c"]) == [0, 7, 0]
    parts = [f'label_replace(count({name}\n), "__n__", "{n}", "", "")' for n, name in enumerate("abc")]
    assert asked == ["query=" + " or ".join(parts)]


def test_a_type_is_known_for_each_metric(server: Server) -> None:
    counter = {"type": "counter", "help": "", "unit": ""}
    server.routes["/api/v1/metadata"] = data({"a": [counter], "b": []})
    assert Prometheus(Http(Access(server.url))).kinds() == {"a": "counter"}


def test_jobs_that_announce_a_metric_are_those_of_its_targets(server: Server) -> None:
    found = [{"target": {"job": "api", "instance": at}, "type": "gauge", "help": "", "unit": ""} for at in ("a", "b")]
    server.routes["/api/v1/targets/metadata"] = data(found)
    assert Prometheus(Http(Access(server.url))).announcing("lag") == {"api"}


def test_jobs_are_those_of_the_scrape_pools(server: Server) -> None:
    server.routes["/api/v1/scrape_pools"] = data({"scrapePools": ["api", "node"]})
    assert Prometheus(Http(Access(server.url))).jobs() == {"api", "node"}
    server.routes["/api/v1/scrape_pools"] = data({"scrapePools": None})
    assert Prometheus(Http(Access(server.url))).jobs() == frozenset()


def test_reads_values_together_unless_they_are_many(server: Server) -> None:
    asked: list[str] = []

    def answer(query: str) -> dict[str, Any]:
        asked.append(query)
        return data(
            {"resultType": "vector", "result": [{"metric": {"a": "1"}, "value": [1, "1"]}] * (len(asked) * 500)}
        )

    server.routes["/api/v1/query"] = Asked(answer)
    client = Prometheus(Http(Access(server.url)))
    assert client.combinations("x", ["a", "b"]) == [{"a": "1"}] * 500
    assert client.combinations("x", ["a", "b"]) is None
    assert asked[0] == "query=group by (a, b) (x)&limit=1000"


@pytest.mark.parametrize(
    ("path", "ask"),
    [
        ("/api/v1/targets", Prometheus.targets),
        ("/api/v1/targets", Prometheus.dropped),
        ("/api/v1/targets", Prometheus.pools),
        ("/api/v1/rules", Prometheus.rules),
        ("/api/v1/alerts", Prometheus.alerts),
    ],
)
def test_answer_in_part_is_none(server: Server, path: str, ask: Callable[[Prometheus], object]) -> None:
    whole = data({"activeTargets": [], "droppedTargets": [], "groups": [], "alerts": []})
    server.routes[path] = {**whole, "warnings": ["fetching from store 127.0.0.1:1: connection refused"]}
    client = Prometheus(Http(Access(server.url)))
    cause = "fetching from store 127.0.0.1:1: connection refused"
    with pytest.raises(NoAnswer) as caught:
        ask(client)
    assert caught.value.summary == f"{server.url}{path} is answered in part: {cause}"
    server.routes[path] = {**whole, "infos": ["something else"]}
    assert not ask(client)


def test_thanos_has_null_for_no_alerts(server: Server) -> None:
    server.routes["/api/v1/alerts"] = data({"alerts": None})
    assert Prometheus(Http(Access(server.url))).alerts() == ()


def test_series_are_counted_for_each_replica_or_for_all_as_one(server: Server) -> None:
    def answered(query: str) -> object:
        names = ("a", "b") if "dedup=false" in query else ("",)
        found = [{"metric": {"replica": name} if name else {}, "value": [0, "3"]} for name in names]
        assert "count by (replica) (up)" in query
        return data({"resultType": "vector", "result": found})

    server.routes["/api/v1/query"] = Asked(answered)
    client = Prometheus(Http(Access(server.url)))
    assert client.up_by("replica", of_each=True) == {"a": 3, "b": 3}
    assert client.up_by("replica", of_each=False) == {"": 3}
