"""Thanos: the operator runs a sidecar next to each Prometheus, Query finds all of them, and Grafana asks Query."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.manifest import load
from stackctl.source import Secret
from stackctl.tree import Tree, load_yaml

HEAD = """\
version: 1
name: shop_1
runtime: kubernetes
kubernetes: {context: a, namespace: b}
grafana: {}
services: {api: {targets: ["api:8000"]}}
"""


def tree_in(folder: Path, more: str = "thanos: {}\n") -> Tree:
    (folder / "stack.yml").write_text(HEAD + more)
    cluster = Cluster("b", has_servers=False, grafana_password=Secret("made-one"))
    return export_kubernetes(load(folder / "stack.yml", {}), cluster)


def server(tree: Tree, name: str) -> Any:
    return tree.yaml(f"servers/{name}.yaml")


def datasource(tree: Tree) -> Any:
    text = tree.yaml("secrets/deployment_shop-1-grafana.yaml")["stringData"]["datasources.yml"]
    return load_yaml(text)["datasources"][0]


@pytest.mark.parametrize("prometheus", ["", "prometheus: {replicas: 2}\n"])
def test_every_prometheus_has_a_sidecar_and_a_label_of_its_own(tmp_path: Path, prometheus: str) -> None:
    tree = tree_in(tmp_path, f"thanos: {{image: 'x/thanos:v0.41.1'}}\n{prometheus}")
    spec = server(tree, "prometheus")["spec"]
    assert spec["thanos"] == {"image": "x/thanos:v0.41.1", "version": "v0.41.1"}
    assert spec["replicaExternalLabelName"] == "prometheus_replica"  # a sidecar does not start without any


def test_image_that_does_not_say_its_version_gets_none(tmp_path: Path) -> None:
    tree = tree_in(tmp_path, "thanos: {image: 'x/thanos:main'}\n")
    assert server(tree, "prometheus")["spec"]["thanos"] == {"image": "x/thanos:main"}


def test_query_finds_the_sidecars_and_takes_replicas_for_one(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    service = server(tree, "thanos-sidecars-service")
    assert service["spec"]["clusterIP"] == "None"
    pod = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": "shop-1"}
    assert service["spec"]["selector"] == pod
    arguments = server(tree, "thanos-query-deployment")["spec"]["template"]["spec"]["containers"][0]["args"]
    (port,) = (each["port"] for each in service["spec"]["ports"])
    assert f"--endpoint=dns+{service['metadata']['name']}:{port}" in arguments
    assert "--query.replica-label=prometheus_replica" in arguments


def test_query_is_as_restricted_as_other_servers(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    query = server(tree, "thanos-query-deployment")["spec"]["template"]["spec"]
    gateway = tree_in(tmp_path, "pushgateway: {}\n")
    other = gateway.yaml("servers/shop-1-pushgateway-deployment.yaml")["spec"]["template"]["spec"]
    for key in ("securityContext", "automountServiceAccountToken"):
        assert query[key] == other[key]
    assert query["containers"][0]["securityContext"] == other["containers"][0]["securityContext"]


def test_several_of_query_are_not_taken_at_once(tmp_path: Path) -> None:
    assert "servers/thanos-query-poddisruptionbudget.yaml" not in tree_in(tmp_path).files
    tree = tree_in(tmp_path, "thanos: {replicas: 2}\n")
    deployment, budget = server(tree, "thanos-query-deployment"), server(tree, "thanos-query-poddisruptionbudget")
    assert deployment["spec"]["replicas"] == 2
    assert budget["spec"]["selector"] == deployment["spec"]["selector"]


def test_grafana_asks_query(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    service, source = server(tree, "thanos-query-service"), datasource(tree)
    (port,) = (each["port"] for each in service["spec"]["ports"])
    assert source["url"] == f"http://{service['metadata']['name']}:{port}"
    assert (source["jsonData"]["prometheusType"], source["jsonData"]["prometheusVersion"]) == ("Thanos", "0.42.0")


def test_nothing_of_it_is_there_without_the_key(tmp_path: Path) -> None:
    tree = tree_in(tmp_path, "")
    assert [path for path in tree.files if "thanos" in path] == []
    assert "thanos" not in server(tree, "prometheus")["spec"]
    assert datasource(tree)["url"] == "http://prometheus-operated:9090"
