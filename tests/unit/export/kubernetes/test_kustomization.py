"""Kustomizations."""

from __future__ import annotations

from stackctl.export.kubernetes.kustomization import component, kustomization


def test_kustomization_lists_objects_in_order() -> None:
    assert kustomization(["b.yaml", "a.yaml"])["resources"] == ["a.yaml", "b.yaml"]


def test_patches_are_a_component() -> None:
    made = component(["worker", "api"])
    assert made["kind"] == "Component"
    assert made["patches"] == [{"path": "api.yaml"}, {"path": "worker.yaml"}]
