"""Patches for Deployments."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes import Cluster, export_kubernetes
from tests.unit.export.manifests import stack_in


def test_patch_has_annotations_label_and_probes(tmp_path: Path) -> None:
    patch = export_kubernetes(stack_in(tmp_path), Cluster()).yaml("patches/api-server.yaml")
    template = patch["spec"]["template"]
    assert template["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8000",
        "prometheus.io/path": "/api/metrics",
        "prometheus.io/scheme": "https",
    }
    assert template["metadata"]["labels"] == {"app": "api-server"}
    assert template["spec"]["containers"][0]["livenessProbe"]["httpGet"]["path"] == "/live"
