"""NetworkPolicy: who may connect to the stack's own servers. What these connect to themselves is left open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.pods import operated
from stackctl.export.kubernetes.server_pod import names_of
from stackctl.export.kubernetes.thanos import GRPC_PORT, HTTP_PORT, query_name
from stackctl.model import Prometheus, Server

# Where replicas of Alertmanager tell each other what they have sent.
_CLUSTER = 9094
_ANY_POD: list[dict[str, Any]] = [{"podSelector": {}}]


def network_policy(objects: Objects, server: Server, name: str, stack_name: str) -> dict[str, Any]:
    """The policy of the pods `name` of a server. `stack_name` is the name of the stack's Prometheus.

    Only Prometheus reaches exporters and Alertmanager; pods of the namespace reach what they push to; and Grafana,
    which asks for a login, is open to all.
    """
    selected = operated(server.name, name) if server.name in (c.PROMETHEUS, c.ALERTMANAGER) else {"app": name}
    port = registry.of(server).port
    rules: list[dict[str, Any]] = [_rule(_clients(objects, server, stack_name), port)]
    if server.name == c.ALERTMANAGER:
        rules.append(
            {"from": [_pod(selected)], "ports": [{"protocol": each, "port": _CLUSTER} for each in ("TCP", "UDP")]}
        )
    if server.name == c.PROMETHEUS and objects.stack.thanos:
        rules.append(_rule([_pod({"app": query_name(objects.stack)})], GRPC_PORT))
    return _policy(objects, f"{name}.{server.name}", selected, rules)


def query_policy(objects: Objects) -> dict[str, Any]:
    """The policy of the pods of Thanos Query: only Grafana reaches them."""
    name, grafana = query_name(objects.stack), names_of(objects.stack).get(c.GRAFANA)
    # A rule with an empty list would let everybody in.
    rules = [_rule([_pod({"app": grafana})], HTTP_PORT)] if grafana else []
    return _policy(objects, name, {"app": name}, rules)


def _policy(objects: Objects, name: str, selected: Mapping[str, str], rules: list[dict[str, Any]]) -> dict[str, Any]:
    spec = {"podSelector": {"matchLabels": dict(selected)}, "policyTypes": ["Ingress"], "ingress": rules}
    return {**objects.head("networking.k8s.io/v1", "NetworkPolicy", name), "spec": spec}


def _clients(objects: Objects, server: Server, stack_name: str) -> list[dict[str, Any]]:
    """The pods that may connect; an empty list is everybody."""
    if server.name == c.GRAFANA:
        return []
    takes_pushes = isinstance(server, Prometheus) and server.is_written_to
    if takes_pushes or server.name == c.PUSHGATEWAY:
        return _ANY_POD
    grafana = names_of(objects.stack).get(c.GRAFANA, "")
    # With Thanos, Grafana asks Query in the place of Prometheus.
    asked = (c.ALERTMANAGER,) if objects.stack.thanos else (c.PROMETHEUS, c.ALERTMANAGER)
    asks = grafana and server.name in asked
    return [_pod(operated(c.PROMETHEUS, stack_name)), *([_pod({"app": grafana})] if asks else [])]


def _pod(labels: Mapping[str, str]) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": dict(labels)}}


def _rule(clients: list[dict[str, Any]], port: int) -> dict[str, Any]:
    ports = [{"protocol": "TCP", "port": port}]
    return {"from": clients, "ports": ports} if clients else {"ports": ports}
