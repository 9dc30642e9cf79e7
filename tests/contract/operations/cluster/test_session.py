"""A cluster is used only when it answers and has what the stack needs; Grafana's password is the one it has got."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from stackctl.errors import InputError, StackctlError, Unavailable
from stackctl.model import Stack
from stackctl.operations.cluster.session import connect, open_session
from stackctl.operations.named_runtime import refused_or_found
from tests.contract.api_server import Pretended, path_of

PASSWORD = path_of("v1", "Secret", "shop", "shop-grafana")


def code_of(error: StackctlError) -> str:
    return error.problems[0].code


def test_stack_of_another_runtime_is_not_in_a_cluster(manifest: Path, tmp_path: Path) -> None:
    found = refused_or_found(manifest, "up")
    assert found
    assert found.kubernetes
    (tmp_path / "other.yml").write_text('version: 1\nname: a\nservices: {api: {targets: ["a:1"]}}\n')
    assert refused_or_found(tmp_path / "other.yml", "up") is None


def test_cluster_that_does_not_answer_is_unavailable(stack: Stack, cluster: Pretended, tmp_path: Path) -> None:
    (tmp_path / "config").write_text((tmp_path / "config").read_text().replace(cluster.url, "http://127.0.0.1:9"))
    with pytest.raises(Unavailable) as caught:
        connect(stack)
    assert code_of(caught.value) == "cluster.away"


def test_cluster_without_the_operator_or_the_namespace_is_refused(stack: Stack, cluster: Pretended) -> None:
    del cluster.objects[path_of("v1", "Namespace", "", "shop")]
    with pytest.raises(InputError) as missing:
        connect(stack)
    assert code_of(missing.value) == "cluster.namespace"
    cluster.has_operator = False
    with pytest.raises(Unavailable) as without:
        connect(stack)
    assert code_of(without.value) == "cluster.operator"


def test_password_is_that_of_the_cluster_and_else_a_new_one(manifest: Path, stack: Stack, cluster: Pretended) -> None:
    made = {open_session(manifest, stack).grafana_password.reveal() for _ in range(2)}
    assert len(made) == 2
    (secret,) = (each for each in open_session(manifest, stack).things if str(each) == "Secret shop-grafana")
    cluster.objects[PASSWORD] = dict(secret.content)
    kept = base64.b64decode(secret.content["data"]["admin_password"]).decode()
    assert open_session(manifest, stack).grafana_password.reveal() == kept
    assert not (manifest.parent / ".stackctl").exists()


def test_only_objects_of_this_stack_in_this_place_are_its_own(stack: Stack, cluster: Pretended) -> None:
    ours = {"app.kubernetes.io/part-of": "shop", "app.kubernetes.io/managed-by": "stackctl"}
    kinds = [("v1", "Service", "shop"), ("rbac.authorization.k8s.io/v1", "ClusterRole", "")]
    for version, kind, namespace in kinds:
        for name, labels in (("shop-a", ours), ("other-a", ours), ("shop-b", {})):
            metadata = {"name": name, "labels": labels, **({"namespace": namespace} if namespace else {})}
            cluster.add({"apiVersion": version, "kind": kind, "metadata": metadata})
    found = [str(each) for each in connect(stack).owned()]
    assert found == ["ClusterRole shop-a", "Service other-a", "Service shop-a"]
