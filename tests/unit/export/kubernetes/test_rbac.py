"""Rights of Prometheus."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes.objects import Cluster, Objects
from stackctl.export.kubernetes.rbac import role, role_binding, service_account
from tests.unit.export.manifests import stack_in


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
