"""ConfigMaps of dashboards."""

from __future__ import annotations

import json
from pathlib import Path

from stackctl.export.kubernetes import Cluster, export_kubernetes
from tests.unit.export.manifests import stack_in


def test_dashboard_is_whole_and_labelled_for_the_sidecar(tmp_path: Path) -> None:
    board = export_kubernetes(stack_in(tmp_path), Cluster()).yaml("dashboard-shop.yaml")
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert board["metadata"]["annotations"] == {"grafana_folder": "Shop"}
    assert json.loads(board["data"]["shop.json"])["title"] == "Shop"
