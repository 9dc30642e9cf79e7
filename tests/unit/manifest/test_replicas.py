"""Several replicas are a warning wherever no cluster runs the stack."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.manifest import load
from stackctl.manifest.replicas import replica_warnings

MANIFEST = "version: 1\nname: shop\nservices: {api: {targets: ['api:1']}}\n"
IN_CLUSTER = "runtime: kubernetes\nkubernetes: {context: a, namespace: b}\n"


@pytest.mark.parametrize(
    ("more", "wanted"),
    [
        ("", []),
        ("prometheus: {replicas: 1}\nalertmanager: {replicas: 1}\n", []),
        ("prometheus: {replicas: 2}\n", ["`up` runs one prometheus and not 2"]),
        ("alertmanager: {replicas: 3}\n", ["`up` runs one alertmanager and not 3"]),
        (f"{IN_CLUSTER}prometheus: {{replicas: 2}}\nalertmanager: {{replicas: 2}}\n", []),
    ],
)
def test_replicas_without_a_cluster_are_a_warning(tmp_path: Path, more: str, wanted: list[str]) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST + more)
    found = [each.summary.partition(":")[0] for each in replica_warnings(load(tmp_path / "stack.yml", {}))]
    assert found == wanted
