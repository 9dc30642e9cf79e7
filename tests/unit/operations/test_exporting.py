"""Objects for a cluster, with what the manifest does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.export.kubernetes import Cluster
from stackctl.operations.exporting import kubernetes_objects

MANIFEST = """\
version: 1
name: shop
grafana: {}
services: {api: {targets: ["api:1"], run: {docker: {image: "${IMAGE:-none}"}}}}
"""


def test_variables_come_from_the_environment_and_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    (tmp_path / ".env").write_text("IMAGE=from-file:1\n")
    _, _, tree = kubernetes_objects(tmp_path / "stack.yml", Cluster(has_servers=False))
    assert b"from-file:1" in tree.files["containers/api-deployment.yaml"].content
    monkeypatch.setenv("IMAGE", "from-environment:1")
    _, _, tree = kubernetes_objects(tmp_path / "stack.yml", Cluster(has_servers=False))
    assert b"from-environment:1" in tree.files["containers/api-deployment.yaml"].content


def test_password_of_grafana_stays_the_same(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    secrets = [
        kubernetes_objects(tmp_path / "stack.yml", Cluster(has_servers=False))[2]
        .files["secrets/deployment_shop-grafana.yaml"]
        .content
        for _ in range(2)
    ]
    assert secrets[0] == secrets[1]


def test_no_password_is_made_for_the_grafana_of_a_cluster(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    _, cluster, _ = kubernetes_objects(tmp_path / "stack.yml", Cluster())
    assert cluster.grafana_password is None
    assert not (tmp_path / ".stackctl").exists()
