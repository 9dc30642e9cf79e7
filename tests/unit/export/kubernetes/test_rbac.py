"""Rights of Prometheus."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.export.kubernetes import export_kubernetes, left_out
from stackctl.export.kubernetes.objects import Cluster, Objects
from stackctl.export.kubernetes.rbac import role, role_binding, service_account
from stackctl.tree import Tree
from tests.unit.export.manifests import services_in, stack_in


def test_role_only_finds_targets_and_is_bound_to_the_account(tmp_path: Path) -> None:
    objects = Objects(stack_in(tmp_path), Cluster("shop"))
    made = role(objects, "shop")
    assert made["kind"] == "Role"
    assert {verb for rule in made["rules"] for verb in rule["verbs"]} == {"get", "list", "watch"}
    assert {each for rule in made["rules"] for each in rule["resources"]} == {"pods", "services", "endpointslices"}
    binding = role_binding(objects, "shop")
    assert binding["roleRef"]["name"] == made["metadata"]["name"]
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": service_account(objects, "shop")["metadata"]["name"]}
    ]


def found_by(folder: Path, entry: str, namespace: str = "shop") -> Tree:
    stack = services_in(folder, f"{{api: {{discovery: {{kubernetes_sd_configs: [{entry}]}}}}}}")
    return export_kubernetes(stack, Cluster(namespace, has_servers=False))


@pytest.mark.parametrize(
    ("entry", "rights"),
    [
        ("{role: pod, namespaces: {own_namespace: true}}", {}),
        ("{role: pod, namespaces: {names: [shop]}}", {}),
        ("{role: pod, api_server: 'https://other'}", {}),
        ("{role: pod, namespaces: {names: [web]}}", {("Role", "web"): ["pods"]}),
        ("{role: endpoints, namespaces: {names: [shop]}}", {("Role", "shop"): ["endpoints"]}),
        ("{role: ingress}", {("ClusterRole", ""): ["ingresses"]}),
        ("{role: node}", {("ClusterRole", ""): ["nodes"]}),
        (
            "{role: service, namespaces: {names: [web]}, attach_metadata: {node: true}}",
            {("Role", "web"): ["services"], ("ClusterRole", ""): ["nodes"]},
        ),
    ],
)
def test_discovery_has_the_rights_that_it_needs_and_no_more(
    tmp_path: Path, entry: str, rights: dict[tuple[str, str], list[str]]
) -> None:
    tree = found_by(tmp_path, entry)
    files = [tree.yaml(path) for path in tree.files if path.startswith("servers/prometheus-discovery")]
    roles = [each for each in files if "rules" in each]
    found = {
        (each["kind"], each["metadata"].get("namespace", "")): [rule["resources"][0] for rule in each["rules"]]
        for each in roles
    }
    assert found == rights
    bindings = [each for each in files if "roleRef" in each]
    assert {each["roleRef"]["name"] for each in bindings} == {each["metadata"]["name"] for each in roles}
    for each in bindings:
        assert each["subjects"] == [{"kind": "ServiceAccount", "name": "shop", "namespace": "shop"}]


def test_rights_without_a_namespace_are_named(tmp_path: Path) -> None:
    stack = services_in(tmp_path, "{api: {discovery: {kubernetes_sd_configs: [{role: node}]}}}")
    (found,) = left_out(stack, Cluster(has_servers=False))
    assert "discovery.kubernetes_sd_configs (its rights)" in found.summary
    assert left_out(stack, Cluster("shop", has_servers=False)) == []
