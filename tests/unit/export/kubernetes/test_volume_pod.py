"""The pod next to a server mounts its volume as the server does, and is as restricted as other pods."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl import conventions as c
from stackctl.export.kubernetes import Cluster
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.volume_pod import CONTAINER, ENTRY, journal, journal_name, volume_pod
from stackctl.manifest import load

MANIFEST = "version: 1\nname: shop_1\nservices: {api: {targets: ['api:1']}}\n"
OWNER = {"metadata": {"name": "shop-1-volumes", "uid": "u1"}}
SERVER = {"spec": {"nodeName": "node-7", "tolerations": [{"key": "dedicated"}]}}


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    (tmp_path / "stack.yml").write_text(MANIFEST)
    return Objects(load(tmp_path / "stack.yml", {}), Cluster("shop", {"mark": "true"}))


def pod(objects: Objects, sub_path: str = "prometheus-db", server: Any = SERVER) -> dict[str, Any]:
    return volume_pod(objects, "shop-1-volumes-a-0", OWNER, "claim-0", sub_path, 65534, server, 60)


def test_journal_has_the_entry_and_the_program(objects: Objects) -> None:
    made = journal(objects, "{}", "print()")
    assert made["metadata"]["name"] == journal_name("shop_1") == "shop-1-volumes"
    assert made["metadata"]["labels"]["mark"] == "true"
    assert made["data"] == {ENTRY: "{}", "volume_pod.py": "print()"}


def test_pod_ends_with_its_journal_and_after_its_time(objects: Objects) -> None:
    made = pod(objects)
    (owner,) = made["metadata"]["ownerReferences"]
    assert owner == {"apiVersion": "v1", "kind": "ConfigMap", "name": "shop-1-volumes", "uid": "u1"}
    assert (made["spec"]["activeDeadlineSeconds"], made["spec"]["restartPolicy"]) == (60, "Never")


def test_pod_mounts_the_volume_where_the_server_is(objects: Objects) -> None:
    spec = pod(objects)["spec"]
    (container,) = spec["containers"]
    assert (container["name"], container["image"]) == (CONTAINER, c.SIMULATE_IMAGE)
    data = next(each for each in container["volumeMounts"] if each["name"] == "data")
    assert data == {"name": "data", "mountPath": "/data", "subPath": "prometheus-db"}
    assert {"name": "data", "persistentVolumeClaim": {"claimName": "claim-0"}} in spec["volumes"]
    assert "node-7" in str(spec["affinity"])
    assert spec["tolerations"] == SERVER["spec"]["tolerations"]


def test_pod_of_a_server_that_does_not_run_may_be_anywhere(objects: Objects) -> None:
    spec = pod(objects, "", None)["spec"]
    assert not {"affinity", "tolerations"} & spec.keys()
    assert "subPath" not in str(spec)


def test_pod_is_as_restricted_as_pod_security_asks_for(objects: Objects) -> None:
    spec = pod(objects)["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spec["automountServiceAccountToken"] is False
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "ports" not in container
