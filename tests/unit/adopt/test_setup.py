"""The files of a set-up, as each of its servers sees them."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.adopt import adopt
from tests.unit.adopt.setups import JOB, compose, found, written


def test_relative_paths_begin_at_the_configuration(tmp_path: Path) -> None:
    whole = compose().replace("./prometheus.yml:/etc/prometheus/prometheus.yml", "./conf:/etc/prometheus")
    setup = found(written(tmp_path, {"compose.yaml": whole, "conf/prometheus.yml": JOB}))
    assert setup.prometheus
    assert setup.prometheus.path("rules/*.yml") == "conf/rules/*.yml"
    assert setup.prometheus.path("/etc/prometheus/x.yml") == "conf/x.yml"
    assert setup.prometheus.path("/elsewhere/x.yml") is None


def test_configuration_in_a_folder_of_its_own_image_is_missing(tmp_path: Path) -> None:
    services = compose("pager: {image: prom/alertmanager, command: [--config.file=/own/am.yml]}")
    made = adopt(found(written(tmp_path, {"compose.yml": services, "prometheus.yml": JOB})), "stack")
    assert "the configuration of alertmanager is left out" in [each.summary for each in made.remarks]


@pytest.mark.parametrize(
    ("image", "is_said"),
    [
        ("prom/alertmanager:v0.28.0", False),
        ("bitnami/alertmanager", False),
        ("stefanprodan/swarmprom-alertmanager", True),
    ],
)
def test_configuration_in_an_image_that_somebody_made_is_left_out(tmp_path: Path, image: str, is_said: bool) -> None:
    command = "[--config.file=/etc/alertmanager/alertmanager.yml]"
    services = compose(f"alertmanager: {{image: {image}, command: {command}}}")
    made = adopt(found(written(tmp_path, {"compose.yml": services, "prometheus.yml": JOB})), "stack")
    said = "the configuration of alertmanager is left out" in [each.summary for each in made.remarks]
    assert said == is_said


def test_rule_file_with_the_same_name_elsewhere_is_named(tmp_path: Path) -> None:
    files = {"prometheus.yml": "rule_files: [/etc/prometheus/rules/a.rules]\n", "alerts/a.rules": "groups: []\n"}
    (remark,) = adopt(found(written(tmp_path, files)), "s").remarks
    assert remark.remedy == "If alerts/a.rules is meant, write it under `rules`."


def test_configuration_of_an_image_that_is_built_is_missing(tmp_path: Path) -> None:
    built = "services: {prometheus: {image: 'prometheus:own', build: ./image}}"
    setup = found(written(tmp_path, {"compose.yaml": built, "image/Dockerfile": "FROM prom/prometheus\n"}))
    assert setup.missing_configuration("prometheus") == "/etc/prometheus/prometheus.yml"
