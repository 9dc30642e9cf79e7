"""Kustomizations: of all objects, and of the patches for Deployments that are defined somewhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

FILE = "kustomization.yaml"


def kustomization(paths: Iterable[str]) -> dict[str, Any]:
    """The kustomization of the objects in `paths`."""
    return {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": sorted(paths)}


def component(names: Iterable[str]) -> dict[str, Any]:
    """The component with a patch for each Deployment of `names`, for a kustomization that has these."""
    patches = [{"path": f"{name}.yaml"} for name in sorted(names)]
    return {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component", "patches": patches}
