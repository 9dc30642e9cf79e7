"""Objects of a backup or a restore in a cluster: its journal, and the pods that mount the volumes of servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.export.kubernetes.names import dns_name
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.pods import CONTAINER_SECURITY_CONTEXT, security_context

# The key of the journal with what has been begun.
ENTRY = "entry.json"
CONTAINER = "volume"
_FILE, _FOLDER = "volume_pod.py", "/program"
PROGRAM = ("python3", f"{_FOLDER}/{_FILE}")
# The name of a pod is a DNS label.
_LONGEST = 40


def journal_name(stack_name: str) -> str:
    """Return the name of the journal: one for each stack, so that the API server knows of another one."""
    return f"{dns_name(stack_name)[:_LONGEST].rstrip('-')}-volumes"


def journal(objects: Objects, entry: str, program: str) -> dict[str, Any]:
    """The ConfigMap of a journal, with the program of its pods."""
    head = objects.head("v1", "ConfigMap", journal_name(objects.stack.name))
    return {**head, "data": {ENTRY: entry, _FILE: program}}


def volume_pod(
    objects: Objects,
    name: str,
    owner: Mapping[str, Any],
    claim: str,
    sub_path: str,
    user: int,
    server: Mapping[str, Any] | None,
    seconds: int,
) -> dict[str, Any]:
    """The pod that mounts a claim as its server does, on the node of the pod `server` where there is one.

    It runs as the server's `user` for no longer than so many seconds, and ends with its journal, `owner`.
    """
    container = {
        "name": CONTAINER,
        "image": c.SIMULATE_IMAGE,
        "command": [*PROGRAM, "wait", str(seconds)],
        "securityContext": CONTAINER_SECURITY_CONTEXT,
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
        "volumeMounts": [
            {"name": "program", "mountPath": _FOLDER, "readOnly": True},
            {"name": "data", "mountPath": "/data", **({"subPath": sub_path} if sub_path else {})},
        ],
    }
    pod = {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": seconds,
        "terminationGracePeriodSeconds": 5,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        # Not every file again: a volume may hold very many.
        "securityContext": {**security_context(user), "fsGroupChangePolicy": "OnRootMismatch"},
        "containers": [container],
        "volumes": [
            {"name": "program", "configMap": {"name": owner["metadata"]["name"]}},
            {"name": "data", "persistentVolumeClaim": {"claimName": claim}},
        ],
        **(_on_node_of(server) if server else {}),
    }
    content = objects.head("v1", "Pod", name)
    reference = {"apiVersion": "v1", "kind": "ConfigMap", **{key: owner["metadata"][key] for key in ("name", "uid")}}
    return {**content, "metadata": {**content["metadata"], "ownerReferences": [reference]}, "spec": pod}


def _on_node_of(pod: Mapping[str, Any]) -> dict[str, Any]:
    """The node of a pod: a volume that only one node may have at a time can be mounted once more there."""
    node = {"key": "metadata.name", "operator": "In", "values": [pod["spec"]["nodeName"]]}
    required = {"nodeSelectorTerms": [{"matchFields": [node]}]}
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}
    return {"affinity": affinity, "tolerations": list(pod["spec"].get("tolerations") or ())}
