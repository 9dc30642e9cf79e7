"""The runtime that a manifest names is read where it may be named, and mistakes are left to the command."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.operations.named_runtime import stack_with_runtime

HEAD = "version: 1\nname: shop\nservices: {api: {targets: ['api:8000']}}\n"
CLUSTER = "runtime: kubernetes\nkubernetes: {context: prod, namespace: shop}\n"


def test_named_runtime_is_found_in_an_included_manifest_too(tmp_path: Path) -> None:
    (tmp_path / "base.yml").write_text(CLUSTER)
    (tmp_path / "stack.yml").write_text(f"{HEAD}include: [base.yml]\n")
    found = stack_with_runtime(tmp_path / "stack.yml")
    assert found is not None
    assert found.kubernetes is not None
    assert found.kubernetes.context == "prod"


@pytest.mark.parametrize("text", ["runtime: kubernetes\n", f"{CLUSTER}nonsense: 1\n", f"{CLUSTER}broken: [\n"])
def test_mistakes_of_a_manifest_for_a_cluster_are_reported(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.yml").write_text(HEAD + text)
    with pytest.raises(InputError):
        stack_with_runtime(tmp_path / "stack.yml")


@pytest.mark.parametrize("text", [HEAD, f"{HEAD}runtime: external\n", "runtime: [", ""])
def test_manifest_without_one_or_with_mistakes_is_no_matter_of_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "stack.yml").write_text(text)
    assert stack_with_runtime(tmp_path / "stack.yml") is None
    assert stack_with_runtime(tmp_path / "gone.yml") is None
