"""DaemonSets of exporters that read their node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stackctl.export.kubernetes import Cluster, export_kubernetes, of_nodes
from stackctl.manifest import load
from stackctl.tree import Tree

MANIFEST = """\
version: 1
name: shop
exporters:
  node: {args: [--no-collector.zfs], resources: {memory: 64m}}
  cadvisor: {}
  process: {}
"""


def tree_in(folder: Path) -> Tree:
    (folder / "stack.yml").write_text(MANIFEST)
    return export_kubernetes(load(folder / "stack.yml", {}), Cluster(has_servers=False))


def pod_of(tree: Tree, name: str) -> dict[str, Any]:
    pod: dict[str, Any] = tree.yaml(f"servers/{name}-daemonset.yaml")["spec"]["template"]["spec"]
    return pod


def test_folders_of_the_node_are_mounted_to_read(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    for name in ("shop-node", "shop-cadvisor", "shop-process-exporter"):
        pod = pod_of(tree, name)
        (container,) = pod["containers"]
        of_node = {each["name"] for each in pod["volumes"] if "hostPath" in each}
        mounts = [each for each in container["volumeMounts"] if each["name"] in of_node]
        assert mounts
        assert all(each["readOnly"] and each["mountPropagation"] == "HostToContainer" for each in mounts)
    assert pod_of(tree, "shop-node")["volumes"][0]["hostPath"] == {"path": "/"}
    assert "--path.rootfs=/host" in pod_of(tree, "shop-node")["containers"][0]["args"]


def test_only_what_needs_root_is_root(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    users = {
        name: pod_of(tree, name)["securityContext"]["runAsUser"]
        for name in ("shop-node", "shop-cadvisor", "shop-process-exporter")
    }
    assert users == {"shop-node": 65534, "shop-cadvisor": 0, "shop-process-exporter": 0}
    for name in users:
        context = pod_of(tree, name)["containers"][0]["securityContext"]
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert context["allowPrivilegeEscalation"] is False


def test_cadvisor_asks_containerd(tmp_path: Path) -> None:
    pod = pod_of(tree_in(tmp_path), "shop-cadvisor")
    assert "--docker_only=false" in pod["containers"][0]["args"]
    assert "/run/containerd" in {each["hostPath"]["path"] for each in pod["volumes"]}


def test_pods_run_on_every_node(tmp_path: Path) -> None:
    assert pod_of(tree_in(tmp_path), "shop-node")["tolerations"] == [{"operator": "Exists"}]


def test_those_of_nodes_are_named(tmp_path: Path) -> None:
    tree_in(tmp_path)
    assert of_nodes(load(tmp_path / "stack.yml", {})) == ["node", "cadvisor", "process"]
