"""Grafana: its version, login, datasource and dashboards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from stackctl.model import Datasource, OtherQuery
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


@pytest.fixture
def with_exemplars(well: World) -> World:
    """A datasource with settings of the manifest's own, as Grafana has loaded it."""
    settings = {"timeInterval": "30s", "exemplarTraceIdDestinations": [{"name": "id", "datasourceUid": "tempo"}]}
    grafana = well.context.stack.grafana
    assert grafana
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, settings=settings)))
    routes = well.servers["grafana"].routes
    own = "/api/datasources/uid/prometheus"
    routes[own] = {**routes[own], "jsonData": {"httpMethod": "POST", **settings}}
    routes["/api/datasources/uid/tempo"] = {"uid": "tempo", "type": "tempo"}
    return well


def test_a_datasource_with_settings_of_the_manifest_passes(with_exemplars: World) -> None:
    assert with_exemplars.only("grafana.datasource").status == "pass"


def test_a_datasource_with_other_settings_is_reported(with_exemplars: World) -> None:
    with_exemplars.servers["grafana"].routes["/api/datasources/uid/prometheus"]["jsonData"]["timeInterval"] = "1s"
    finding = with_exemplars.only("grafana.datasource")
    assert finding.status == "fail"
    assert finding.summary == "Grafana has loaded other settings of the datasource: `timeInterval`"


def test_exemplars_that_lead_nowhere_are_reported(with_exemplars: World) -> None:
    del with_exemplars.servers["grafana"].routes["/api/datasources/uid/tempo"]
    finding = with_exemplars.only("grafana.datasource")
    assert finding.status == "fail"
    assert finding.summary == "exemplars lead to the datasource `tempo`, which Grafana does not have"


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


LOKI = "/api/datasources/uid/logs"


@pytest.fixture
def with_loki(well: World) -> World:
    grafana = well.context.stack.grafana
    assert grafana
    loki = Datasource("Logs", "logs", "loki", {}, {}, grafana.origin)
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, datasources=(loki,))))
    well.servers["grafana"].routes |= {
        LOKI: {"uid": "logs", "url": "http://loki:3100"},
        f"{LOKI}/health": {"status": "OK"},
    }
    return well


def test_other_datasource_that_grafana_reaches_passes(with_loki: World) -> None:
    assert words(with_loki.only("grafana.datasource", "Logs")) == ("pass", "Grafana reaches http://loki:3100", "")
    assert with_loki.only("grafana.datasource", "grafana").status == "pass"


@pytest.mark.parametrize(
    ("reply", "status", "summary"),
    [
        (
            Reply({"message": "Loki: connection refused"}, 400),
            "fail",
            "Grafana cannot reach it: Loki: connection refused",
        ),
        (Reply({"status": "ERROR", "message": "no"}, 200), "fail", "Grafana cannot reach it: no"),
        (
            Reply({"message": "Plugin not registered"}, 404),
            "fail",
            "Grafana has no plugin for its type `loki`",
        ),
        (Reply({"message": "Not found"}, 404), "skip", "Grafana has it, but its type `loki` has no health check"),
        (Reply({"message": "no"}, 501), "skip", "Grafana has it, but its type `loki` has no health check"),
    ],
)
def test_other_datasource_that_does_not_answer_is_reported(
    with_loki: World, reply: Reply, status: str, summary: str
) -> None:
    with_loki.servers["grafana"].routes[f"{LOKI}/health"] = reply
    finding = with_loki.only("grafana.datasource", "Logs")
    assert (finding.status, finding.summary) == (status, summary)


def test_other_datasource_that_was_not_provisioned_is_reported(with_loki: World) -> None:
    del with_loki.servers["grafana"].routes[LOKI]
    assert words(with_loki.only("grafana.datasource", "Logs")) == (
        "fail", "Grafana does not have it (uid logs)", LOGS,
    )  # fmt: skip


def test_panels_of_other_datasources_are_skipped_with_the_reason(with_loki: World) -> None:
    (dashboard,) = with_loki.context.stack.dashboards
    others = tuple(OtherQuery(name, "Logs", dashboard.origin) for name in ("Errors", "$app", "Orders"))
    changed = replace(dashboard, others=others)
    with_loki.change(stack=replace(with_loki.context.stack, dashboards=(changed,)))
    reason = "not verified: it asks the datasource `Logs`"
    assert words(with_loki.only("panel.data", "Errors")) == ("skip", reason, "")
    assert words(with_loki.only("panel.variable", "$app")) == ("skip", reason, "")
    assert with_loki.only("panel.data", "Orders").status == "pass"


def test_own_datasource_is_asked_by_the_uid_that_the_manifest_gives_it(well: World) -> None:
    grafana = well.context.stack.grafana
    assert grafana
    well.change(stack=replace(well.context.stack, grafana=replace(grafana, own_uid="main")))
    finding = well.only("grafana.datasource")
    assert finding.status == "fail"
    routes = well.servers["grafana"].routes
    for path in ("", "/health"):
        routes[f"/api/datasources/uid/main{path}"] = routes.pop(f"/api/datasources/uid/prometheus{path}")
    assert well.only("grafana.datasource").status == "pass"
