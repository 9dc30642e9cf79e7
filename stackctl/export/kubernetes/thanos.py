"""Thanos: one view of all replicas of Prometheus. The operator runs the sidecars, and Query is a Deployment of ours.

Query finds the sidecars by the addresses behind a headless Service, and takes off the label that tells replicas apart.
"""

from __future__ import annotations

from typing import Any

from stackctl import conventions as c
from stackctl.export.kubernetes.names import dns_name
from stackctl.export.kubernetes.objects import Objects, version_of
from stackctl.export.kubernetes.poddisruptionbudget import disruption_budget
from stackctl.export.kubernetes.pods import CONTAINER_SECURITY_CONTEXT, SECURITY_CONTEXT, operated
from stackctl.export.kubernetes.service import PORT_NAME, service_object
from stackctl.model import Stack, Thanos

# The label that tells replicas apart: the operator's own default.
REPLICA_LABEL = "prometheus_replica"
# Where sidecars and Query are asked by each other, and Query by everybody else.
GRPC_PORT, HTTP_PORT = 10901, 10902
# A replica that starts again has another address, which by default is asked for every 30 seconds.
_DISCOVERY = "--store.sd-dns-interval=5s"


def sidecar(thanos: Thanos | None) -> dict[str, Any]:
    """The sidecar of each replica, which the operator runs; {} without Thanos."""
    if thanos is None:
        return {}
    version = version_of(thanos.image)
    return {"image": thanos.image, **({"version": version} if version else {})}


def query_name(stack: Stack) -> str:
    """The name of all objects of Query."""
    return dns_name(f"{stack.name}-thanos-query")


def query_url(stack: Stack) -> str:
    """The URL at which the pods of the namespace ask Query."""
    return f"http://{query_name(stack)}:{HTTP_PORT}"


def sidecars_name(stack: Stack) -> str:
    """The name of the Service of all sidecars."""
    return dns_name(f"{stack.name}-thanos-sidecars")


def query_objects(objects: Objects, thanos: Thanos) -> dict[str, dict[str, Any]]:
    """The Services and the Deployment of Query, and a budget where it has several pods, by their files."""
    name = query_name(objects.stack)
    made = {
        "thanos-sidecars-service": _sidecars(objects),
        "thanos-query-service": service_object(objects, name, {PORT_NAME: HTTP_PORT}),
        "thanos-query-deployment": _deployment(objects, thanos, name),
    }
    if thanos.replicas > 1:
        made["thanos-query-poddisruptionbudget"] = disruption_budget(objects, name, {"app": name})
    return made


def _sidecars(objects: Objects) -> dict[str, Any]:
    """The Service by whose name the address of each sidecar is found. That of the operator selects all Prometheuses of
    the namespace."""
    name = sidecars_name(objects.stack)
    port = {"name": "grpc", "port": GRPC_PORT, "targetPort": GRPC_PORT, "protocol": "TCP"}
    selector = operated(c.PROMETHEUS, dns_name(objects.stack.name))
    spec = {"clusterIP": "None", "selector": selector, "ports": [port]}
    return {**objects.head("v1", "Service", name, {"app": name}), "spec": spec}


def _deployment(objects: Objects, thanos: Thanos, name: str) -> dict[str, Any]:
    container = {
        "name": "thanos-query",
        "image": thanos.image,
        "args": [
            "query",
            f"--http-address=:{HTTP_PORT}",
            f"--grpc-address=:{GRPC_PORT}",
            f"--endpoint=dns+{sidecars_name(objects.stack)}:{GRPC_PORT}",
            _DISCOVERY,
            f"--query.replica-label={REPLICA_LABEL}",
        ],
        "ports": [{"name": PORT_NAME, "containerPort": HTTP_PORT}],
        "readinessProbe": {"httpGet": {"path": "/-/ready", "port": PORT_NAME}},
        "securityContext": CONTAINER_SECURITY_CONTEXT,
    }
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": SECURITY_CONTEXT,
        "containers": [container],
    }
    spec = {
        "replicas": thanos.replicas,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {**objects.part_of, "app": name}}, "spec": pod},
    }
    return {**objects.head("apps/v1", "Deployment", name, {"app": name}), "spec": spec}
