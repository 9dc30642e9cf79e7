"""Deployment of Grafana, the Pushgateway or an exporter: one pod."""

from __future__ import annotations

from typing import Any

from stackctl.components import registry
from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.server_pod import template
from stackctl.model import Server


def deployment(objects: Objects, server: Server, name: str) -> dict[str, Any]:
    """The Deployment, whose pod is as restricted as Pod Security asks for."""
    spec = {
        "replicas": 1,
        "selector": {"matchLabels": {"app": name}},
        "template": template(objects, server, name),
    }
    if registry.of(server).container.data:
        spec["strategy"] = {"type": "Recreate"}  # two pods cannot write the same data
    return {**objects.head("apps/v1", "Deployment", name, {"app": name}), "spec": spec}
