"""Grafana's pod: all that it reads is where its provisioning looks for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.errors import InputError
from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.manifest import load
from stackctl.source import Secret
from stackctl.tree import Tree
from tests.unit.export.manifests import stack_in

SERVERS = Cluster(has_servers=False)


def pod_of(tree: Tree) -> dict[str, Any]:
    pod: dict[str, Any] = tree.yaml("servers/shop-grafana-deployment.yaml")["spec"]["template"]["spec"]
    return pod


def files_of(tree: Tree) -> dict[str, str]:
    """Path -> content of what the container sees, from the objects that its volumes name."""
    things = [tree.yaml(path) for path in tree.files if path.endswith(".yaml") and not path.startswith("patches")]
    texts = {
        (each["kind"], each["metadata"]["name"]): each.get("data") or each.get("stringData")
        for each in things
        if each["kind"] in ("ConfigMap", "Secret")
    }
    volumes = {each["name"]: each for each in pod_of(tree)["volumes"]}
    found = {}
    for mount in pod_of(tree)["containers"][0]["volumeMounts"]:
        volume = volumes[mount["name"]]
        secret = (
            [{"secret": {**volume["secret"], "name": volume["secret"]["secretName"]}}] if "secret" in volume else []
        )
        for source in volume.get("projected", {}).get("sources", secret):
            ((kind, from_it),) = source.items()
            content = texts[{"secret": "Secret", "configMap": "ConfigMap"}[kind], from_it["name"]]
            found |= {f"{mount['mountPath']}/{each['path']}": content[each["key"]] for each in from_it["items"]}
    return found


def test_dashboards_are_in_the_folders_of_their_providers(tmp_path: Path) -> None:
    stack_in(tmp_path)
    files = files_of(export_kubernetes(load(tmp_path / "stack.yml", {}), SERVERS))
    tree = "/etc/stackctl/grafana"
    (provider,) = yaml.safe_load(files[f"{tree}/provisioning/dashboards/stackctl.yml"])["providers"]
    folder = provider["options"]["path"].replace("${STACKCTL_TREE}", "/etc/stackctl")
    assert yaml.safe_load(files[f"{folder}/shop.json"])["title"] == "Shop"
    assert f"{tree}/provisioning/alerting/.keep" in files


def test_datasource_is_the_operators_prometheus(tmp_path: Path) -> None:
    stack_in(tmp_path)
    tree = export_kubernetes(load(tmp_path / "stack.yml", {}), SERVERS)
    content = files_of(tree)["/etc/stackctl/grafana/provisioning/datasources/prometheus.yml"]
    (source,) = yaml.safe_load(content)["datasources"]
    assert (source["uid"], source["url"]) == ("prometheus", "http://prometheus-operated:9090")
    assert "basicAuth" not in source


def test_secret_files_are_where_variables_name_them(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        """version: 1
name: shop
grafana:
  admin: {password: s3cret-1}
  extra_env: {GF_SMTP_PASSWORD: s3cret-2, PLAIN_TOKEN: s3cret-3}
  datasources: [{name: Logs, type: loki, url: "http://u:s3cret-4@logs:1", secureJsonData: {k: s3cret-5}}]
services: {api: {targets: ["api:1"]}}
"""
    )
    tree = export_kubernetes(load(tmp_path / "stack.yml", {}), SERVERS)
    files, container = files_of(tree), pod_of(tree)["containers"][0]
    values = {each["name"]: each.get("value") for each in container["env"]}
    named = [*(value for name, value in values.items() if name.endswith("__FILE"))]
    named += [value[8:-1] for value in values.values() if value and value.startswith("$__file{")]
    assert {files[path] for path in named} == {"s3cret-1", "s3cret-2", "s3cret-5"}
    holders = {path for path, file in tree if b"s3cret-" in file.content}
    assert holders == {"secrets/deployment_shop-grafana.yaml"}


def test_password_that_was_made_is_used(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text("version: 1\nname: shop\ngrafana: {}\nexporters: {node: {}}\n")
    stack = load(tmp_path / "stack.yml", {})
    tree = export_kubernetes(stack, Cluster(has_servers=False, grafana_password=Secret("made-one")))
    assert files_of(tree)["/etc/stackctl/secrets/grafana/admin_password"] == "made-one"
    with pytest.raises(InputError, match="no password of the administrator"):
        export_kubernetes(stack, SERVERS)


def test_pod_runs_as_the_owner_of_its_data(tmp_path: Path) -> None:
    stack_in(tmp_path)
    pod = pod_of(export_kubernetes(load(tmp_path / "stack.yml", {}), SERVERS))
    assert pod["securityContext"]["runAsUser"] == pod["securityContext"]["fsGroup"] == 472
    assert {"name": "data", "mountPath": "/var/lib/grafana"} in pod["containers"][0]["volumeMounts"]


def test_alerting_is_in_the_secret_of_its_pod(tmp_path: Path) -> None:
    text = (
        "apiVersion: 1\ncontactPoints: [{name: o, receivers: [{uid: o, type: email, settings: {addresses: s3cret}}]}]\n"
    )
    (tmp_path / "a.yml").write_text(text)
    grafana = "grafana: {admin: {password: p4ssword}, alerting: [a.yml]}"
    (tmp_path / "stack.yml").write_text(f"version: 1\nname: shop\n{grafana}\nexporters: {{node: {{}}}}\n")
    tree = export_kubernetes(load(tmp_path / "stack.yml", {}), SERVERS)
    folder = "/etc/stackctl/grafana/provisioning/alerting/"
    assert [text for path, text in files_of(tree).items() if path.startswith(f"{folder}a_yml")] == [text]
    assert {path for path, file in tree if b"s3cret" in file.content} == {"secrets/deployment_shop-grafana.yaml"}
