"""A command that is not for a cluster says what is done instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.operations.named_runtime import refused_or_found

HEAD = "version: 1\nname: shop\nservices: {api: {targets: ['api:8000']}}\n"
CLUSTER = "runtime: kubernetes\nkubernetes: {context: prod, namespace: shop}\n"


@pytest.mark.parametrize("command", ["watch", "drill --live"])
def test_command_is_refused_with_what_to_do_instead(tmp_path: Path, command: str) -> None:
    (tmp_path / "stack.yml").write_text(HEAD + CLUSTER)
    with pytest.raises(InputError) as caught:
        refused_or_found(tmp_path / "stack.yml", command)
    (problem,) = caught.value.problems
    assert problem.code == "usage.kubernetes"
    assert problem.summary.startswith(f"`stackctl {command}` cannot ")
    assert problem.remedy


def test_other_commands_and_other_manifests_are_not_refused(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(HEAD + CLUSTER)
    for command in ("up", "reload", "logs", "drill", "backup", "restore"):
        refused_or_found(tmp_path / "stack.yml", command)
    (tmp_path / "local.yml").write_text(HEAD)
    refused_or_found(tmp_path / "local.yml", "reload")
    refused_or_found(tmp_path / "gone.yml", "reload")
