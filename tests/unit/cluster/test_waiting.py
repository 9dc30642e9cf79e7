"""The reason why a workload is not ready is found where it is: in the pod, its volumes, its events or the operator."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.cluster.objects import Thing, thing
from stackctl.cluster.waiting import Seen, ending, last_event, pod_reason, waits

LABELS = {"app": "api"}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
DONE = {"observedGeneration": 1, "replicas": 1, "updatedReplicas": 1, "availableReplicas": 1}


def deployment(**status: Any) -> Thing:
    spec = {"selector": {"matchLabels": LABELS}}
    metadata = {"name": "api", "generation": 1}
    return thing({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec, "status": status})


def operated(*conditions: dict[str, Any], **status: Any) -> Thing:
    content = {
        "metadata": {"name": "shop", "generation": 2},
        "spec": {},
        "status": {"conditions": [*conditions], **status},
    }
    return thing({"apiVersion": "monitoring.coreos.com/v1", "kind": "Prometheus", **content})


def condition(name: str, status: str = "True", generation: int = 2, message: str = "") -> dict[str, Any]:
    return {"type": name, "status": status, "observedGeneration": generation, "message": message}


def pod(status: dict[str, Any], labels: dict[str, str] = LABELS, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "api-1", "labels": labels}, "spec": spec, "status": status}


def event(
    message: str, kind: str, name: str, at: str = "2026-01-01T00:00:00Z", severity: str = "Warning"
) -> dict[str, Any]:
    about = {"kind": kind, "name": name}
    return {"involvedObject": about, "message": message, "lastTimestamp": at, "type": severity}


def container(**state: Any) -> dict[str, Any]:
    return {"containerStatuses": [{"name": "api", "ready": False, **state}]}


def reason(workload: Thing, *pods: dict[str, Any], claims: tuple[Any, ...] = (), events: tuple[Any, ...] = ()) -> str:
    return waits(Seen((workload,), pods, claims, events)).get(workload, "")


def test_workload_whose_pods_are_ready_waits_for_nothing() -> None:
    assert reason(deployment(**DONE), pod(READY)) == ""
    own = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": "shop"}
    done = operated(condition("Reconciled"), condition("Available"), updatedReplicas=1)
    assert reason(done, pod(READY, own)) == ""


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ({**DONE, "observedGeneration": 0}, "the cluster has not taken it up yet"),
        ({**DONE, "replicas": 2}, "1 of 1 pods are available, 1 are new"),
        ({**DONE, "availableReplicas": 0}, "0 of 1 pods are available, 1 are new"),
        (
            {**DONE, "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "violates PodSecurity"}]},
            "violates PodSecurity",
        ),
    ],
)
def test_rollout_that_is_not_done_is_waited_for(status: dict[str, Any], said: str) -> None:
    assert reason(deployment(**status), pod(READY)).startswith(said)


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ((), "has not taken it up yet: does one run"),
        ((condition("Reconciled", generation=1),), "has not taken it up yet"),
        ((condition("Reconciled", "False", message="invalid rule"),), "the Prometheus Operator says: invalid rule"),
        ((condition("Reconciled"), condition("Available", "False", message="no pods")), "says: no pods"),
    ],
)
def test_words_of_the_operator_are_passed_on(conditions: tuple[dict[str, Any], ...], said: str) -> None:
    assert said in reason(operated(*conditions, updatedReplicas=1))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (READY, ""),
        (
            {"conditions": [{"type": "PodScheduled", "status": "False", "message": "no room"}]},
            "no node takes it: no room",
        ),
        (container(state={"waiting": {"reason": "ErrImagePull", "message": "gone"}}), "api waits: ErrImagePull gone"),
        (
            container(state={"waiting": {"reason": "CrashLoopBackOff"}}, lastState={"terminated": {"exitCode": 3}}),
            "api waits: CrashLoopBackOff, after it exited with code 3",
        ),
        (container(state={"terminated": {"exitCode": 2}}), "api exited with code 2"),
        (container(state={"running": {}}), "api runs and is not ready"),
        ({"message": "The node was low on memory"}, "The node was low on memory"),
        ({}, "it has not started yet"),
    ],
)
def test_pod_says_why_it_is_not_ready(status: dict[str, Any], said: str) -> None:
    assert pod_reason(pod(status)) == said


def test_volume_that_is_missing_is_named_with_its_event() -> None:
    waiting = pod({}, volumes=[{"persistentVolumeClaim": {"claimName": "data"}}])
    claim = {"metadata": {"name": "data"}, "status": {"phase": "Pending"}}
    events = (event("no storage class is set", "PersistentVolumeClaim", "data", severity="Normal"),)
    said = reason(deployment(**DONE), waiting, claims=(claim,), events=events)
    assert "its volume data is not there: no storage class is set" in said


def test_workload_without_pods_is_not_ready_and_its_last_warning_says_why() -> None:
    events = (event("older", "Deployment", "api"), event("quota", "Deployment", "api", "2026-01-02T00:00:00Z"))
    assert reason(deployment(**DONE), events=events) == "it has no pod\nquota"
    assert last_event(events, "Deployment", "api", only="Normal") == ""


def test_container_that_ends_again_and_again_is_found_while_it_runs() -> None:
    def found(times: int, now: float) -> dict[Thing, str]:
        ended = {"finishedAt": "1970-01-01T00:01:00Z", "reason": "OOMKilled", "exitCode": 137}
        status = {"containerStatuses": [{"name": "api", "restartCount": times, "lastState": {"terminated": ended}}]}
        return ending(Seen((deployment(**DONE),), (pod({**READY, **status}),), (), ()), now)

    said = "api-1: api has ended and started again 3 times: OOMKilled, exit code 137"
    assert [*found(3, 100.0).values()] == [said]
    assert found(2, 100.0) == found(3, 1000.0) == {}


def test_program_that_ends_at_once_is_named_while_its_pod_is_ready_for_a_moment() -> None:
    moment = {**READY, **container(ready=True, lastState={"terminated": {"exitCode": 3}})}
    new = deployment(observedGeneration=1, replicas=2, updatedReplicas=1, availableReplicas=1)
    assert "api-1: api exited with code 3 before it started again" in reason(new, pod(moment))
    # Once the rollout is done it is past.
    assert reason(deployment(**DONE), pod(moment)) == ""
