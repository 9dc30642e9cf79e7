"""Grafana: its version, login, datasource and dashboards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contract.serving import Reply
from tests.contract.world import World, words

LOGS = "See `stackctl logs grafana`."


def test_a_failing_database_is_reported(well: World) -> None:
    body = '{\n  "database": "failing",\n  "version": "12.1.1"\n}'
    well.servers["grafana"].routes["/api/health"] = Reply(body, 503)
    finding = well.only("component.ready", "grafana")
    assert '"database": "failing"' in finding.evidence


@pytest.mark.parametrize(("version", "status"), [("9.4.7", "warn"), ("10.0.0", "pass"), ("13.2.3", "pass")])
def test_warns_of_a_grafana_below_10(well: World, version: str, status: str) -> None:
    well.servers["grafana"].routes["/api/health"] = {"database": "ok", "version": version}
    finding = well.only("grafana.health")
    assert finding.status == status
    assert status == "pass" or finding.summary.startswith("version 9.4.7 is older than 10")


def test_reports_a_wrong_password_with_the_command_that_sets_it(well: World) -> None:
    well.servers["grafana"].login = ("admin", "the first one")
    finding = well.only("grafana.login")
    assert finding.summary == "the administrator's password differs from the manifest"
    command = "grafana cli --homepath {home} admin reset-admin-password --password-from-stdin"
    assert finding.remedy.endswith(f"{command} < secrets/grafana/admin_password")
    assert well.only("grafana.health").status == "pass"


def test_uses_the_generated_password_if_the_manifest_has_none(well: World) -> None:
    grafana = well.context.stack.grafana
    assert grafana
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, admin_password=None)))
    assert well.only("grafana.login").status == "pass"


def test_a_datasource_that_was_not_provisioned_is_reported(well: World) -> None:
    del well.servers["grafana"].routes["/api/datasources/uid/prometheus"]
    finding = well.only("grafana.datasource")
    assert (finding.status, finding.remedy) == ("fail", LOGS)
    assert "returns 404: Not found" in finding.summary


@pytest.mark.parametrize("status", [200, 400])
def test_a_datasource_that_does_not_reach_prometheus_is_reported(well: World, status: int) -> None:
    body = {"status": "ERROR", "message": "Post http://p:9090: connect: connection refused"}
    well.servers["grafana"].routes["/api/datasources/uid/prometheus/health"] = Reply(body, status)
    finding = well.only("grafana.datasource")
    assert finding.summary.startswith("Grafana cannot reach Prometheus: ")
    assert finding.summary.endswith("Post http://p:9090: connect: connection refused")


def test_a_dashboard_that_was_not_loaded_is_reported(well: World) -> None:
    well.servers["grafana"].routes["/api/dashboards/uid/shop"] = Reply({"message": "Dashboard not found"}, 404)
    finding = well.only("grafana.dashboard")
    assert finding.summary.startswith("Grafana has not loaded it (uid shop): ")
    assert finding.summary.endswith("returns 404: Dashboard not found")


def test_another_dashboard_under_the_uid_is_reported(well: World) -> None:
    well.servers["grafana"].routes["/api/dashboards/uid/shop"] = {"dashboard": {"title": "Other"}, "meta": {}}
    assert words(well.only("grafana.dashboard")) == (
        "fail",
        "Grafana has another dashboard under the uid shop: 'Other'",
        "Give each dashboard its own uid.",
    )
