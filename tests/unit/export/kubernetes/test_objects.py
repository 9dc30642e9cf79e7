"""The beginning of every object."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackctl.export.kubernetes.objects import Cluster, Objects
from tests.unit.export.manifests import stack_in


def test_head_has_namespace_and_labels_of_the_cluster(tmp_path: Path) -> None:
    objects = Objects(stack_in(tmp_path), Cluster("monitoring", {"release": "prometheus"}))
    metadata = objects.head("v1", "Service", "api", {"app": "api"}, {"note": "x"})["metadata"]
    assert metadata["namespace"] == "monitoring"
    assert metadata["labels"] == {
        "app.kubernetes.io/part-of": "shop",
        "app.kubernetes.io/managed-by": "stackctl",
        "app": "api",
        "release": "prometheus",
    }
    assert metadata["annotations"] == {"note": "x"}


def test_head_without_namespace_leaves_it_to_kubectl(tmp_path: Path) -> None:
    assert "namespace" not in Objects(stack_in(tmp_path), Cluster()).head("v1", "Service", "api")["metadata"]


def test_label_never_ends_with_a_dash(tmp_path: Path) -> None:
    objects = Objects(replace(stack_in(tmp_path), name="shop-_"), Cluster())
    assert objects.head("v1", "Service", "api")["metadata"]["labels"]["app.kubernetes.io/part-of"] == "shop"
