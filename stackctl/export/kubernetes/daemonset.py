"""DaemonSet of an exporter that reads the node that it runs on: a pod on each node."""

from __future__ import annotations

from typing import Any

from stackctl.export.kubernetes.objects import Objects
from stackctl.export.kubernetes.server_pod import template
from stackctl.model import Server


def daemonset(objects: Objects, server: Server, name: str) -> dict[str, Any]:
    """The DaemonSet. It mounts folders of the node, all read-only, which Pod Security only allows as `privileged`."""
    pods = template(objects, server, name)
    # Nodes that keep other pods away are monitored too.
    pods["spec"]["tolerations"] = [{"operator": "Exists"}]
    spec = {"selector": {"matchLabels": {"app": name}}, "template": pods}
    return {**objects.head("apps/v1", "DaemonSet", name, {"app": name}), "spec": spec}
