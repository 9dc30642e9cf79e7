"""PodDisruptionBudget: how many pods a drained node may take at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.export.kubernetes.objects import Objects


def disruption_budget(objects: Objects, name: str, selected: Mapping[str, str]) -> dict[str, Any]:
    """The budget of the pods with the labels `selected`: one at a time.

    A single pod can still be moved: a budget that forbids it would keep nodes from being drained for ever.
    """
    spec = {
        "maxUnavailable": 1,
        "selector": {"matchLabels": dict(selected)},
        # A pod that is not ready serves nobody; without this it would keep its node from being drained.
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return {**objects.head("policy/v1", "PodDisruptionBudget", name), "spec": spec}
