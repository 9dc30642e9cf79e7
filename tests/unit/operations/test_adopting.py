"""Adopting writes all or nothing, and compares what it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load, outside
from stackctl.operations.adopting import adopt_setup
from tests.unit.adopt.setups import jobs, written

JOB = jobs("{job_name: a, static_configs: [{targets: ['a:1']}]}")


def test_manifest_with_a_problem_is_written_and_not_compared(tmp_path: Path) -> None:
    block = "{job_name: a, scheme: https, tls_config: {ca_file: missing.pem}, static_configs: [{targets: ['a:1']}]}"
    result = adopt_setup([str(written(tmp_path, {"prometheus.yml": jobs(block)}))], {})
    assert result.compared is None
    assert [each.code for each in result.problems] == ["file.missing"]


def test_name_of_the_compose_file_is_that_of_the_stack(tmp_path: Path) -> None:
    files = {"prometheus.yml": JOB, "compose.yaml": "name: shop\nservices: {a: {image: b}}\n"}
    adopt_setup([str(written(tmp_path, files))], {})
    assert "\nname: shop\n" in (tmp_path / "stack.yml").read_text()


def test_file_may_be_named_instead_of_its_folder(tmp_path: Path) -> None:
    adopt_setup([str(written(tmp_path, {"own.yml": JOB}) / "own.yml")], {})
    assert "targets: ['a:1']" in (tmp_path / "stack.yml").read_text()


def test_link_that_leads_nowhere_is_not_followed(tmp_path: Path) -> None:
    (written(tmp_path, {"prometheus.yml": JOB}) / "stack.yml").symlink_to("elsewhere.yml")
    with pytest.raises(InputError, match="already exists"):
        adopt_setup([str(tmp_path)], {})
    assert not (tmp_path / "elsewhere.yml").exists()


DEPLOYED = """
services:
  prometheus: {image: "prom/prometheus:v3.5.0", volumes: ["../../mon/prometheus.yml:/etc/prometheus/prometheus.yml"]}
  app: {image: "app:${TAG}", volumes: ["./own:/own", "../../code:/code"], env_file: [app.env], build: ../../code}
"""


def deployed(folder: Path, **more: str) -> Path:
    """A set-up in the folder `deploy/docker` of a repository."""
    files = {
        ".git/HEAD": "",
        "mon/prometheus.yml": jobs("{job_name: app, static_configs: [{targets: ['app:1']}]}"),
        "deploy/docker/compose.yaml": DEPLOYED,
        "deploy/docker/app.env": "",
        "deploy/docker/.env": "TAG=1\nUNUSED=x\n",
    }
    return written(folder, {**files, **more}) / "deploy" / "docker"


def test_manifest_is_in_the_folder_above_all_files(tmp_path: Path) -> None:
    here = deployed(tmp_path, **{".env": "MORE=1"})
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.name != ".env"}
    result = adopt_setup([str(here)], {})
    assert [path.resolve() for path in result.paths] == [tmp_path / "stack.yml", tmp_path / ".env"]
    assert result.compared
    assert (result.compared.targets, result.compared.differences) == (1, ())
    assert (tmp_path / ".env").read_text() == "MORE=1\nTAG=1\n"
    app = load(tmp_path / "stack.yml", {}).containers[0].fields
    assert app["volumes"] == ["./deploy/docker/own:/own", "./code:/code"]
    assert (app["env_file"], app["build"], app["image"]) == (["./deploy/docker/app.env"], "./code", "app:${TAG}")
    assert {path: path.read_bytes() for path in before} == before


def test_variable_with_two_values_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    here = deployed(tmp_path, **{".env": "TAG=2\nUNUSED=y\n"})
    with pytest.raises(InputError, match="differ in `TAG`") as caught:
        adopt_setup([str(here)], {})
    assert "--allow-outside" in caught.value.problems[0].remedy
    assert not (tmp_path / "stack.yml").exists()
    assert (tmp_path / ".env").read_text() == "TAG=2\nUNUSED=y\n"


def test_manifest_stays_with_its_setup_when_files_outside_are_allowed(tmp_path: Path) -> None:
    here = deployed(tmp_path)
    with outside.allowed():
        adopt_setup([str(here)], {})
    assert (here / "stack.yml").exists()


def test_files_outside_of_the_repository_are_refused(tmp_path: Path) -> None:
    here = deployed(tmp_path / "repository")
    (here / "compose.yaml").write_text(DEPLOYED.replace("../../mon", "../../../mon"))
    written(tmp_path, {"mon/prometheus.yml": JOB})
    with pytest.raises(InputError, match="outside"):
        adopt_setup([str(here)], {})


def test_compose_files_are_used_in_their_order(tmp_path: Path) -> None:
    files = {"a.yml": "services: {app: {image: one, labels: {a: b}}}", "b.yml": "services: {app: {image: two}}"}
    written(tmp_path, {**files, "prometheus.yml": JOB})
    adopt_setup([str(tmp_path / "a.yml"), str(tmp_path / "b.yml")], {})
    assert load(tmp_path / "stack.yml", {}).containers[0].fields == {"image": "two", "labels": {"a": "b"}}


def test_files_that_compose_file_names_are_used(tmp_path: Path) -> None:
    files = {"a.yml": "services: {app: {image: one}}", "b.yml": "services: {app: {image: two}}"}
    written(tmp_path, {**files, "prometheus.yml": JOB, ".env": "COMPOSE_FILE=a.yml:b.yml\n"})
    adopt_setup([str(tmp_path)], {})
    assert load(tmp_path / "stack.yml", {}).containers[0].fields["image"] == "two"


def test_folder_and_file_are_not_adopted_together(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="can be named together"):
        adopt_setup([str(tmp_path), str(written(tmp_path, {"a.yml": JOB}) / "a.yml")], {})


RUN = "services: {prometheus: {image: prom/prometheus, volumes: ['./p.yml:/etc/prometheus/prometheus.yml']}}"
OTHER = "services: {web: {image: nginx}}"


def test_compose_file_of_a_subfolder_is_found(tmp_path: Path) -> None:
    files = {"monitoring/compose.yaml": RUN, "monitoring/p.yml": JOB, "app/compose.yaml": OTHER, "README": ""}
    result = adopt_setup([str(written(tmp_path, files))], {})
    assert result.manifest == tmp_path / "monitoring" / "stack.yml"
    assert "targets: ['a:1']" in result.manifest.read_text()


@pytest.mark.parametrize(
    "files",
    [
        {"a/compose.yaml": RUN, "b/compose.yaml": RUN, "prometheus.yml": JOB},
        {"a/compose.yaml": RUN, "compose.yaml": OTHER},
        {"a/compose.yaml": RUN, "own.yml": OTHER},
        {"a/compose.yaml": OTHER, "conf/prometheus.yml": JOB},
    ],
)
def test_compose_file_of_a_subfolder_is_not_taken_where_it_is_not_the_only_one(
    tmp_path: Path, files: dict[str, str]
) -> None:
    assert adopt_setup([str(written(tmp_path, files))], {}).manifest == tmp_path / "stack.yml"
