"""Patch of a Deployment: the annotations that scraping without an operator uses, the label of the Service, probes."""

from __future__ import annotations

from typing import Any

from stackctl.export.kubernetes.service import ports_of
from stackctl.model import Service, Target


def deployment_patch(service: Service, name: str, targets: tuple[Target, ...]) -> dict[str, Any]:
    """A strategic merge patch for the Deployment `name`, whose container has the same name."""
    port = next(iter(ports_of(targets).values()))
    annotations = {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": str(port),
        "prometheus.io/path": service.metrics_path,
        **({"prometheus.io/scheme": service.scheme} if service.scheme != "http" else {}),
    }
    probes = {
        key: {"httpGet": {"path": path, "port": port, "scheme": service.scheme.upper()}}
        for key, path in (("livenessProbe", service.health.live), ("readinessProbe", service.health.ready))
        if path
    }
    template: dict[str, Any] = {"metadata": {"annotations": annotations, "labels": {"app": name}}}
    if probes:
        template["spec"] = {"containers": [{"name": name, **probes}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {"template": template},
    }
