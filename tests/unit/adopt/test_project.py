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


def test_service_is_extended_by_one_of_another_file(tmp_path: Path) -> None:
    files = {
        "compose.yaml": "services: {prometheus: {extends: {file: base/common.yml, service: metrics}, "
        "labels: {own: '1'}}}\n",
        "base/common.yml": "services: {metrics: {image: 'prom/prometheus:v3.5.0', labels: [base=1], "
        "volumes: ['./prometheus.yml:/etc/prometheus/prometheus.yml']}}\n",
        "base/prometheus.yml": JOB,
    }
    setup = found(written(tmp_path, files))
    assert setup.prometheus
    assert setup.prometheus.config.path == "base/prometheus.yml"
    assert setup.containers[0].block["labels"] == {"base": "1", "own": "1"}


@pytest.mark.parametrize("extends", ["gone", "{service: gone}", "{file: other.yml, service: gone}"])
def test_extended_service_that_is_missing_is_a_problem(tmp_path: Path, extends: str) -> None:
    problems = Problems()
    files = {"compose.yaml": f"services: {{a: {{image: a, extends: {extends}}}}}\n", "other.yml": "services: {}\n"}
    find_setup(written(tmp_path, files), {}, problems)
    assert ["names the service `gone`" in each.summary for each in problems] == [True]


def test_services_that_extend_each_other_end(tmp_path: Path) -> None:
    files = {"compose.yaml": "services: {a: {image: a, extends: b}, b: {image: b, extends: a}}\n"}
    assert [each.name for each in found(written(tmp_path, files)).containers] == ["a", "b"]


def test_later_file_counts(tmp_path: Path) -> None:
    files = {"a.yml": "services: {a: {image: one}}\n", "b.yml": "services: {a: {image: two}}\n"}
    setup = find_setup(written(tmp_path, files) / "a.yml", {}, Problems(), [tmp_path / "b.yml"])
    assert setup
    assert [each.image for each in setup.containers] == ["two"]


def test_tag_that_compose_does_not_know_is_a_problem(tmp_path: Path) -> None:
    problems = Problems()
    find_setup(written(tmp_path, {"compose.yaml": "services: {a: {image: !own x}}\n"}), {}, problems)
    assert {each.code for each in problems} == {"yaml.tag"}


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    files = {"compose.yaml": "include: [b.yml]\nservices: {a: {image: a}}\n", "b.yml": "include: [compose.yaml]\n"}
    assert [each.name for each in found(written(tmp_path, files)).containers] == ["a"]


def test_variables_of_an_included_file_are_those_of_the_file_that_is_named(tmp_path: Path) -> None:
    texts = {
        "compose.yaml": "include: [{path: mon/compose.yml, env_file: [conf/a.env, conf/b.env]}]\n",
        "mon/compose.yml": "services: {prometheus: {image: 'prom/prometheus:${TAG}', ports: ['${PORT}:9090']}}\n",
        "mon/.env": "TAG=v3.1.0\n",
        "conf/a.env": "TAG=v3.4.0\nPORT=9191\n",
        "conf/b.env": "TAG=v3.5.0\n",
    }
    made = adopt(found(written(tmp_path, texts)), "stack").manifest["prometheus"]
    assert (made["image"], made["listen"]) == ("prom/prometheus:v3.5.0", 9191)


def test_places_are_those_of_the_last_file_that_has_them(tmp_path: Path) -> None:
    files = {
        "a.yml": "services:\n  one: {image: a}\n",
        "b.yml": "volumes: {}\nservices:\n  one:\n    ports: ['1:1']\n  two: {image: b}\n",
    }
    setup = find_setup(written(tmp_path, files) / "a.yml", {}, Problems(), [tmp_path / "b.yml"])
    assert setup
    assert setup.compose
    assert str(setup.compose.at("services", "two")) == "b.yml:5:3"
    assert str(setup.compose.at("services", "one", "ports")) == "b.yml:4:5"
    assert str(setup.compose.at("services", "one", "image")) == "a.yml:2:9"


def test_places_in_an_included_file_are_there(tmp_path: Path) -> None:
    files = {"compose.yaml": "include: [mon/compose.yml]\n", "mon/compose.yml": INCLUDED, "mon/prometheus.yml": JOB}
    compose = found(written(tmp_path, files)).compose
    assert compose
    assert str(compose.at("services", "prometheus")) == "mon/compose.yml:4:3"
