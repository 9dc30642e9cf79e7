"""Every Alertmanager that the rendered configuration lists has a row."""

from __future__ import annotations

import json
from dataclasses import replace

from tests.contract.checks.world import World, no_answer

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
