"""PodMonitor: the scrape of the pods of a DaemonSet, which have no Service."""

from __future__ import annotations

from typing import Any

from stackctl.export.kubernetes.objects import OPERATOR, Objects
from stackctl.export.kubernetes.scraping import labelling
from stackctl.export.kubernetes.service import PORT_NAME
from stackctl.export.kubernetes.servicemonitor import own_endpoint
from stackctl.model import Server

# A pod's address changes with the pod; the node that it shows does not.
_BY_NODE = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": "instance"}


def pod_monitor(objects: Objects, server: Server, name: str) -> dict[str, Any] | None:
    """The PodMonitor of a server on every node, whose `instance` is the name of the node; None if it is not scraped."""
    if server.scrape is None:
        return None
    steps = [_BY_NODE, *labelling({"job": server.job, **server.labels})]
    endpoint = own_endpoint(objects, server, server.scrape, PORT_NAME, steps)
    spec = {"selector": {"matchLabels": {"app": name}}, "podMetricsEndpoints": [endpoint]}
    return {**objects.head(OPERATOR, "PodMonitor", name), "spec": spec}
