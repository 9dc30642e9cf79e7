"""Answers of Alertmanager."""

from __future__ import annotations

import pytest

from stackctl.access import Access
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.http import Http, NoAnswer
from tests.contract.serving import Server


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
