"""Every Alertmanager that the rendered configuration lists has a row."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.contract.world import World, no_answer, success, words

PROMETHEUS = "prometheus/prometheus.yml"


def list_alertmanagers(well: World, *targets: str) -> None:
    file = well.context.tree.files[PROMETHEUS]
    config = {**well.context.tree.yaml(PROMETHEUS)}
    own = config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]
    config["alerting"] = {"alertmanagers": [{"static_configs": [{"targets": [*own, *targets]}]}]}
    content = json.dumps(config).encode()
    files = {**well.context.tree.files, PROMETHEUS: replace(file, content=content)}
    well.change(tree=replace(well.context.tree, files=files))


def test_other_alertmanager_that_answers_passes(well: World) -> None:
    list_alertmanagers(well, "other:9093")
    found = {f.subject: f.status for f in well.findings("alertmanager.connected")}
    assert found == {"alertmanager": "pass", "http://other:9093": "pass"}


def test_other_alertmanager_that_does_not_answer_fails(well: World) -> None:
    list_alertmanagers(well, "other:9093")
    well.change(fetch=no_answer)
    found = {f.subject: f.status for f in well.findings("alertmanager.connected")}
    assert found == {"alertmanager": "pass", "http://other:9093": "fail"}


def test_an_alertmanager_that_could_not_reload_is_reported_though_its_old_configuration_is_right(well: World) -> None:
    routes = well.servers["alertmanager"].routes
    routes["/metrics"] += "alertmanager_config_last_reload_successful 0\n"
    finding = well.only("alertmanager.config")
    assert (finding.status, finding.stage) == ("fail", "loaded")
    assert finding.summary.startswith("its last reload failed")


def test_a_prometheus_that_sends_no_alerts_is_reported(well: World) -> None:
    other = {"activeAlertmanagers": [{"url": "http://other:9093/api/v2/alerts"}]}
    well.servers["prometheus"].routes["/api/v1/alertmanagers"] = success(other)
    finding = well.only("alertmanager.connected", "alertmanager")
    address = well.servers["alertmanager"].url.removeprefix("http://")
    assert words(finding) == ("fail", f"Prometheus does not send alerts to {address}", "Run `stackctl reload`.")
    assert finding.evidence == "http://other:9093/api/v2/alerts"


def test_a_receiver_that_is_not_loaded_is_reported(well: World) -> None:
    well.servers["alertmanager"].routes["/api/v2/receivers"] = [{"name": "null"}]
    assert words(well.only("alertmanager.receiver")) == (
        "fail",
        "Alertmanager has no such receiver",
        "Run `stackctl reload`.",
    )


def test_another_routing_tree_is_reported_with_the_first_difference(well: World) -> None:
    routes = well.servers["alertmanager"].routes
    routes["/metrics"] = "alertmanager_config_hash 1\n"
    original = routes["/api/v2/status"]["config"]["original"]
    routes["/api/v2/status"] = {"config": {"original": original.replace("receiver: oncall", "receiver: night")}}
    finding = well.only("alertmanager.config")
    assert words(finding)[0::2] == ("fail", "Run `stackctl reload`.")
    assert finding.summary.startswith(
        "Alertmanager has loaded a different configuration: route.receiver: rendered 'oncall'"
    )
