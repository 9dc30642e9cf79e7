"""Alerts that fire have arrived in Alertmanager."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contract.world import Around, World, stamp, success

ID = "alertmanager.connected"
PROMETHEUS = "prometheus/prometheus.yml"
LATER = 2000.0


@pytest.fixture
def firing(well: World) -> World:
    """A stack of which an alert fires, some time after its start."""
    well.alerts = [{"labels": {"alertname": "Down", "job": "api"}, "annotations": {}, "activeAt": stamp(1000)}]
    well.time = LATER
    return well


def test_alert_that_has_arrived_passes(firing: World) -> None:
    finding = firing.only(ID)
    assert finding.status == "pass"
    assert "arrived" not in finding.summary


def test_alert_that_does_not_arrive_fails_with_the_reason_of_the_log(firing: World) -> None:
    firing.lost = {"Down"}
    place = firing.context.place
    assert isinstance(place, Around)
    place.lines += (f'time={stamp(LATER)} level=ERROR msg="Error sending" component=notifier err="bad status 404"',)
    finding = firing.only(ID)
    assert (finding.status, finding.stage, finding.evidence) == ("fail", "loaded", "bad status 404")
    assert finding.summary.endswith(": Down")


def test_alert_that_is_sent_again_before_long_passes_and_is_named(firing: World) -> None:
    firing.lost = {"Down"}
    firing.alerts[0]["activeAt"] = stamp(LATER - 10)
    finding = firing.only(ID)
    assert finding.status == "pass"
    assert "not arrived yet, and sent again within a minute: Down" in finding.summary


def test_alertmanager_that_was_just_started_gets_the_alerts_again(firing: World) -> None:
    firing.lost = {"Down"}
    status = firing.servers["alertmanager"].routes["/api/v2/status"]
    firing.servers["alertmanager"].routes["/api/v2/status"] = {**status, "uptime": stamp(LATER - 10)}
    assert firing.only(ID).status == "pass"


@pytest.mark.parametrize(("ago", "status"), [(6, "pass"), (60, "fail")])
def test_prometheus_that_has_just_started_may_not_know_its_alertmanager_yet(
    firing: World, ago: float, status: str
) -> None:
    firing.lost = {"Down"}
    firing.alerts[0]["activeAt"] = stamp(LATER - ago)
    routes = firing.servers["prometheus"].routes
    routes["/api/v1/status/flags"] = success({"rules.alert.resend-delay": "1s"})
    routes["/api/v1/status/runtimeinfo"]["data"]["startTime"] = stamp(LATER - ago - 1)
    prometheus = replace(firing.context.stack.prometheus, evaluation_interval="1s")
    firing.change(stack=replace(firing.context.stack, prometheus=prometheus))
    assert firing.only(ID).status == status


def test_pending_alert_need_not_arrive(firing: World) -> None:
    firing.lost, firing.alerts[0]["state"] = {"Down"}, "pending"
    assert firing.only(ID).status == "pass"


def test_alerts_that_are_changed_on_their_way_are_not_compared(firing: World) -> None:
    firing.lost = {"Down"}
    change_alerting(firing, alert_relabel_configs=[{"action": "drop", "source_labels": ["job"], "regex": "api"}])
    assert firing.only(ID).status == "pass"


@pytest.mark.parametrize(("sent", "failed", "status"), [(3, 3, "fail"), (3, 1, "pass"), (0, 0, "pass")])
def test_other_alertmanager_is_judged_by_the_account_of_prometheus(
    well: World, sent: int, failed: int, status: str
) -> None:
    well.time, url = LATER, "http://other:9093/api/v2/alerts"
    routes = well.servers["prometheus"].routes
    known = routes["/api/v1/alertmanagers"]["data"]["activeAlertmanagers"]
    routes["/api/v1/alertmanagers"] = success({"activeAlertmanagers": [*known, {"url": url}]})
    own = well.report_own_metrics

    def metrics() -> str:
        counts = (("sent", sent), ("errors", failed))
        lines = (f'prometheus_notifications_{name}_total{{alertmanager="{url}"}} {count}\n' for name, count in counts)
        return own() + "".join(lines)

    routes["/metrics"] = metrics
    assert well.only(ID, "other").status == status


def change_alerting(well: World, **fields: Any) -> None:
    file = well.context.tree.files[PROMETHEUS]
    config = {**well.context.tree.yaml(PROMETHEUS)}
    config["alerting"] = {**config["alerting"], **fields}
    files = {**well.context.tree.files, PROMETHEUS: replace(file, content=json.dumps(config).encode())}
    well.change(tree=replace(well.context.tree, files=files))
