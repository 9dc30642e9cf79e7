"""Deployments of exporters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.kubernetes.server_pod import unexported
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.tree import Tree

MANIFEST = """\
version: 1
name: shop
pushgateway: {}
grafana: {admin: {password: s3cret-0}}
exporters:
  node: {}
  redis: {address: "localhost:6379", password: s3cret-1, resources: {memory: 64m}}
  blackbox: {probes: {home: {url: "https://shop.example.org"}}}
  own_one:
    image: x:1
    port: 9000
    command: ["--a=$(B)"]
    env: {PLAIN: a, API_TOKEN: s3cret-2}
    docker: {labels: {a: b}}
"""


def stack_in(folder: Path) -> Stack:
    (folder / "stack.yml").write_text(MANIFEST)
    return load(folder / "stack.yml", {})


def tree_in(folder: Path) -> Tree:
    return export_kubernetes(stack_in(folder), Cluster(has_servers=False))


def pod_of(tree: Tree, name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pod of an exporter, and its container."""
    pod = tree.yaml(f"servers/{name}-deployment.yaml")["spec"]["template"]["spec"]
    return pod, pod["containers"][0]


def test_container_reads_secrets_from_files(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    pod, container = pod_of(tree, "shop-redis-exporter")
    assert "--redis.password-file=/etc/stackctl/secrets/redis/passwords" in container["args"]
    assert container["volumeMounts"] == [
        {"name": "secrets", "mountPath": "/etc/stackctl/secrets/redis", "readOnly": True}
    ]
    (volume,) = pod["volumes"]
    secret = tree.yaml("secrets/deployment_shop-redis-exporter.yaml")
    assert volume["secret"]["secretName"] == secret["metadata"]["name"]
    assert [item["key"] for item in volume["secret"]["items"]] == [*secret["stringData"]]
    assert container["resources"] == {"limits": {"memory": "64Mi"}}


def test_localhost_stays_as_it_was_written(tmp_path: Path) -> None:
    _, container = pod_of(tree_in(tmp_path), "shop-redis-exporter")
    assert "--redis.addr=redis://localhost:6379" in container["args"]


def test_variables_are_literal_or_from_the_secret(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    pod, container = pod_of(tree, "shop-own-one")
    assert container["args"] == ["--a=$$(B)"]
    reference = {"secretKeyRef": {"name": "shop-own-one", "key": "env-API_TOKEN"}}
    assert container["env"] == [{"name": "PLAIN", "value": "a"}, {"name": "API_TOKEN", "valueFrom": reference}]
    assert tree.yaml("secrets/deployment_shop-own-one.yaml")["stringData"] == {"env-API_TOKEN": "s3cret-2"}
    assert "volumes" not in pod


def test_configuration_is_mounted_where_the_arguments_name_it(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    _, container = pod_of(tree, "shop-blackbox")
    assert container["args"][0] == "--config.file=/etc/stackctl/blackbox/blackbox.yml"
    assert container["volumeMounts"][0]["mountPath"] == "/etc/stackctl/blackbox"
    assert "blackbox.yml" in tree.yaml("servers/shop-blackbox-configmap.yaml")["data"]


def test_service_and_monitor_select_the_pods(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    labels = tree.yaml("servers/shop-redis-exporter-deployment.yaml")["spec"]["template"]["metadata"]["labels"]
    service = tree.yaml("servers/shop-redis-exporter-service.yaml")
    monitor = tree.yaml("servers/shop-redis-exporter-servicemonitor.yaml")
    assert service["spec"]["selector"].items() <= labels.items()
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    steps = monitor["spec"]["endpoints"][0]["relabelings"]
    assert {"targetLabel": "job", "replacement": "redis"} in steps
    assert {"targetLabel": "instance", "replacement": "redis-exporter:9121"} in steps


def test_secrets_are_in_secret_files_alone(tmp_path: Path) -> None:
    holders = {path for path, file in tree_in(tmp_path) if b"s3cret-" in file.content}
    named = ("redis-exporter", "own-one", "grafana")
    assert holders == {f"secrets/deployment_shop-{name}.yaml" for name in named}


def test_an_argument_with_a_secret_is_a_variable(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nexporters: {redis: {address: 'r:1', password: s3cret-1, args: [--x=s3cret-1]}}\n"
    )
    tree = export_kubernetes(load(tmp_path / "stack.yml", {}), Cluster(has_servers=False))
    _, container = pod_of(tree, "shop-redis-exporter")
    (name,) = (each["name"] for each in container["env"] if each["name"].startswith("STACKCTL_ARGUMENT_"))
    assert container["args"][-1] == f"$({name})"
    assert tree.yaml("secrets/deployment_shop-redis-exporter.yaml")["stringData"][name] == "--x=s3cret-1"


def test_fields_of_its_container_are_named(tmp_path: Path) -> None:
    named = {each.name: unexported(each) for each in stack_in(tmp_path).exporters}
    assert (named["own_one"], named["redis"]) == (["docker"], [])


def test_pushgateway_keeps_its_data_and_the_labels_of_pushers(tmp_path: Path) -> None:
    tree = tree_in(tmp_path)
    spec = tree.yaml("servers/shop-pushgateway-deployment.yaml")["spec"]
    pod, container = pod_of(tree, "shop-pushgateway")
    claim = tree.yaml("servers/shop-pushgateway-persistentvolumeclaim.yaml")
    assert spec["strategy"] == {"type": "Recreate"}
    assert "--persistence.file=/pushgateway/metrics.db" in container["args"]
    assert container["volumeMounts"] == [{"name": "data", "mountPath": "/pushgateway"}]
    assert pod["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": claim["metadata"]["name"]}}]
    monitor = tree.yaml("servers/shop-pushgateway-servicemonitor.yaml")
    assert monitor["spec"]["endpoints"][0]["honorLabels"] is True
