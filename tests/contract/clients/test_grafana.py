"""Answers of Grafana."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.grafana import AlertRule, Attempt, FoundDashboard, Grafana, Integration, RuleState
from stackctl.clients.http import Http, NoAnswer
from tests.contract.serving import Posted, Reply, Server


def test_reloads_dashboards_by_a_post(server: Server) -> None:
    server.routes["/api/admin/provisioning/dashboards/reload"] = {"message": "Dashboards config reloaded"}
    assert Grafana(Http(Access(server.url))).reload_dashboards().ok


FRAME = {"schema": {"refId": "Q0", "fields": []}, "data": {"values": [[1700000000000], [3]]}}
RESULTS = [
    ({"status": 200, "frames": [FRAME]}, True),
    ({"status": 200, "frames": []}, False),
    ({"status": 200, "frames": [{"schema": {}, "data": {"values": []}}]}, False),
    ({"status": 200, "frames": [{"schema": {}, "data": {"values": [[], []]}}]}, False),
    ({"frames": None}, False),
    ({"status": 400, "error": "bad_data: no", "errorSource": "downstream", "frames": []}, "bad_data: no"),
]


@pytest.mark.parametrize("status", [200, 207, 400])
def test_asks_as_a_panel_and_reads_each_result(server: Server, status: int) -> None:
    bodies: list[Any] = []

    def answer(body: Any) -> Reply:
        bodies.append(body)
        return Reply({"results": {f"Q{n}": result for n, (result, _) in enumerate(RESULTS)}}, status)

    server.routes["/api/ds/query"] = Posted(answer)
    exprs = [f"x{n}" for n in range(len(RESULTS))]
    assert Grafana(Http(Access(server.url))).query("prom", exprs) == [expected for _, expected in RESULTS]
    assert [query["expr"] for query in bodies[0]["queries"]] == exprs
    assert {query["datasource"]["uid"] for query in bodies[0]["queries"]} == {"prom"}
    assert (bodies[0]["from"], bodies[0]["to"]) == ("now-5m", "now")


@pytest.mark.parametrize("reply", [Reply({"message": "Data source not found"}, 404), {"results": {}}, "<html>"])
def test_an_answer_without_results_is_no_answer(server: Server, reply: Any) -> None:
    server.routes["/api/ds/query"] = reply
    with pytest.raises(NoAnswer):
        Grafana(Http(Access(server.url))).query("prom", ["up"])


def test_lists_dashboards_with_their_folders(server: Server) -> None:
    server.routes["/api/search"] = [
        {"uid": "a", "title": "A", "type": "dash-db"},
        {"uid": "b", "title": "B", "type": "dash-db", "folderTitle": "Shop", "folderUid": "x"},
    ]
    assert Grafana(Http(Access(server.url))).dashboards() == (
        FoundDashboard("a", "A", ""),
        FoundDashboard("b", "B", "Shop"),
    )


def test_lists_rules_of_its_own_alerting(server: Server) -> None:
    query = {"refId": "A", "datasourceUid": "prometheus", "model": {"expr": "up"}}
    rule = {"uid": "u", "title": "T", "ruleGroup": "g", "condition": "A", "for": "1m", "noDataState": "OK"}
    server.routes["/api/v1/provisioning/alert-rules"] = [{**rule, "isPaused": True, "data": [query]}]
    [found] = Grafana(Http(Access(server.url))).alert_rules()
    assert found == AlertRule("u", "T", "g", "A", "1m", "OK", is_paused=True, exprs={"A": "up"})


@pytest.mark.parametrize(("answer", "of_a_file"), [({"provenance": "file"}, True), ({"uid": "a/b"}, False)])
def test_rules_of_files_are_known_by_their_provenance(server: Server, answer: dict[str, str], of_a_file: bool) -> None:
    server.routes["/api/v1/provisioning/alert-rules/a%2Fb"] = answer
    assert Grafana(Http(Access(server.url))).is_of_a_file("a/b") == of_a_file


@pytest.mark.parametrize(("time", "evaluated"), [("0001-01-01T00:00:00Z", False), ("2026-12-03T06:53:40Z", True)])
def test_lists_evaluations_of_rules(server: Server, time: str, evaluated: bool) -> None:
    rule = {"name": "T", "state": "inactive", "health": "error", "lastError": "no", "lastEvaluation": time}
    groups = [{"name": "g", "file": "F", "interval": 10, "rules": [rule]}]
    server.routes["/api/prometheus/grafana/api/v1/rules"] = {"status": "success", "data": {"groups": groups}}
    [found] = Grafana(Http(Access(server.url))).rule_states()
    assert found == RuleState("", "F", "g", "T", "error", "no", time, 10)
    assert found.is_evaluated == evaluated


def test_lists_contact_points_without_their_settings(server: Server) -> None:
    point = {"uid": "u", "name": "ops", "type": "slack", "settings": {"url": "http://hooks.test/s3cret"}}
    server.routes["/api/v1/provisioning/contact-points"] = [point]
    assert Grafana(Http(Access(server.url))).contact_points() == (Integration("ops", "u", "slack", "", False),)


def test_lists_the_last_attempts_of_those_that_have_tried(server: Server) -> None:
    tried = {"name": "slack", "lastNotifyAttempt": "2026-01-01T00:00:00Z", "lastNotifyAttemptError": "refused"}
    never = {"name": "email", "lastNotifyAttempt": "0001-01-01T00:00:00.000Z"}
    path = "/api/alertmanager/grafana/config/api/v1/receivers"
    server.routes[path] = [{"name": "ops", "integrations": [tried, never]}]
    assert Grafana(Http(Access(server.url))).attempts() == (Attempt("ops", "slack", "refused"),)
