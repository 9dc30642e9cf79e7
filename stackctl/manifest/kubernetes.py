"""`runtime: kubernetes`: the cluster that runs the stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.kubernetes_schema import KubernetesModel
from stackctl.manifest.thanos_schema import ThanosModel
from stackctl.model import Kubernetes, Thanos

if TYPE_CHECKING:
    from stackctl.manifest.schema import Manifest

KEY, THANOS = "kubernetes", "thanos"


def contradictions(manifest: Manifest) -> Iterator[tuple[Place, str, str]]:
    """Yield where the runtime is named without its cluster, or the other way round, and what only a cluster runs: the
    place, a message, a remedy."""
    if manifest.thanos is not None and manifest.runtime != KEY and manifest.kubernetes is None:
        remedy = "Set `runtime: kubernetes`, or remove it: elsewhere one Prometheus runs, which Grafana asks itself."
        yield (THANOS,), "only a cluster runs Thanos", remedy
    if (manifest.runtime == KEY) == (manifest.kubernetes is not None):
        return
    if manifest.kubernetes is None:
        remedy = "Add `kubernetes: {context: NAME, namespace: NAME}`. `kubectl config get-contexts` lists the contexts."
        yield ("runtime",), f"the cluster is missing: there is no `{KEY}`", remedy
    else:
        yield (KEY,), "a cluster needs the key `runtime`", "Add `runtime: kubernetes`, or remove this."


def cluster(document: Document, model: KubernetesModel | None) -> Kubernetes | None:
    """Return the cluster that runs the stack, None where none does."""
    return Kubernetes(model.context, model.namespace, document.position((KEY,), key=True)) if model else None


def thanos(document: Document, model: ThanosModel | None) -> Thanos | None:
    """Return the one view of all replicas of Prometheus, None where the manifest has none."""
    return Thanos(model.image, model.replicas, document.position((THANOS,), key=True)) if model else None
