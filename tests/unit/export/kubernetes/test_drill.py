"""The sink of a drill is as restricted as other pods, and only Alertmanager reaches it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.export.kubernetes import Cluster
from stackctl.export.kubernetes.drill import drill_name, sink_objects
from stackctl.export.kubernetes.objects import Objects
from stackctl.manifest import load

MANIFEST = "version: 1\nname: shop_1\nservices: {api: {targets: ['api:1']}}\n"


@pytest.fixture
def made(tmp_path: Path) -> dict[str, Any]:
    """The objects by their kinds."""
    (tmp_path / "stack.yml").write_text(MANIFEST)
    objects = Objects(load(tmp_path / "stack.yml", {}), Cluster("shop", {"mark": "true"}))
    found = sink_objects(objects, "sink", "print()", {"http": 8080, "smtp": 2525})
    assert all(each["metadata"]["labels"]["mark"] == "true" for each in found)
    return {each["kind"]: each for each in found}


def test_the_program_comes_first_and_is_what_the_pod_runs(made: dict[str, Any]) -> None:
    assert [*made] == ["ConfigMap", "Service", "NetworkPolicy", "Deployment"]
    ((file, program),) = made["ConfigMap"]["data"].items()
    pod = made["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert program == "print()"
    assert container["command"] == ["python3", f"{container['volumeMounts'][0]['mountPath']}/{file}"]
    assert container["image"] == c.SIMULATE_IMAGE
    assert pod["volumes"][0]["configMap"] == {"name": "sink"}


def test_only_alertmanager_reaches_it_and_it_reaches_nobody(made: dict[str, Any]) -> None:
    spec = made["NetworkPolicy"]["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in spec
    ((rule),) = spec["ingress"]
    selected = {"app.kubernetes.io/name": "alertmanager", "app.kubernetes.io/instance": "shop-1"}
    assert rule["from"] == [{"podSelector": {"matchLabels": selected}}]
    assert [each["port"] for each in rule["ports"]] == [8080, 2525]
    labels = made["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert spec["podSelector"]["matchLabels"].items() <= labels.items()
    assert made["Service"]["spec"]["selector"].items() <= labels.items()


def test_pod_is_restricted(made: dict[str, Any]) -> None:
    pod = made["Deployment"]["spec"]["template"]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["containers"][0]["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_name_has_room_for_those_of_its_pods() -> None:
    assert drill_name("Shop_1", "a1b2c3") == "shop-1-drill-a1b2c3"
    assert len(drill_name("x" * 63, "a1b2c3")) <= 63 - len("-7d8fb58496-96668")
