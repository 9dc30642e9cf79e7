"""Rows of a cluster: one cause is one failure, and what the cluster does not know stays a failure of its own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from stackctl.access import Access
from stackctl.checks import cluster
from stackctl.diagnostic import Diagnostic
from stackctl.source import Position
from stackctl.verification.api_server import InCluster, Pod
from stackctl.verification.context import Context
from tests.contract.world import World

ORIGIN = Position("stack.yml", 4, 1)


def context(well: World, **state: Any) -> Context:
    return replace(well.context, cluster=InCluster(ORIGIN, **state))


def statuses(found: Any) -> dict[str, str]:
    return {f"{each.code} {each.subject}": each.status for each in found}


def down(well: World) -> tuple[str, str]:
    """Let the target of a job be down; return the job and the row."""
    job = well.context.jobs[0]
    return job.name, f"target.up {job.name}/{job.endpoints[0].instance}"


def test_objects_and_workloads_have_a_row_each(well: World) -> None:
    found = context(
        well,
        objects={"Service a": "", "Service b": "spec.ports changed"},
        workloads={"Deployment a": "", "Deployment b": "it has no pod\nquota", "Service b": "x"},
    )
    assert statuses(cluster.check_objects(found)) == {
        "cluster.object Service a": "pass",
        "cluster.object Service b": "fail",
    }
    rows = list(cluster.check_workloads(found))
    assert statuses(rows) == {
        "cluster.workload Deployment a": "pass",
        "cluster.workload Deployment b": "fail",
        "cluster.workload Service b": "skip",  # what is changed by hand is the cause
    }
    assert (rows[1].summary, rows[1].evidence, rows[1].position) == ("it has no pod", "quota", ORIGIN)


def test_user_without_the_right_gets_one_skipped_row(well: World) -> None:
    (row,) = cluster.check_objects(context(well, unknown="the user may not apply objects"))
    assert (row.status, row.summary) == ("skip", "not checked: the user may not apply objects")


def test_failure_behind_a_changed_object_depends_on_it(well: World) -> None:
    row = Diagnostic("job.loaded", "Prometheus has no such job", ORIGIN, subject="api")
    found = cluster._unless_changed(context(well, objects={"Service b": "x"}), row, ["Service a", "Service b"])
    assert (found.status, found.depends_on) == ("skip", "cluster.object Service b")
    assert cluster._unless_changed(context(well, objects={"Service b": ""}), row, ["Service b"]) is row
    passed = replace(row, status="pass")
    assert cluster._unless_changed(context(well, objects={"Service b": "x"}), passed, ["Service b"]) is passed


def test_target_in_a_pod_that_is_not_ready_is_the_failure_of_its_workload(well: World) -> None:
    job = next(each for each in well.context.jobs if each.endpoints)
    endpoint = job.endpoints[0]
    row = Diagnostic("target.up", "down", ORIGIN, subject=f"{job.name}/{endpoint.instance}", evidence="refused")
    host = endpoint.address.rpartition(":")[0]
    pods = {host: Pod("api-1", "Deployment api", "api waits: CrashLoopBackOff")}
    found = cluster._down(InCluster(ORIGIN, pods=pods, workloads={"Deployment api": "0 of 1"}), row, host)
    assert (found.status, found.depends_on) == ("skip", "cluster.workload Deployment api")
    # A workload that is said to be ready explains nothing.
    found = cluster._down(InCluster(ORIGIN, pods=pods, workloads={"Deployment api": ""}), row, host)
    assert (found.status, found.evidence) == ("fail", "refused\nthe pod api-1: api waits: CrashLoopBackOff")
    assert cluster._down(InCluster(ORIGIN), row, host) is row


def test_job_without_targets_says_where_the_way_to_them_ends(well: World) -> None:
    job = well.context.jobs[0]
    row = Diagnostic("target.up", "relabelling drops them", ORIGIN, subject=job.name, evidence="step 2")
    state = InCluster(ORIGIN, breaks={job.name: "the Service api selects pods, and none has them"})
    found = cluster._without_targets(row, job, state)
    assert found.summary == "it has no targets: the Service api selects pods, and none has them"
    assert found.evidence == ""
    assert cluster._without_targets(row, job, InCluster(ORIGIN)) is row


def test_datasource_that_asks_another_server_fails(well: World) -> None:
    def row(wanted: str, **objects: str) -> tuple[str, str]:
        found = context(well, datasource=wanted, objects=objects, dashboards={"grafana": "Secret shop-grafana"})
        given = {"grafana": Access(well.servers["grafana"].url, ("admin", "right"))}
        rows = cluster.check_dashboards(replace(found, given=given))
        return next((each.status, each.summary) for each in rows if each.code == "grafana.datasource")

    loaded = well.servers["grafana"].routes["/api/datasources/uid/prometheus"]["url"]
    assert row(loaded)[0] == "pass"
    assert row("http://query:10902") == (
        "fail",
        f"its datasource `prometheus` asks {loaded}, and not http://query:10902",
    )
    assert row("http://query:10902", **{"Secret shop-grafana": "data changed"})[0] == "skip"
