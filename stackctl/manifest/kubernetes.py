"""`runtime: kubernetes`: the cluster that runs the stack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stackctl.manifest.document import Document
from stackctl.manifest.document import Path as Place
from stackctl.manifest.kubernetes_schema import KubernetesModel
from stackctl.model import Kubernetes

if TYPE_CHECKING:
    from stackctl.manifest.schema import Manifest

KEY = "kubernetes"


def contradictions(manifest: Manifest) -> Iterator[tuple[Place, str, str]]:
    """Yield where the runtime is named without its cluster, or the other way round: the place, a message, a remedy."""
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
