"""Pods of the stack's own servers: what is known of where they run, their restrictions, and their limits."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from stackctl import conventions as c
from stackctl.export.kubernetes.compose import quantity
from stackctl.model import Resources, Retention
from stackctl.runtimes.registry import facts

# There is no machine of the user's to which `localhost` could lead.
FACTS = replace(facts(c.DOCKER), name=c.KUBERNETES, this_machine="", has_env_files=True)
# Prometheus' and Alertmanager's images run as nobody.
_USER = 65534
# The volume of samples without a limit in the manifest, and that of what other servers keep.
_SAMPLES, _OTHERS = "10Gi", "1Gi"
# What is written besides samples: the write-ahead log, and blocks while they are compacted.
_HEADROOM = 1.3


def security_context(user: int) -> dict[str, Any]:
    """The security context of a pod whose containers run as a user. Root's group is needed by nobody."""
    profile = {"seccompProfile": {"type": "RuntimeDefault"}}
    if not user:
        return {"runAsUser": 0, **profile}
    return {"runAsNonRoot": True, "runAsUser": user, "runAsGroup": user, "fsGroup": user, **profile}


SECURITY_CONTEXT = security_context(_USER)

# The operator's sidecar misses that the kubelet replaces the configuration of Prometheus, and any file while it starts.
# It reads all again at an interval, three minutes by default. Not shorter than a reload may take, which it would begin
# again. Its arguments are the operator's own, so the flag is part of the command.
RELOADER = {"name": "config-reloader", "command": ["/bin/prometheus-config-reloader", "--watch-interval=30s"]}

# The operator sets that of its containers itself.
CONTAINER_SECURITY_CONTEXT: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}


def limits(resources: Resources) -> dict[str, Any]:
    """The limits of a container, {} for none."""
    found = {
        "memory": quantity(resources.memory) if resources.memory else None,
        "cpu": f"{round(resources.cpus * 1000)}m" if resources.cpus else None,
    }
    given = {name: value for name, value in found.items() if value}
    return {"limits": given} if given else {}


def operated(server: str, name: str) -> dict[str, str]:
    """The labels by which pods of a server that the operator runs are selected."""
    return {"app.kubernetes.io/name": server, "app.kubernetes.io/instance": name}


def apart(server: str, name: str, replicas: int) -> dict[str, Any]:
    """The affinity of the replicas of a server that the operator runs: on different nodes, where there are enough."""
    if replicas == 1:
        return {}
    term = {
        "topologyKey": "kubernetes.io/hostname",
        "labelSelector": {"matchLabels": operated(server, name)},
    }
    preferred = [{"weight": 100, "podAffinityTerm": term}]
    return {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}


def storage(retention: Retention | None = None) -> dict[str, Any]:
    """The claim of a volume: for samples with a `retention`, or for what other servers keep."""
    size = _OTHERS if retention is None else _volume(retention.size) if retention.size else _SAMPLES
    return {"volumeClaimTemplate": {"spec": {"resources": {"requests": {"storage": size}}}}}


def _volume(size: str) -> str:
    """A size as Prometheus writes it, `10GB`, with room for the rest. Its units are powers of two."""
    number, unit = re.fullmatch(r"([0-9.]+)([KMGTPE]?)(?:i?B)?", size).groups()  # type: ignore[union-attr]
    mebibytes = float(number) * 1024 ** ("KMGTPE".index(unit) - 1 if unit else -2)
    return f"{max(1, round(mebibytes * _HEADROOM))}Mi"
