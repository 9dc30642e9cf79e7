"""The reasons why workloads of a stack in a cluster are not ready, by what the API server reports. Pure.

Fields are those of Kubernetes' own API, and of the Prometheus Operator's conditions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from stackctl.cluster.objects import Thing

# Kinds of objects from which pods are made.
OPERATED = ("Prometheus", "Alertmanager")
WORKLOADS = (*OPERATED, "Deployment", "DaemonSet")

# So many ends of a container, the last of them so long ago, are more than one that was slow to find what it needs.
_MANY_RESTARTS, _RECENT_SECONDS = 3, 300.0


@dataclass(frozen=True)
class Seen:
    """The content of the namespace of a stack: its workloads, and all pods, claims of volumes and events there."""

    workloads: tuple[Thing, ...]
    pods: tuple[Mapping[str, Any], ...]
    claims: tuple[Mapping[str, Any], ...]
    events: tuple[Mapping[str, Any], ...]

    def pods_of(self, workload: Thing) -> list[Mapping[str, Any]]:
        """Return the pods of a workload that are not on their way out."""
        labels = selector(workload)
        return [
            pod
            for pod in self.pods
            if labels.items() <= (pod["metadata"].get("labels") or {}).items()
            and not pod["metadata"].get("deletionTimestamp")
        ]


def selector(workload: Thing) -> Mapping[str, str]:
    """Return the labels of the pods of a workload."""
    if workload.kind in OPERATED:
        return operated(workload.kind, workload.name)
    labels: Mapping[str, str] = workload.content["spec"]["selector"]["matchLabels"]
    return labels


def operated(kind: str, name: str) -> Mapping[str, str]:
    """Return the labels that the operator gives to what it makes for one of its servers."""
    return {"app.kubernetes.io/name": kind.lower(), "app.kubernetes.io/instance": name}


def waits(seen: Seen) -> dict[Thing, str]:
    """Return for each workload that is not as declared yet what it waits for, in words of the cluster."""
    return {each: reason for each in seen.workloads if (reason := _wait(seen, each))}


def ending(seen: Seen, now: float) -> dict[Thing, str]:
    """Return for each workload with a container that ends again and again what is known of it. `now` is Unix time."""
    return {
        workload: f"{pod['metadata']['name']}: {reason}"
        for workload in seen.workloads
        for pod in seen.pods_of(workload)
        if (reason := restarts(pod, now))
    }


def _wait(seen: Seen, workload: Thing) -> str:
    unfinished = _STATES[workload.kind](workload.content)
    pods = seen.pods_of(workload)
    reasons = [f"{pod['metadata']['name']}: {reason}" for pod in pods if (reason := pod_reason(pod))]
    if not unfinished and not reasons and pods:
        return ""
    # One that crashes at once is ready for a moment each time it starts.
    ended = [f"{pod['metadata']['name']}: {end}" for pod in pods if not pod_reason(pod) and (end := _last_end(pod))]
    more = [*ended, *_claims(seen, pods), *(_warnings(seen, workload) if not pods else ())]
    return "\n".join(dict.fromkeys([unfinished or "it has no pod", *reasons, *more]))


# -- workloads ------------------------------------------------------------------------------------------------


def _deployment(content: Mapping[str, Any]) -> str:
    status, wanted = content.get("status") or {}, content["spec"].get("replicas", 1)
    failed = [each["message"] for each in status.get("conditions", ()) if _says_failure(each)]
    if failed:
        return str(failed[0])
    found = [status.get(key, 0) for key in ("replicas", "updatedReplicas", "availableReplicas")]
    return _rollout(content, wanted, found)


def _says_failure(condition: Mapping[str, Any]) -> bool:
    """Return whether no pod can be made. That it takes long is no failure: the pods say why."""
    return (condition["type"], condition["status"]) == ("ReplicaFailure", "True")


def _daemon_set(content: Mapping[str, Any]) -> str:
    status = content.get("status") or {}
    found = [status.get(key, 0) for key in ("updatedNumberScheduled", "numberAvailable")]
    return _rollout(content, status.get("desiredNumberScheduled", 0), found)


def _rollout(content: Mapping[str, Any], wanted: int, found: Sequence[int]) -> str:
    """Return what a rollout waits for, "" when all numbers of pods that were `found` are the `wanted` one: the last
    two are those of the new ones and of the available ones."""
    if (content.get("status") or {}).get("observedGeneration", 0) < content["metadata"].get("generation", 0):
        return "the cluster has not taken it up yet"
    *_, new, available = found
    return "" if {*found} == {wanted} else f"{available} of {wanted} pods are available, {new} are new"


def _operated(content: Mapping[str, Any]) -> str:
    """Return what the operator says of a server that it runs."""
    status = content.get("status") or {}
    conditions = {each["type"]: each for each in status.get("conditions", ())}
    generation = content["metadata"].get("generation", 0)
    for name in ("Reconciled", "Available"):
        found = conditions.get(name)
        if found is None or found.get("observedGeneration", 0) < generation:
            return "the Prometheus Operator has not taken it up yet: does one run, and watch this namespace?"
        if found["status"] != "True":
            return f"the Prometheus Operator says: {found.get('message') or found.get('reason') or 'not ready'}"
    wanted, updated = content["spec"].get("replicas", 1), status.get("updatedReplicas", 0)
    return "" if updated == wanted else f"{updated} of {wanted} pods are new"


_STATES = {"Deployment": _deployment, "DaemonSet": _daemon_set, "Prometheus": _operated, "Alertmanager": _operated}


# -- pods -----------------------------------------------------------------------------------------------------


def pod_reason(pod: Mapping[str, Any]) -> str:
    """Return why a pod is not ready, "" when it is."""
    status = pod.get("status") or {}
    conditions = {each["type"]: each for each in status.get("conditions", ())}
    if conditions.get("Ready", {}).get("status") == "True":
        return ""
    placed = conditions.get("PodScheduled", {})
    if placed.get("status") == "False":
        return f"no node takes it: {placed.get('message', '')}"
    containers = [*status.get("initContainerStatuses", ()), *status.get("containerStatuses", ())]
    reasons = [f"{each['name']} {reason}" for each in containers if (reason := _container_reason(each))]
    return "; ".join(reasons) or str(status.get("message") or "") or "it has not started yet"


def restarts(pod: Mapping[str, Any], now: float) -> str:
    """Return that a container of a pod ends again and again, "" where none does: in between, all look well.

    `now` is Unix time.
    """
    for container in (pod.get("status") or {}).get("containerStatuses", ()):
        last = (container.get("lastState") or {}).get("terminated") or {}
        times = container.get("restartCount", 0)
        if times >= _MANY_RESTARTS and now - _unix(last.get("finishedAt")) < _RECENT_SECONDS:
            why = f"{last.get('reason') or 'Error'}, exit code {last.get('exitCode')}"
            return f"{container['name']} has ended and started again {times} times: {why}"
    return ""


def _last_end(pod: Mapping[str, Any]) -> str:
    """Return how a container of a pod ended before it started again, "" where none did."""
    for container in (pod.get("status") or {}).get("containerStatuses", ()):
        if last := (container.get("lastState") or {}).get("terminated"):
            return f"{container['name']} exited with code {last.get('exitCode')} before it started again"
    return ""


def _unix(text: str | None) -> float:
    """Return a time of the API in Unix time, 0 where there is none."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else 0.0


def _container_reason(container: Mapping[str, Any]) -> str:
    """Return why a container does not work, "" where it does, or has done its work."""
    state = container.get("state") or {}
    last = (container.get("lastState") or {}).get("terminated")
    ended = state.get("terminated")
    if waiting := state.get("waiting"):
        words = " ".join(filter(None, (waiting.get("reason"), waiting.get("message"))))
        exit_code = f", after it exited with code {last['exitCode']}" if last else ""
        return f"waits: {words or 'it is about to start'}{exit_code}"
    if ended:
        return "" if ended["exitCode"] == 0 else f"exited with code {ended['exitCode']}"
    return "" if container.get("ready") else "runs and is not ready"


# -- what only claims and events tell -------------------------------------------------------------------------


def _claims(seen: Seen, pods: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield why volumes of pods are not there."""
    named = {name for pod in pods for name in _claimed(pod)}
    for claim in seen.claims:
        name = claim["metadata"]["name"]
        if name in named and (claim.get("status") or {}).get("phase") == "Pending":
            told = last_event(seen.events, "PersistentVolumeClaim", name)
            yield f"its volume {name} is not there: {told or 'nothing has provided it yet'}"


def _claimed(pod: Mapping[str, Any]) -> Iterator[str]:
    for volume in pod["spec"].get("volumes") or ():
        if claim := volume.get("persistentVolumeClaim"):
            yield str(claim["claimName"])


def _warnings(seen: Seen, workload: Thing) -> Iterator[str]:
    """Yield the last warning about a workload, or about what the operator has made of it."""
    names = {workload.name, f"{workload.kind.lower()}-{workload.name}"}
    for name in sorted(names):
        for kind in (workload.kind, "StatefulSet"):
            if told := last_event(seen.events, kind, name, only="Warning"):
                yield told


def last_event(events: Iterable[Mapping[str, Any]], kind: str, name: str, *, only: str = "") -> str:
    """Return the message of the last event about an object, "" where there is none; those of one type `only`."""
    about = [
        each
        for each in events
        if (each["involvedObject"].get("kind"), each["involvedObject"].get("name")) == (kind, name)
        and (not only or each.get("type") == only)
    ]
    latest = max(about, key=lambda each: each.get("lastTimestamp") or each.get("eventTime") or "", default=None)
    return str(latest.get("message") or "").strip() if latest else ""
