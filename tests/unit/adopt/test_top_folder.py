"""The folder of the manifest: the deepest one above all that it names."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.adopt import Setup, find_setup
from stackctl.adopt.top_folder import repository_of, top_folder
from stackctl.manifest.problems import Problems
from tests.unit.adopt.setups import jobs, written

JOB = jobs("{job_name: app, static_configs: [{targets: ['app:80']}]}")


def top(folder: Path, here: str, compose: str, **files: str) -> str:
    """The folder for the manifest, from `folder` on, of a Compose file in the folder `here`."""
    written(folder, {f"{here}/compose.yaml": compose, **files})

    def find(whole: Path) -> Setup | None:
        return find_setup(folder / here, {}, Problems(), (), whole)

    return top_folder(find, (folder / here).resolve(), folder).relative_to(folder.resolve()).as_posix()


PROMETHEUS = "prometheus: {image: 'prom/prometheus:v3.5.0', volumes: ['%s:/etc/prometheus/prometheus.yml']}"


@pytest.mark.parametrize(
    ("config", "more", "folder"),
    [
        ("./prometheus.yml", "", "a/b/c"),
        ("../prometheus.yml", "", "a/b"),
        ("../../prometheus.yml", "", "a"),
        ("../../../prometheus.yml", "", "."),
        ("./prometheus.yml", ", app: {image: app, env_file: ../app.env}", "a/b"),
        ("./prometheus.yml", ", app: {image: app, volumes: ['../../code:/code'], build: ../..}", "a/b/c"),
        ("./prometheus.yml", ", grafana: {image: grafana/grafana, volumes: ['../boards:/var/lib/boards']}", "a/b"),
        ("./prometheus.yml", ", grafana: {image: grafana/grafana, volumes: ['../data:/var/lib/grafana']}", "a/b/c"),
        ("./prometheus.yml", ", app: {extends: {file: ../base.yml, service: app}}", "a/b"),
        ("./prometheus.yml", "}, configs: {c: {content: x}}, x-services: {app: {configs: [c]}", "a/b/c"),
    ],
)
def test_folder_is_above_all_files_that_the_manifest_names(tmp_path: Path, config: str, more: str, folder: str) -> None:
    compose = f"services: {{{PROMETHEUS % config}{more}}}\n"
    files = {f"a/b/c/{config}": JOB, "a/b/app.env": "A=1\n", "a/b/base.yml": "services: {app: {image: app}}\n"}
    assert top(tmp_path, "a/b/c", compose, **files) == folder


def test_rules_of_a_configuration_without_containers_count(tmp_path: Path) -> None:
    files = {"mon/conf/prometheus.yml": "rule_files: [../rules/*.yml]\nscrape_configs: []\n", "mon/rules/a.yml": ""}
    folder = written(tmp_path, files) / "mon" / "conf"

    def find(whole: Path) -> Setup | None:
        return find_setup(folder, {}, Problems(), (), whole)

    assert top_folder(find, folder.resolve(), tmp_path) == tmp_path.resolve() / "mon"


def test_files_above_the_limit_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "prometheus.yml").write_text(JOB)
    compose = f"services: {{{PROMETHEUS % '../../prometheus.yml'}}}\n"
    written(tmp_path, {"a/b/compose.yaml": compose})

    def find(whole: Path) -> Setup | None:
        return find_setup(tmp_path / "a" / "b", {}, Problems(), (), whole)

    assert top_folder(find, (tmp_path / "a" / "b").resolve(), tmp_path / "a") == (tmp_path / "a" / "b").resolve()


def test_repository_is_the_next_folder_above_that_git_has(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".git").touch()  # a file, as in a worktree
    assert repository_of(tmp_path / "a" / "b") == tmp_path.resolve()
    assert repository_of(tmp_path) == tmp_path.resolve()
