"""The beginning of every object: kind, name, namespace and labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stackctl.components.release import image_version
from stackctl.model import Stack
from stackctl.render.text import yaml_bytes
from stackctl.source import Secret
from stackctl.tree import File

OPERATOR = "monitoring.coreos.com/v1"
OPERATOR_ALPHA = "monitoring.coreos.com/v1alpha1"


def version_of(image: str) -> str | None:
    """The version of a server for which the operator writes its configuration; None where the image does not say it."""
    version = image_version(image)
    return f"v{'.'.join(map(str, version))}" if len(version) == 3 else None


@dataclass(frozen=True)
class Cluster:
    """Destination of the objects: their namespace ("" leaves it to kubectl), and labels for all of them.

    An operator often selects by a label, such as `release: prometheus`. `has_servers` is false where the stack's own
    Prometheus and Alertmanager have to run too. `variables` are those that fields of Compose may name;
    `grafana_password` is the one that was made where the manifest has none.
    """

    namespace: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    has_servers: bool = True
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    grafana_password: Secret | None = None


def part_of(stack: Stack) -> dict[str, str]:
    """The label that all objects of a stack have."""
    # The value of a label may not end with a dash, as the name of a stack may.
    return {"app.kubernetes.io/part-of": stack.name.rstrip("-_")}


@dataclass(frozen=True)
class Objects:
    """The objects of a stack in a cluster."""

    stack: Stack
    cluster: Cluster

    @property
    def part_of(self) -> dict[str, str]:
        """The label by which all objects of the stack are selected."""
        return part_of(self.stack)

    def head(
        self,
        version: str,
        kind: str,
        name: str,
        labels: Mapping[str, str] | None = None,
        annotations: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The fields that every object begins with."""
        own = {**self.part_of, "app.kubernetes.io/managed-by": "stackctl"}
        metadata: dict[str, Any] = {
            "name": name,
            **({"namespace": self.cluster.namespace} if self.cluster.namespace else {}),
            "labels": {**own, **(labels or {}), **self.cluster.labels},
            **({"annotations": dict(annotations)} if annotations else {}),
        }
        return {"apiVersion": version, "kind": kind, "metadata": metadata}

    def file(self, content: Mapping[str, Any], *, secret: bool = False) -> File:
        """The file of an object."""
        return File(yaml_bytes(content, self.stack.origin.file), secret)
