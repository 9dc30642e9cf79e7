"""Thanos Query has to reach every replica and to take all of them for one; what explains a failure has its own row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from stackctl.access import Access
from stackctl.checks import registry, view
from stackctl.source import Position
from stackctl.verification.api_server import InCluster, Pod, View
from tests.contract.serving import Asked, Reply, Server, in_turn, serve
from tests.contract.world import World

REPLICAS = ("prometheus-shop-0", "prometheus-shop-1")
QUERY, PROMETHEUS = "shop-thanos-query", "Prometheus shop"
DEPLOYMENT = f"Deployment {QUERY}"
UP = 5


@dataclass
class Whole:
    """A Query and two replicas, and what is known of them in the cluster."""

    well: World
    servers: dict[str, Server]
    workloads: dict[str, str] = field(default_factory=lambda: {DEPLOYMENT: "", PROMETHEUS: ""})
    objects: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    has_pods: bool = True

    @property
    def query(self) -> dict[str, Any]:
        return self.servers[QUERY].routes

    def state(self) -> InCluster:
        asked = {name: Access(each.url) for name, each in self.servers.items()}
        whole = View(
            origin=Position("stack.yml", 4, 1),
            name=QUERY,
            label="prometheus_replica",
            queries={f"{QUERY}-1": asked[QUERY]} if self.has_pods else {},
            replicas={name: asked[name] for name in REPLICAS},
            workload=DEPLOYMENT,
            prometheus=PROMETHEUS,
            objects=(DEPLOYMENT, "Service shop-thanos-sidecars"),
        )
        pods = {f"10.0.0.{n}": Pod(name, PROMETHEUS, self.reasons.get(name, "")) for n, name in enumerate(REPLICAS)}
        return InCluster(whole.origin, workloads=self.workloads, objects=self.objects, pods=pods, view=whole)

    def rows(self, *, seconds: float = 0.0) -> dict[str, tuple[str, str]]:
        found = view.check(replace(self.well.context, cluster=self.state(), seconds=seconds))
        return {each.subject: (each.status, each.summary) for each in found}

    def failed(self) -> dict[str, str]:
        return {name: summary for name, (status, summary) in self.rows().items() if status == "fail"}


@pytest.fixture
def whole(well: World) -> Iterator[Whole]:
    with ExitStack() as stack:
        servers = {name: stack.enter_context(serve()) for name in (*REPLICAS, QUERY)}
        for name in REPLICAS:
            servers[name].routes = {"/api/v1/query": counted({"": UP})}
        servers[QUERY].routes = {"/api/v1/stores": stores("10.0.0.0", "10.0.0.1"), "/api/v1/query": up()}
        yield Whole(well, servers)


def stores(*hosts: str, errors: tuple[str, ...] = ()) -> Any:
    listed = [{"name": f"{each}:10901", "lastError": "refused" if each in errors else None} for each in hosts]
    return {"status": "success", "data": {"sidecar": listed}}


def counted(numbers: dict[str, int]) -> Any:
    found = [
        {"metric": {"prometheus_replica": name} if name else {}, "value": [0, str(number)]}
        for name, number in numbers.items()
    ]
    return {"status": "success", "data": {"resultType": "vector", "result": found}}


def up(of_each: dict[str, int] | None = None, of_all: dict[str, int] | None = None) -> Asked:
    """Answer as Query: with the numbers of each replica, and with those of all taken for one."""
    each = dict.fromkeys(REPLICAS, UP) if of_each is None else of_each
    return Asked(lambda query: counted(each) if "dedup=false" in query else counted(of_all or {"": UP}))


def test_query_with_every_replica_is_green(whole: Whole) -> None:
    assert {name: status for name, (status, _) in whole.rows().items()} == dict.fromkeys((QUERY, *REPLICAS), "pass")


def test_stack_without_thanos_has_no_row(whole: Whole) -> None:
    context = replace(whole.well.context, cluster=replace(whole.state(), view=None))
    assert [*view.check(context)] == [*view.check(replace(context, cluster=None))] == []


FAULTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "store that is not asked": ({"/api/v1/stores": stores("10.0.0.0")}, REPLICAS[1], "does not ask it"),
    "store that is not reached": (
        {"/api/v1/stores": stores("10.0.0.0", "10.0.0.1", errors=("10.0.0.1",))},
        REPLICAS[1],
        "does not reach it",
    ),
    "store without series": ({"/api/v1/query": up({REPLICAS[0]: UP})}, REPLICAS[1], "has no series of it"),
    "store with a part of them": (
        {"/api/v1/query": up({REPLICAS[0]: UP, REPLICAS[1]: UP - 1})},
        REPLICAS[1],
        "has 4 series `up` of it, and it has 5",
    ),
    "store of somebody else": (
        {"/api/v1/stores": stores("10.0.0.0", "10.0.0.1", "10.0.0.9")},
        QUERY,
        "it asks 1 stores that are not replicas of this stack's Prometheus",
    ),
    "replicas that are not taken for one": (
        {"/api/v1/query": up(of_all=dict.fromkeys(REPLICAS, UP))},
        QUERY,
        "its series have the label `prometheus_replica`",
    ),
    "other server": ({"/api/v1/stores": Reply("not found", 404)}, QUERY, "is not a Thanos Query"),
    "query that fails": ({"/api/v1/query": Reply("no", 503)}, QUERY, "returns 503"),
    "server that fails": ({"/api/v1/stores": Reply("no", 503)}, QUERY, "returns 503"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_turns_exactly_its_row_red(whole: Whole, fault: str) -> None:
    broken, row, words = FAULTS[fault]
    whole.query.update(broken)
    (found,) = whole.failed().items()
    assert found[0] == row
    assert words in found[1]


def test_query_that_waits_for_a_lost_store_is_the_failure_of_that_replica(whole: Whole) -> None:
    lost = stores("10.0.0.0", "10.0.0.1", errors=("10.0.0.1",))
    whole.query.update({"/api/v1/stores": lost, "/api/v1/query": Reply("timed out", 503)})
    assert whole.failed() == {REPLICAS[1]: "Thanos Query does not reach it"}


def test_earlier_address_of_a_replica_is_no_failure(whole: Whole) -> None:
    whole.query["/api/v1/stores"] = stores("10.0.0.0", "10.0.0.1", "10.0.0.9", errors=("10.0.0.9",))
    assert whole.failed() == {}
    # Nor does it explain anything.
    whole.query["/api/v1/query"] = Reply("no", 503)
    assert [*whole.failed()] == [QUERY]


def test_replica_that_is_found_late_is_waited_for(whole: Whole) -> None:
    whole.query["/api/v1/stores"] = in_turn(stores("10.0.0.0"), stores("10.0.0.0", "10.0.0.1"))
    assert {status for status, _ in whole.rows(seconds=20.0).values()} == {"pass"}


def test_rows_depend_on_what_has_a_row_of_its_own(whole: Whole) -> None:
    whole.query["/api/v1/stores"] = stores("10.0.0.0")
    whole.objects["Service shop-thanos-sidecars"] = "spec.selector changed"
    assert whole.failed() == {}
    whole.objects.clear()
    whole.workloads[PROMETHEUS], whole.reasons[REPLICAS[1]] = "1 of 2 pods", "it has not started yet"
    assert whole.failed() == {}
    # The pod that is ready is not explained by another one.
    whole.reasons = {REPLICAS[0]: "it has not started yet"}
    assert [*whole.failed()] == [REPLICAS[1]]
    whole.workloads[DEPLOYMENT], whole.has_pods = "it has no pod", False
    assert {status for status, _ in whole.rows().values()} == {"skip"}


def test_query_that_does_not_work_is_one_failure(whole: Whole) -> None:
    whole.query["/api/v1/stores"] = Reply("no", 503)
    rows = whole.rows()
    assert {name: rows[name][0] for name in rows} == {QUERY: "fail", **dict.fromkeys(REPLICAS, "skip")}


def test_what_asks_the_view_depends_on_it(whole: Whole) -> None:
    whole.query["/api/v1/stores"] = stores("10.0.0.0")
    found = [*view.check(replace(whole.well.context, cluster=whole.state(), seconds=0.0))]
    assert registry._away(found)["prometheus"].check == f"cluster.view {REPLICAS[1]}"
    whole.objects[DEPLOYMENT] = "spec.template changed"
    found = [*view.check(replace(whole.well.context, cluster=whole.state(), seconds=0.0))]
    assert registry._away(found)["prometheus"].check == f"cluster.object {DEPLOYMENT}"
