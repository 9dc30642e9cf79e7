"""Mounts of a component's container: those that the stack does not replace are kept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.unit.adopt.setups import adopted, compose, jobs

JOB = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")


@pytest.mark.parametrize(
    "volume",
    ["/var/run/docker.sock:/var/run/docker.sock", "./consoles:/etc/prometheus/consoles", "extra:/srv/extra"],
)
def test_mount_of_a_server_is_kept(tmp_path: Path, volume: str) -> None:
    whole = compose().replace("volumes:\n", f"volumes:\n    - {volume}\n", 1)
    made = adopted(tmp_path, prometheus=JOB, compose=whole).manifest["prometheus"]
    assert made["docker"] == {"volumes": [volume]}


@pytest.mark.parametrize(
    "volume", ["data:/prometheus", "./rules:/etc/prometheus/rules", "./web.yml:/etc/prometheus/web.yml"]
)
def test_mount_that_the_stack_replaces_is_not_kept(tmp_path: Path, volume: str) -> None:
    whole = compose().replace("volumes:\n", f"volumes:\n    - {volume}\n", 1)
    whole = whole.replace("image:", "command: [--web.config.file=/etc/prometheus/web.yml]\n    image:", 1)
    text = f"rule_files: [rules/*.yml]\n{JOB}"
    made = adopted(tmp_path, prometheus=text, compose=whole, **{"rules/a.yml": "groups: []"}).manifest["prometheus"]
    assert "docker" not in made


def test_mount_into_the_data_is_left_out(tmp_path: Path) -> None:
    service = "board: {image: grafana/grafana, volumes: ['./plugins:/var/lib/grafana/plugins']}"
    result = adopted(tmp_path, prometheus=JOB, compose=compose(service), **{"plugins/a": ""})
    assert [each.summary for each in result.remarks] == ["`plugins`, mounted by `board`, is left out"]


def test_data_at_a_path_of_its_own_is_named(tmp_path: Path) -> None:
    whole = compose().replace("image:", "command: [--storage.tsdb.path=/data]\n    image:")
    whole = whole.replace("volumes:\n", "volumes:\n    - ./store:/data\n", 1)
    (remark,) = adopted(tmp_path, prometheus=JOB, compose=whole).remarks
    assert remark.cause == "That stays where it is, in `store`."
    assert "`data: {from: ./store}` under `prometheus`" in remark.remedy


@pytest.mark.parametrize(("volume", "kept"), [("/proc:/host/proc:ro", False), ("/srv/text:/srv/text:ro", True)])
def test_exporter_keeps_what_it_has_of_the_machine_besides(tmp_path: Path, volume: str, kept: bool) -> None:
    job = jobs("{job_name: node, static_configs: [{targets: ['node:9100']}]}")
    service = f"node: {{image: prom/node-exporter, volumes: ['{volume}']}}"
    made: dict[str, Any] = adopted(tmp_path, prometheus=job, compose=compose(service)).manifest["exporters"]["node"]
    assert made.get("docker") == ({"volumes": [volume]} if kept else None)


@pytest.mark.parametrize("folder", ["/srv/gone.yml:/etc/prometheus/prometheus.yml:ro", "/srv/gone:/etc/prometheus"])
def test_mount_of_a_configuration_that_is_not_here_is_not_kept(tmp_path: Path, folder: str) -> None:
    whole = compose().replace("./prometheus.yml:/etc/prometheus/prometheus.yml", folder)
    result = adopted(tmp_path, compose=whole, **{"conf/prometheus.yml": JOB})
    assert "docker" not in result.manifest["prometheus"]
    assert ["is taken for the configuration" in each.summary for each in result.remarks] == [True]


@pytest.mark.parametrize("start", ["[/run.sh, --web.enable-lifecycle]", "[sh, /run.sh]"])
def test_script_that_started_a_server_is_not_kept(tmp_path: Path, start: str) -> None:
    whole = compose().replace("volumes:\n", "volumes:\n    - ./run.sh:/run.sh\n    - ./other.sh:/other.sh\n", 1)
    whole = whole.replace("image:", f"entrypoint: {start}\n    image:", 1)
    made = adopted(tmp_path, prometheus=JOB, compose=whole).manifest["prometheus"]
    assert made["docker"] == {"volumes": ["./other.sh:/other.sh"]}


def test_mount_whose_files_a_variable_names_is_kept(tmp_path: Path) -> None:
    files = {"boards/home.json": '{"title": "Home", "panels": []}'}
    files["p/dashboards/a.yml"] = "providers: [{name: a, type: file, options: {path: /boards}}]"
    service = (
        "grafana: {image: grafana/grafana, volumes: ['./boards:/boards', './p:/etc/grafana/provisioning'],"
        " environment: {GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH: /boards/home.json}}"
    )
    made = adopted(tmp_path, prometheus=JOB, compose=compose(service), **files).manifest
    assert made["dashboards"] == [{"file": "boards/home.json"}]
    assert made["grafana"]["docker"] == {"volumes": ["./boards:/boards"]}
