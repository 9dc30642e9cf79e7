"""The schema of `kubernetes`: the cluster that runs the stack."""

from __future__ import annotations

from pydantic import Field

from stackctl.manifest.base import Model
from stackctl.manifest.fields import Filled, KubernetesName


class KubernetesModel(Model):
    """The cluster that runs the stack, for `runtime: kubernetes`."""

    context: Filled = Field(
        description="The context of your kubeconfig that leads to the cluster, which is never guessed; "
        "`kubectl config get-contexts` lists them."
    )
    namespace: KubernetesName = Field(description="The namespace of all objects, which exists.")
