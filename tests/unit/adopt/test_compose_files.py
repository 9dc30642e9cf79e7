"""The Compose files of a folder, and which of them is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stackctl.adopt import adopt, find_setup
from stackctl.adopt.compose_files import compose_file_below
from stackctl.manifest.problems import Problems
from stackctl.operations.adopting import adopt_setup
from tests.unit.adopt.setups import JOB, TWO, compose, found, jobs, written


def test_override_of_a_compose_file_is_read_as_compose_does(tmp_path: Path) -> None:
    over = """
services:
  prometheus: {command: [--config.file=/etc/prometheus/prometheus.yml], ports: ["9095:9090"]}
  web: {image: nginx, environment: [B=2]}
"""
    base = compose("web: {image: httpd, environment: {A: 1}, ports: ['80:80']}")
    files = {"compose.yaml": base, "compose.override.yml": over, "prometheus.yml": JOB}
    setup = found(written(tmp_path, files))
    web = next(each for each in setup.containers if each.name == "web")
    assert (web.image, web.environment, len(web.published)) == ("nginx", {"A": "1", "B": "2"}, 1)
    prometheus = setup.container("prometheus")
    assert prometheus
    assert prometheus.published[0].port == 9095


def test_compose_file_of_another_name_is_found_where_it_is_the_only_one(tmp_path: Path) -> None:
    setup = found(written(tmp_path, {"monitoring.yml": compose(), "prometheus.yml": JOB}))
    assert setup.compose
    assert setup.compose.path == "monitoring.yml"


def test_several_compose_files_of_other_names_are_left_out(tmp_path: Path) -> None:
    made = adopt(found(written(tmp_path, {"a.yml": compose(), "b.yaml": compose(), "prometheus.yml": JOB})), "stack")
    assert [each.summary for each in made.remarks] == ["a.yml is left out", "b.yaml is left out"]
    assert "containers" not in made.manifest


def test_compose_file_with_the_prometheus_is_the_one_of_several(tmp_path: Path) -> None:
    other = json.dumps({"services": {"node": {"image": "prom/node-exporter"}}})
    made = adopt(found(written(tmp_path, {"a.yml": other, "b.yml": compose(), "prometheus.yml": JOB})), "stack")
    assert [each.summary for each in made.remarks] == ["a.yml is left out"]
    assert made.manifest["prometheus"]["image"] == "prom/prometheus:v3.5.0"


def test_first_of_several_compose_files_may_have_no_services(tmp_path: Path) -> None:
    written(tmp_path, {"base.yml": "networks: {a: {}}", "run.yml": compose(), "prometheus.yml": JOB})
    problems = Problems()
    setup = find_setup(tmp_path / "base.yml", {}, problems, [tmp_path / "run.yml"])
    assert [*problems] == []
    assert setup
    assert setup.container("prometheus")


@pytest.mark.parametrize("second", ["services: {other: {image: a}}", TWO])
def test_compose_files_of_subfolders_are_named(tmp_path: Path, second: str) -> None:
    files = {"conf/prometheus.yml": JOB, "deploy/compose.prod.yml": TWO, "deploy/compose.test.yml": second}
    remarks = adopt(found(written(tmp_path, files)), "s").remarks
    named = [each for each in remarks if "is left out" in each.summary]
    assert [each.summary for each in named] == [
        "deploy/compose.prod.yml is left out",
        "deploy/compose.test.yml is left out",
    ]
    assert named[0].remedy == "To adopt it, name it: `stackctl adopt deploy/compose.prod.yml`."


@pytest.mark.parametrize(
    ("files", "path"),
    [
        (
            {"deploy/compose.prod.yml": TWO, "deploy/compose.app.yml": "services: {a: {image: a}}"},
            "deploy/compose.prod.yml",
        ),
        ({"deploy/compose.prod.yml": TWO, "deploy/compose.yml": TWO}, "deploy/compose.yml"),
        ({"deploy/compose.prod.yml": TWO, "deploy/compose.test.yml": TWO}, None),
    ],
)
def test_only_compose_file_below_is_the_setups(tmp_path: Path, files: dict[str, str], path: str | None) -> None:
    assert compose_file_below(written(tmp_path, files)) == (tmp_path / path if path else None)


@pytest.mark.parametrize("service", ["cache: {image: a}", "other: {image: a, container_name: cache}"])
def test_compose_file_that_runs_a_target_and_is_not_read_is_named(tmp_path: Path, service: str) -> None:
    files = {
        "compose.yaml": compose(),
        "prometheus.yml": jobs("{job_name: c, static_configs: [{targets: ['cache:1', 'x:1']}]}"),
        "cache.yml": f"services: {{{service}}}",
        "unrelated.yml": "services: {more: {image: b}}",
    }
    (remark,) = adopt(found(written(tmp_path, files)), "s").remarks
    assert remark.summary == "cache.yml is left out"
    assert remark.cause == "It runs `cache`, which `c` scrapes."
    assert remark.remedy == "If you start both, name both: `stackctl adopt compose.yaml cache.yml`."


def test_compose_file_that_runs_a_server_of_the_set_up_is_named(tmp_path: Path) -> None:
    job = jobs("{job_name: a, static_configs: [{targets: ['db-exporter:1']}]}")
    files = {
        "metrics/compose.yml": compose(),
        "metrics/prometheus.yml": job,
        "boards/compose.yml": "services: {boards: {image: grafana/grafana}}",
        "db/compose.yml": "services: {x: {image: x, container_name: db-exporter}}",
        "web/compose.yml": "services: {web: {image: nginx}}",
    }
    remarks = adopt_setup([str(written(tmp_path, files))], {}).remarks
    named = {each.summary: each for each in remarks if each.summary.endswith("compose.yml is left out")}
    assert sorted(named) == ["../boards/compose.yml is left out", "../db/compose.yml is left out"]
    assert named["../boards/compose.yml is left out"].cause == "It runs grafana."
    assert named["../db/compose.yml is left out"].cause == "It runs `db-exporter`, which `a` scrapes."
    assert "`include`" in named["../db/compose.yml is left out"].remedy
