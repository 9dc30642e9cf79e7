"""What is behind the URL of a server that somebody else runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.bounds import http
from stackctl.checks import servers
from stackctl.diagnostic import Diagnostic
from tests.contract.serving import Reply, Server, serve
from tests.contract.world import World, success

QUERY = "/api/v1/query"


def ready(well: World, url: str) -> Diagnostic:
    """The finding about a Prometheus at `url`."""
    alone = replace(well.context.stack, alertmanager=None, grafana=None, pushgateway=None, exporters=())
    access = Access(url)
    well.change(stack=alone, server=access, given={"prometheus": access}, seconds=1)
    (found,) = servers.check(well.context)
    return found


def test_a_prometheus_is_ready(well: World, server: Server) -> None:
    server.routes = {QUERY: success({"result": []}), "/-/ready": "ready"}
    found = ready(well, server.url)
    assert (found.status, found.summary) == ("pass", f"ready at {server.url}")


def test_servers_that_only_prometheus_asks_have_no_row(well: World, server: Server) -> None:
    server.routes = {QUERY: success({"result": []}), "/-/ready": "ready"}
    assert well.context.stack.pushgateway
    access = Access(server.url)
    stack = replace(well.context.stack, alertmanager=None, grafana=None)
    well.change(stack=stack, server=access, given={"prometheus": access}, seconds=1)
    assert [each.subject for each in servers.check(well.context)] == ["prometheus"]


def test_one_that_has_no_page_for_readiness_answers(well: World, server: Server) -> None:
    server.routes = {QUERY: success({"result": []})}
    found = ready(well, server.url)
    assert (found.status, found.summary) == ("pass", f"answers at {server.url}")


def test_agent_is_ready_without_queries(well: World, server: Server) -> None:
    error = {"status": "error", "errorType": "execution", "error": "unavailable with Prometheus Agent"}
    server.routes = {QUERY: Reply(error, 422), "/-/ready": "ready"}
    found = ready(well, server.url)
    assert (found.status, found.summary) == ("pass", f"ready at {server.url}, as an agent: it answers no queries")


def test_one_that_is_starting_is_not_ready(well: World, server: Server) -> None:
    server.routes = {QUERY: success({"result": []}), "/-/ready": Reply("Service Unavailable", 503)}
    found = ready(well, server.url)
    assert (found.status, found.summary) == ("fail", f"{server.url}/-/ready returns 503: Service Unavailable")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("<html><title>Login</title></html>", "is not JSON; it is not a Prometheus"),
        ({"hello": "world"}, "is it another server?; it is not a Prometheus"),
        ([], "is it another server?; it is not a Prometheus"),
        ({"data": None}, "is it another server?; it is not a Prometheus"),
        (Reply("", 302), "returns 302, a redirect: it may lead to a login page"),
        (Reply("who are you?", 401), "returns 401: it rejects the login, or requires one"),
        (Reply("not you", 403), "returns 403: it rejects the login, or requires one"),
        (Reply("no such page", 404), "returns 404: no such page"),
        (Reply("Bad Gateway", 502), "returns 502: Bad Gateway"),
        ("[" * 100_000, "is not JSON; it is not a Prometheus"),
    ],
)
def test_another_answer_is_a_failure(well: World, server: Server, answer: Any, words: str) -> None:
    server.routes = {QUERY: answer, "/-/ready": "ready"}
    found = ready(well, server.url)
    assert found.status == "fail"
    assert found.summary.endswith(words)
    assert found.remedy


def test_a_huge_answer_is_not_read(well: World, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http.body, "__defaults__", (1 << 20,))
    server.routes = {QUERY: " " * (2 << 20)}
    found = ready(well, server.url)
    assert found.status == "fail"
    assert "larger than the limit of 1 MB" in found.summary


def test_nobody_there_is_a_failure(well: World) -> None:
    found = ready(well, "http://127.0.0.1:1")
    assert (found.status, found.summary) == (
        "fail",
        "http://127.0.0.1:1/api/v1/query does not answer: connection refused",
    )


def test_unknown_authority_names_the_option(well: World) -> None:
    with serve("server.crt", "server.key") as secured:
        found = ready(well, secured.url)
    assert "certificate cannot be verified" in found.summary
    assert "`--ca-file`" in found.remedy


def store(name: str, error: Any = None) -> dict[str, Any]:
    """A store as Thanos Query 0.36 lists it."""
    return {"name": name, "lastCheck": "2026-12-03T03:34:33.6Z", "lastError": error, "labelSets": [], "minTime": 0}


@pytest.mark.parametrize(
    ("stores", "words"),
    [
        ({"sidecar": [store("a:1"), store("b:1")]}, ""),
        ({"sidecar": [store("a:1")], "store": [store("s:1")]}, ""),
        ({"sidecar": [store("a:1"), store("b:1", "connection refused")]}, "does not reach 1 of its 2 stores"),
        ({"sidecar": [store("a:1", {})], "rule": [store("r:1", "gone")]}, "does not reach 1 of its 2 stores"),
        ({}, "asks no store"),
        # Others than Thanos.
        ([], ""),
        (None, ""),
    ],
)
def test_thanos_query_has_to_reach_all_of_its_stores(well: World, server: Server, stores: Any, words: str) -> None:
    server.routes = {QUERY: success({"result": []}), "/-/ready": "ready", "/api/v1/stores": success(stores)}
    found = ready(well, server.url)
    assert (found.status, words in found.summary) == ("fail" if words else "pass", True), found.summary
    assert ("b:1: connection refused" in found.evidence) == ("b:1" in str(stores) and bool(words))


def test_server_that_fails_to_list_its_stores_may_be_a_query(well: World, server: Server) -> None:
    stores = Reply("timed out", 504)
    server.routes = {QUERY: success({"result": []}), "/-/ready": "ready", "/api/v1/stores": stores}
    found = ready(well, server.url)
    assert (found.status, "returns 504: timed out" in found.summary) == ("fail", True), found.summary


@pytest.mark.parametrize("answer", [Reply("404 page not found", 404), Reply("remote", 400), "<html></html>"])
def test_server_without_stores_is_no_thanos(well: World, server: Server, answer: Any) -> None:
    server.routes = {QUERY: success({"result": []}), "/-/ready": "ready", "/api/v1/stores": answer}
    assert ready(well, server.url).status == "pass"
