"""PodMonitors of DaemonSets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.podmonitor import pod_monitor
from stackctl.manifest import load


def test_pods_of_nodes_are_scraped_as_in_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nexporters: {node: {job: machines, scrape_interval: 30s, labels: {site: home}}}\n"
    )
    tree = export_kubernetes(load(tmp_path / "stack.yml", {}), Cluster(has_servers=False))
    monitor = tree.yaml("servers/shop-node-podmonitor.yaml")["spec"]
    labels = tree.yaml("servers/shop-node-daemonset.yaml")["spec"]["template"]["metadata"]["labels"]
    (endpoint,) = monitor["podMetricsEndpoints"]
    assert monitor["selector"]["matchLabels"].items() <= labels.items()
    assert endpoint["interval"] == "30s"
    assert {"targetLabel": "job", "replacement": "machines"} in endpoint["relabelings"]
    assert {"targetLabel": "site", "replacement": "home"} in endpoint["relabelings"]
    by_node = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "instance"}
    assert by_node in endpoint["relabelings"]


def test_what_is_not_scraped_has_none(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text("version: 1\nname: shop\nexporters: {node: {}}\n")
    stack = load(tmp_path / "stack.yml", {})
    (node,) = stack.exporters
    assert pod_monitor(Objects(stack, Cluster()), replace(node, scrape=None), "shop-node") is None
