"""Deployments of the containers that a manifest runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stackctl.export.kubernetes import Cluster, export_kubernetes, left_out
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.tree import Tree

MANIFEST = """\
version: 1
name: shop
services:
  api:
    targets: ["localhost:18000"]
    health: {live: /live}
    run:
      docker:
        image: "${IMAGE:-api:1}"
        command: ["serve", "--key=${API_KEY:-none}"]
        ports: ["127.0.0.1:18000:8000"]
        environment: {MODE: fast, DB_PASSWORD: s3cret-1}
        healthcheck: {test: [CMD, ready]}
        volumes: ["data:/data", "./host:/host"]
        cap_add: [NET_BIND_SERVICE]
  built: {targets: ["built:1"], run: {docker: {build: .}}}
  own: {targets: ["own:1"], run: {native: {command: [x]}}}
containers:
  store: {image: "store:1", user: "0", depends_on: [api]}
"""
CLUSTER = Cluster(has_servers=False, variables={"API_KEY": "s3cret-2"})


def stack_in(folder: Path) -> Stack:
    (folder / "stack.yml").write_text(MANIFEST)
    return load(folder / "stack.yml", {})


def tree_in(folder: Path) -> Tree:
    return export_kubernetes(stack_in(folder), CLUSTER)


def pod_of(tree: Tree, name: str) -> dict[str, Any]:
    pod: dict[str, Any] = tree.yaml(f"containers/{name}-deployment.yaml")["spec"]["template"]["spec"]
    return pod


def test_container_has_image_ports_and_probes(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    (container,) = pod_of(tree, "api")["containers"]
    assert container["image"] == "api:1"
    assert container["ports"] == [{"name": "http", "containerPort": 8000, "protocol": "TCP"}]
    assert container["livenessProbe"]["httpGet"]["port"] == 8000
    assert container["readinessProbe"] == {"exec": {"command": ["ready"]}}
    service = tree.yaml("api-service.yaml")["spec"]
    labels = tree.yaml("containers/api-deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    assert service["ports"][0]["targetPort"] == 8000
    assert service["selector"].items() <= labels.items()


def test_secrets_are_variables_of_a_secret(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    (container,) = pod_of(tree, "api")["containers"]
    assert container["args"] == ["serve", "$(STACKCTL_ARGUMENT_1)"]
    data = tree.yaml("secrets/containers_api.yaml")["stringData"]
    assert data == {"DB_PASSWORD": "s3cret-1", "STACKCTL_ARGUMENT_1": "--key=s3cret-2"}
    assert {path for path, file in tree if b"s3cret-" in file.content} == {"secrets/containers_api.yaml"}
    named = {each["name"] for each in container["env"] if "valueFrom" in each}
    assert named == data.keys()


def test_pods_are_restricted_unless_the_manifest_asks_for_more(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    api, store = pod_of(tree, "api"), pod_of(tree, "store")
    assert api["securityContext"]["runAsNonRoot"] is True
    assert "runAsNonRoot" not in store["securityContext"]
    assert store["securityContext"]["runAsUser"] == 0
    capabilities = [pod["containers"][0]["securityContext"]["capabilities"] for pod in (api, store)]
    assert capabilities == [{"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}, {"drop": ["ALL"]}]


def test_named_volume_has_a_claim(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    claim = tree.yaml("containers/volume_shop-data-persistentvolumeclaim.yaml")
    volume = {"name": "volume-0", "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}}
    assert pod_of(tree, "api")["volumes"] == [volume]


def test_container_is_reached_by_its_name_at_any_port(tmp_path: Path) -> None:
    service = tree_in(tmp_path).yaml("containers/store-service.yaml")
    assert (service["metadata"]["name"], service["spec"]["clusterIP"]) == ("store", "None")
    assert "ports" not in service["spec"]


def test_deployment_takes_the_place_of_a_patch(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    assert "patches/api.yaml" not in tree.files
    assert "patches/own.yaml" in tree.files
    assert "patches/api.yaml" in export_kubernetes(stack_in(tmp_path), Cluster()).files


def test_whatever_no_object_has_is_named(tmp_path: Path) -> None:
    found = {each.summary for each in left_out(stack_in(tmp_path), CLUSTER)}
    assert found == {
        "services.api.run.docker: `volumes` cannot be exported",
        "services.built: `run.docker` cannot be exported",
        "services.own: `run.native` cannot be exported",
        "containers.store: `depends_on` cannot be exported",
    }
