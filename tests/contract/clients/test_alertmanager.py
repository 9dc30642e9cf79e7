"""Answers of Alertmanager."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.access import Access
from stackctl.clients.alertmanager import Account, Alertmanager, Group
from stackctl.clients.http import Http, NoAnswer
from tests.contract.serving import Posted, Reply, Server


def test_reads_the_hash_of_the_loaded_configuration_from_metrics(server: Server) -> None:
    server.routes["/metrics"] = "# TYPE alertmanager_config_hash gauge\nalertmanager_config_hash 5.720328237546e+13\n"
    assert Alertmanager(Http(Access(server.url))).config_hash() == 57203282375460
    server.routes["/metrics"] = "other 1\n"
    with pytest.raises(NoAnswer, match="does not report which configuration is loaded"):
        Alertmanager(Http(Access(server.url))).config_hash()


def test_reads_configuration_and_receivers(server: Server) -> None:
    server.routes["/api/v2/status"] = {"config": {"original": "route: {}\n"}}
    server.routes["/api/v2/receivers"] = [{"name": "oncall"}, {"name": "null"}]
    client = Alertmanager(Http(Access(server.url)))
    assert client.config() == "route: {}\n"
    assert client.receivers() == ("oncall", "null")


def test_counts_the_alerts_of_a_receiver_by_state(server: Server) -> None:
    alerts = [{"status": {"state": each}} for each in ("active", "suppressed", "active")]
    server.routes["/api/v2/alerts/groups"] = [{"alerts": alerts[:1]}, {"alerts": alerts[1:]}]
    assert Alertmanager(Http(Access(server.url))).states("on.call") == {"active": 2, "suppressed": 1}


def test_groups_have_the_alerts_that_nothing_keeps_back(server: Server) -> None:
    alerts = [{"status": {"state": state}, "labels": {"a": state}} for state in ("active", "suppressed")]
    server.routes["/api/v2/alerts/groups"] = [{"receiver": {"name": "oncall"}, "alerts": alerts}]
    assert Alertmanager(Http(Access(server.url))).groups() == (Group("oncall", ({"a": "active"},)),)


def test_fires_and_ends_alerts(server: Server) -> None:
    sent: list[Any] = []
    server.routes["/api/v2/alerts"] = Posted(sent.append)
    client = Alertmanager(Http(Access(server.url)))
    client.fire([{"labels": {"a": "b"}, "annotations": {}}])
    client.end([{"a": "b"}])
    fired, ended = (alerts[0] for alerts in sent)
    assert fired == {"labels": {"a": "b"}, "annotations": {}}
    assert ended["labels"] == {"a": "b"}
    assert ended["endsAt"]


def test_refused_alert_has_the_status_of_the_answer(server: Server) -> None:
    server.routes["/api/v2/alerts"] = Reply("read only", 403)
    with pytest.raises(NoAnswer, match="does not accept alerts: 403 read only") as refused:
        Alertmanager(Http(Access(server.url))).fire([])
    assert refused.value.status == 403


@pytest.mark.parametrize(("cluster", "count"), [({"peers": [{}, {}]}, 2), ({"status": "disabled"}, 1)])
def test_counts_the_peers_of_its_cluster(server: Server, cluster: dict[str, Any], count: int) -> None:
    server.routes["/api/v2/status"] = {"cluster": cluster}
    assert Alertmanager(Http(Access(server.url))).peers() == count


def test_notifications_are_those_of_the_process_that_answers(server: Server) -> None:
    total = 'alertmanager_notification_requests_total{integration="slack"} 3\n'
    server.routes["/metrics"] = f"{total}process_start_time_seconds 7\n"
    client = Alertmanager(Http(Access(server.url)))
    assert client.process_notifications() == (7.0, {("", "slack"): Account(3.0)})
    assert client.process_started() == 7.0
