"""Replicas have to know each other, and do the same; one that is not ready is its workload's failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.checks import replicas
from stackctl.source import Position
from stackctl.verification.api_server import InCluster, Pod
from tests.contract.serving import Server, in_turn, serve
from tests.contract.world import World

ALERTMANAGERS = ("alertmanager-shop-0", "alertmanager-shop-1")
PROMETHEUS = ("prometheus-shop-0", "prometheus-shop-1")
ADDRESSES = dict(zip(ALERTMANAGERS, ("10.0.0.1", "10.0.0.2"), strict=True))


@dataclass
class Pair:
    """Two servers of each kind, and what `check` says of them."""

    well: World
    servers: dict[str, Server]
    workloads: dict[str, str]

    def rows(self, *, seconds: float = 0.0) -> dict[str, tuple[str, str]]:
        asked = {name: Access(each.url) for name, each in self.servers.items()}
        state = InCluster(
            Position("stack.yml", 4, 1),
            workloads=self.workloads,
            pods={address: Pod(name, "Alertmanager shop", "") for name, address in ADDRESSES.items()},
            replicas={
                "prometheus": {name: asked[name] for name in PROMETHEUS},
                "alertmanager": {name: asked[name] for name in ALERTMANAGERS},
            },
        )
        found = replicas.check(replace(self.well.context, cluster=state, seconds=seconds))
        return {each.subject: (each.status, each.summary) for each in found}

    def failed(self) -> dict[str, str]:
        return {name: summary for name, (status, summary) in self.rows().items() if status == "fail"}


@pytest.fixture
def pair(well: World) -> Iterator[Pair]:
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serve()) for name in (*PROMETHEUS, *ALERTMANAGERS)}
        for name in PROMETHEUS:
            servers[name].routes = {"/api/v1/targets": targets("a", "b"), "/api/v1/alertmanagers": sent_to("1", "2")}
        for name in ALERTMANAGERS:
            servers[name].routes = {"/api/v2/status": status("ready", "1", "2"), "/metrics": loaded(7)}
        yield Pair(well, servers, {"Alertmanager shop": "", "Prometheus shop": ""})


def status(state: str, *peers: str) -> Any:
    return {"cluster": {"status": state, "peers": [{"address": f"10.0.0.{each}:9094"} for each in peers]}}


def loaded(number: int) -> str:
    return f"alertmanager_config_hash {number}\n"


def targets(*hosts: str) -> Any:
    active = [
        {"scrapePool": "api", "labels": {"job": "api", "instance": each}, "discoveredLabels": {"__address__": each},
         "scrapeUrl": f"http://{each}/metrics", "health": "up", "lastError": "", "lastScrape": "2026-01-01T00:00:00Z"}
        for each in hosts
    ]  # fmt: skip
    return {"status": "success", "data": {"activeTargets": active}}


def sent_to(*hosts: str) -> Any:
    active = [{"url": f"http://10.0.0.{each}:9093/api/v2/alerts"} for each in hosts]
    return {"status": "success", "data": {"activeAlertmanagers": active}}


def test_replicas_that_do_the_same_are_green(pair: Pair) -> None:
    assert {name: status for name, (status, _) in pair.rows().items()} == dict.fromkeys(
        (*PROMETHEUS, *ALERTMANAGERS), "pass"
    )


FAULTS: dict[str, tuple[Callable[[dict[str, Server]], object], str, str]] = {
    "peer that does not join": (
        lambda servers: servers[ALERTMANAGERS[1]].routes.update({"/api/v2/status": status("ready", "2")}),
        ALERTMANAGERS[1],
        "it does not know alertmanager-shop-0: it has 1 peers",
    ),
    "peer that is somebody else": (
        lambda servers: servers[ALERTMANAGERS[0]].routes.update({"/api/v2/status": status("ready", "1", "9")}),
        ALERTMANAGERS[0],
        "it does not know alertmanager-shop-1",
    ),
    "cluster that is not ready": (
        lambda servers: servers[ALERTMANAGERS[1]].routes.update({"/api/v2/status": status("settling", "1", "2")}),
        ALERTMANAGERS[1],
        "its cluster is `settling`",
    ),
    "other configuration": (
        lambda servers: servers[ALERTMANAGERS[1]].routes.update({"/metrics": loaded(8)}),
        ALERTMANAGERS[1],
        "it has loaded another configuration than alertmanager-shop-0",
    ),
    "target that is not scraped": (
        lambda servers: servers[PROMETHEUS[1]].routes.update({"/api/v1/targets": targets("a")}),
        PROMETHEUS[1],
        "it does not scrape 1 targets that another replica has: api http://b/metrics",
    ),
    "alerts that are sent to one only": (
        lambda servers: servers[PROMETHEUS[0]].routes.update({"/api/v1/alertmanagers": sent_to("1")}),
        PROMETHEUS[0],
        "it does not send its alerts to alertmanager-shop-1",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_turns_exactly_its_replica_red(pair: Pair, fault: str) -> None:
    broken, pod, words = FAULTS[fault]
    broken(pair.servers)
    (found,) = pair.failed().items()
    assert found[0] == pod
    assert words in found[1]


def test_replica_that_joins_late_is_waited_for(pair: Pair) -> None:
    late = in_turn(status("settling", "2"), status("settling", "1", "2"), status("ready", "1", "2"))
    pair.servers[ALERTMANAGERS[1]].routes["/api/v2/status"] = late
    assert {status for status, _ in pair.rows(seconds=20.0).values()} == {"pass"}


def test_replica_that_does_not_answer_depends_on_that(pair: Pair) -> None:
    pair.servers[ALERTMANAGERS[1]].routes.clear()
    assert pair.failed() == {}
    assert pair.rows()[ALERTMANAGERS[1]] == ("skip", "not checked: it does not answer")


def test_pod_that_is_not_ready_is_the_failure_of_its_workload(pair: Pair) -> None:
    pair.workloads["Alertmanager shop"] = "alertmanager-shop-1: it has not started yet"
    pair.servers[ALERTMANAGERS[0]].routes["/api/v2/status"] = status("ready", "1")
    pair.servers[ALERTMANAGERS[1]].routes.clear()
    found = pair.rows()
    assert {found[each][0] for each in ALERTMANAGERS} == {"skip"}
    assert "the pods of Alertmanager shop are not ready" in found[ALERTMANAGERS[0]][1]
