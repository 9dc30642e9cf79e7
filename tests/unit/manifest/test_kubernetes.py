"""A cluster and the runtime `kubernetes` belong together, and its names are those that Kubernetes takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import InputError
from stackctl.manifest import load

HEAD = "version: 1\nname: shop\nservices: {api: {targets: ['api:8000']}}\n"


def problems(tmp_path: Path, text: str) -> str:
    (tmp_path / "stack.yml").write_text(HEAD + text)
    with pytest.raises(InputError) as caught:
        load(tmp_path / "stack.yml")
    return str(caught.value)


def test_cluster_is_read_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(f"{HEAD}runtime: kubernetes\nkubernetes: {{context: prod, namespace: shop}}\n")
    found = load(tmp_path / "stack.yml").kubernetes
    assert found is not None
    assert (found.context, found.namespace, found.origin.line) == ("prod", "shop", 5)


def test_one_without_the_other_is_refused(tmp_path: Path) -> None:
    assert "there is no `kubernetes`" in problems(tmp_path, "runtime: kubernetes\n")
    assert "Add `runtime: kubernetes`" in problems(tmp_path, "kubernetes: {context: prod, namespace: shop}\n")
    mixed = "runtime: external\nkubernetes: {context: prod, namespace: shop}\n"
    assert "a cluster needs the key `runtime`" in problems(tmp_path, mixed)


@pytest.mark.parametrize("name", ["Shop", "a.b", "-a", "a_b", "x" * 64])
def test_name_that_kubernetes_does_not_take_is_refused(tmp_path: Path, name: str) -> None:
    text = f"runtime: kubernetes\nkubernetes: {{context: prod, namespace: {name}}}\n"
    assert "not a name that Kubernetes accepts" in problems(tmp_path, text)
