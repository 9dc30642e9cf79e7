"""Compose files that another one includes."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.adopt import adopt, find_setup
from stackctl.manifest.problems import Problems
from tests.unit.adopt.setups import found, jobs, written

JOB = jobs("{job_name: app, static_configs: [{targets: ['app:80']}]}")
INCLUDED = """
configs: {conf: {file: app.yml}}
services:
  prometheus: {image: "prom/prometheus:v3.5.0", volumes: ["./prometheus.yml:/etc/prometheus/prometheus.yml", "data:/x"]}
  app: {build: ., env_file: [app.env], configs: [conf], volumes: [{type: bind, source: ./a, target: /a}]}
"""


@pytest.mark.parametrize("entry", ["mon/compose.yml", "{path: [mon/compose.yml]}", "{path: mon/compose.yml}"])
def test_services_of_an_included_file_are_those_of_the_set_up(tmp_path: Path, entry: str) -> None:
    files = {"compose.yaml": f"include: [{entry}]\nservices: {{web: {{image: nginx}}}}\n"}
    setup = found(written(tmp_path, {**files, "mon/compose.yml": INCLUDED, "mon/prometheus.yml": JOB}))
    assert setup.prometheus
    assert setup.prometheus.config.path == "mon/prometheus.yml"
    containers = adopt(setup, "stack").manifest["containers"]
    assert sorted(containers) == ["app", "web"]
    assert containers["app"]["build"] == "./mon"
    assert containers["app"]["env_file"] == ["./mon/app.env"]
    assert containers["app"]["volumes"] == [
        {"type": "bind", "source": "./mon/a", "target": "/a"},
        "./mon/app.yml:/conf:ro",
    ]


def test_included_file_that_is_missing_is_a_problem(tmp_path: Path) -> None:
    problems = Problems()
    find_setup(written(tmp_path, {"compose.yaml": "include: [gone.yml]\nservices: {}\n"}), {}, problems)
    assert [each.code for each in problems] == ["file.missing"]


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    files = {"compose.yaml": "include: [b.yml]\nservices: {a: {image: a}}\n", "b.yml": "include: [compose.yaml]\n"}
    assert [each.name for each in found(written(tmp_path, files)).containers] == ["a"]
