"""Adopting writes all or nothing, and compares what it wrote."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
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
