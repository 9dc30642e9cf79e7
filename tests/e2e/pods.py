"""The running cluster of tests/servers/cluster.py, and namespaces in it, each with volumes for what asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.wait import wait_until
from tests.e2e.api_server import ApiServer
from tests.e2e.real_stack import cannot_run
from tests.ports import free_port
from tests.servers import cluster

READY_SECONDS = 90
GONE_SECONDS = 60


def running_cluster() -> ApiServer:
    """A client of the cluster; where none can run, the test is skipped with the reason, in CI too."""
    if reason := cluster.unable():
        pytest.skip(reason)
    if not (cluster.is_running() and cluster.is_ready()):
        cannot_run(f"no cluster runs: {cluster.why_not() or 'run `python -m tests.servers.cluster up`'}")
    return ApiServer(cluster.URL, authority=cluster.folder() / "ca.crt")


@contextmanager
def namespace(server: ApiServer, *, level: str = "restricted") -> Iterator[str]:
    """A namespace whose pods have to keep to a level of Pod Security; remove it, with all that it holds."""
    name = f"test-{free_port()}"
    modes = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn")}
    apply(server, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": modes}}, "")
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    wait_until(lambda: server.has(account), bool, READY_SECONDS, what="the namespace's account")
    try:
        yield name
    finally:
        server.delete(f"/api/v1/namespaces/{name}")
        server.delete(f"/api/v1/namespaces/{name}/pods?gracePeriodSeconds=0")
        wait_until(lambda: not server.has(f"/api/v1/namespaces/{name}"), bool, GONE_SECONDS, what="its end")
        for each in server.get("/api/v1/persistentvolumes")["items"]:
            if each["metadata"]["name"].startswith(f"{name}-"):
                server.delete(f"/api/v1/persistentvolumes/{each['metadata']['name']}")


def apply(server: ApiServer, thing: dict[str, Any], name: str) -> None:
    """Apply an object, against which the API server may say nothing."""
    answer = server.apply(yaml.safe_dump(thing).encode(), name)
    assert answer.problems == (), f"{thing['kind']} {thing['metadata']['name']}: {answer.problems}"


def provide_volumes(server: ApiServer, name: str) -> None:
    """Give each claim that waits for a volume one of the node's folders, as the provisioner of a cluster does."""
    for claim in server.get(f"/api/v1/namespaces/{name}/persistentvolumeclaims")["items"]:
        if claim["status"].get("phase") == "Pending":
            apply(server, _volume(name, claim), "")


def _volume(name: str, claim: dict[str, Any]) -> dict[str, Any]:
    full = f"{name}-{claim['metadata']['name']}"
    folder = cluster.folder() / "volumes" / full
    folder.mkdir(parents=True, exist_ok=True)
    node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [cluster.NODE]}
    spec = {
        "capacity": claim["spec"]["resources"]["requests"],
        "accessModes": claim["spec"]["accessModes"],
        "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"namespace": name, "name": claim["metadata"]["name"]},
        "local": {"path": str(folder)},  # unlike a folder of the host, it gets the group of its pod
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [node]}]}},
    }
    return {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": full}, "spec": spec}


def states(server: ApiServer, name: str) -> dict[str, str]:
    """Pod -> "" when all of it is ready, else why it is not."""
    found = server.get(f"/api/v1/namespaces/{name}/pods")["items"]
    return {each["metadata"]["name"]: _waits_for(each) for each in found}


def _waits_for(pod: dict[str, Any]) -> str:
    status = pod["status"]
    conditions = {each["type"]: each for each in status.get("conditions", ())}
    if conditions.get("Ready", {}).get("status") == "True":
        return ""
    containers = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    waiting = [f"{each['name']}: {each['state']}" for each in containers if not each.get("ready")]
    unscheduled = conditions.get("PodScheduled", {}).get("message", "")
    return " ".join([unscheduled, *waiting]).strip() or status.get("phase", "unknown")


def wait_for_pods(server: ApiServer, name: str, *prefixes: str) -> None:
    """Wait until there is a pod for each prefix of a name, and all pods are ready."""

    def missing() -> dict[str, str]:
        provide_volumes(server, name)
        found = states(server, name)
        absent = {prefix: "no pod" for prefix in prefixes if not any(each.startswith(prefix) for each in found)}
        return {**absent, **{pod: why for pod, why in found.items() if why}}

    wait_until(missing, lambda found: not found, READY_SECONDS, what="the pods")


def log_of(server: ApiServer, name: str, pod: str, container: str = "") -> str:
    """What a container of a pod has written."""
    query = f"?container={container}" if container else ""
    return server.text(f"/api/v1/namespaces/{name}/pods/{pod}/log{query}")


def certificate_of_administrator() -> tuple[Path, Path]:
    """The certificate and the key by which the API server knows its administrator."""
    return cluster.folder() / "client.crt", cluster.folder() / "client.key"
