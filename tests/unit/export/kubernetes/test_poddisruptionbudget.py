"""PodDisruptionBudgets."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes import Cluster, export_kubernetes
from tests.unit.export.manifests import services_in


def test_one_pod_at_a_time_may_go(tmp_path: Path) -> None:
    run = "run: {docker: {image: 'x:1', deploy: {replicas: 3}}}"
    stack = services_in(tmp_path, f"{{api: {{targets: ['api:1'], {run}}}, one: {{targets: ['one:1']}}}}")
    tree = export_kubernetes(stack, Cluster(has_servers=False))
    budgets = {path for path in tree.files if path.endswith("-poddisruptionbudget.yaml")}
    assert budgets == {"servers/prometheus-poddisruptionbudget.yaml", "containers/api-poddisruptionbudget.yaml"}
    for path in budgets:
        assert tree.yaml(path)["spec"]["maxUnavailable"] == 1
    labels = tree.yaml("containers/api-deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    selected = tree.yaml("containers/api-poddisruptionbudget.yaml")["spec"]["selector"]["matchLabels"]
    assert selected.items() <= labels.items()
