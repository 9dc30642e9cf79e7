"""The files of a folder that are looked at, and templates among them."""

from __future__ import annotations

from pathlib import Path

from stackctl.adopt import adopt, find_setup
from stackctl.adopt.finding import nothing_found
from stackctl.manifest.problems import Problems
from tests.unit.adopt.setups import JOB, compose, found, written


def test_what_is_in_hidden_folders_is_not_looked_at(tmp_path: Path) -> None:
    assert find_setup(written(tmp_path, {".cache/prometheus.yml": JOB}), {}, Problems()) is None


def test_template_of_a_missing_configuration_is_named(tmp_path: Path) -> None:
    files = {"compose.yaml": compose(), "templates/prometheus.yml.j2": "{% for x in y %}"}
    remark = next(
        each for each in adopt(found(written(tmp_path, files)), "s").remarks if "configuration" in each.summary
    )
    assert remark.cause.startswith("The set-up does not have prometheus.yml.")
    assert remark.remedy.startswith("templates/prometheus.yml.j2 may be its template")


def test_template_without_anything_else_is_named(tmp_path: Path) -> None:
    problem = nothing_found(written(tmp_path, {"roles/mon/templates/prometheus.yml.j2": "{% for x in y %}"}))
    assert problem.cause == "roles/mon/templates/prometheus.yml.j2 is a template, as for Ansible or Helm."
