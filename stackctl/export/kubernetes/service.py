"""Service: the pods that serve a service's metrics, by their label `app` and the ports of its targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.export.kubernetes.objects import Objects
from stackctl.model import Target

PORT_NAME = "http"


def service_object(objects: Objects, name: str, ports_by_name: Mapping[str, int]) -> dict[str, Any]:
    """The Service of the pods with the label `app: name`."""
    ports = [
        {"name": port_name, "port": port, "targetPort": port, "protocol": "TCP"}
        for port_name, port in ports_by_name.items()
    ]
    head = objects.head("v1", "Service", name, {"app": name})
    return {**head, "spec": {"selector": {"app": name}, "ports": ports}}


def headless(objects: Objects, name: str, ports_by_name: Mapping[str, int]) -> dict[str, Any]:
    """The Service by whose name the pods of a container are reached at any port, as a container is in Compose."""
    found = service_object(objects, name, ports_by_name)
    ports = {"ports": found["spec"]["ports"]} if ports_by_name else {}
    return {**found, "spec": {"clusterIP": "None", "selector": found["spec"]["selector"], **ports}}


def ports_of(targets: tuple[Target, ...]) -> dict[str, int]:
    """Name -> port: one for most services, numbered where the targets have several."""
    ports = sorted({target.port for target in targets})
    return {PORT_NAME if not index else f"{PORT_NAME}-{index + 1}": port for index, port in enumerate(ports)}
