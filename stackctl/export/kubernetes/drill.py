"""Objects of a drill in a cluster: the sink that stands in for receivers, and the rules that make alerts fire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.export.kubernetes.names import dns_name
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.pods import CONTAINER_SECURITY_CONTEXT, operated, security_context
from stackctl.export.kubernetes.service import service_object

_FILE, _FOLDER = "sink.py", "/drill"
_USER = 65534
# The name of a Service is a DNS label, and the pods' own names get another 17 letters.
_LONGEST = 32


def drill_name(stack_name: str, token: str) -> str:
    """Return the name of all objects of a drill: another one for each drill, so that no other object has it."""
    return f"{dns_name(stack_name)[:_LONGEST].rstrip('-')}-drill-{token}"


def sink_objects(objects: Objects, name: str, program: str, ports: Mapping[str, int]) -> list[dict[str, Any]]:
    """The sink `name`, whose `program` listens at `ports`, in the order in which its objects are applied.

    Only Alertmanager may connect to it, and it connects to nobody: what has arrived is in the log of its pod.
    """
    return [
        {**objects.head("v1", "ConfigMap", name), "data": {_FILE: program}},
        service_object(objects, name, ports),
        _policy(objects, name, ports),
        _deployment(objects, name, ports),
    ]


def _policy(objects: Objects, name: str, ports: Mapping[str, int]) -> dict[str, Any]:
    alertmanager = operated(c.ALERTMANAGER, dns_name(objects.stack.name))
    rule = {
        "from": [{"podSelector": {"matchLabels": alertmanager}}],
        "ports": [{"protocol": "TCP", "port": port} for port in ports.values()],
    }
    spec = {
        "podSelector": {"matchLabels": {"app": name}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [rule],
    }
    return {**objects.head("networking.k8s.io/v1", "NetworkPolicy", name), "spec": spec}


def _deployment(objects: Objects, name: str, ports: Mapping[str, int]) -> dict[str, Any]:
    container = {
        "name": "sink",
        "image": c.SIMULATE_IMAGE,
        "command": ["python3", f"{_FOLDER}/{_FILE}"],
        "ports": [{"name": port_name, "containerPort": port} for port_name, port in ports.items()],
        "readinessProbe": {"tcpSocket": {"port": next(iter(ports))}, "periodSeconds": 1},
        "securityContext": CONTAINER_SECURITY_CONTEXT,
        "volumeMounts": [{"name": "program", "mountPath": _FOLDER, "readOnly": True}],
    }
    pod = {
        "automountServiceAccountToken": False,
        "securityContext": security_context(_USER),
        "containers": [container],
        "volumes": [{"name": "program", "configMap": {"name": name}}],
    }
    labels = {**objects.part_of, "app": name}
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": labels}, "spec": pod},
    }
    return {**objects.head("apps/v1", "Deployment", name, {"app": name}), "spec": spec}
