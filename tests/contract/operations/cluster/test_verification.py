"""What is declared is compared with the objects of the cluster, without the right to change any if need be."""

from __future__ import annotations

from pathlib import Path

import pytest

from stackctl.errors import Unavailable
from stackctl.lineage.build import lineage
from stackctl.lineage.moment import Moment
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.operations.cluster.session import open_session
from stackctl.operations.cluster.up import bring_up
from stackctl.operations.cluster.verification import in_cluster, pools_of, running_accesses
from stackctl.operations.moments import observe
from tests.contract.api_server import Pretended, path_of
from tests.contract.operator import PROXY
from tests.unit.operations.pretended import Noted

LABELS = {"app.kubernetes.io/name": "prometheus", "app.kubernetes.io/instance": "shop"}
POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "prometheus-shop-0", "namespace": "shop", "labels": LABELS},
}


def test_object_that_was_changed_differs_and_is_on_the_way_of_its_job(
    manifest: Path, stack: Stack, cluster: Pretended
) -> None:
    with pytest.raises(Unavailable):
        bring_up(manifest, 0.0, Noted())
    path = path_of("v1", "Service", "shop", "api")
    cluster.objects[path] = {**cluster.objects[path], "spec": {"selector": {"app": "nobody"}}}
    del cluster.objects[path_of("apps/v1", "Deployment", "shop", "shop-grafana")]
    found = in_cluster(open_session(manifest, stack))
    assert {name for name, other in found.objects.items() if other} == {"Service api", "Deployment shop-grafana"}
    assert found.workloads["Deployment shop-grafana"] == "it is not in the cluster"
    assert found.jobs["serviceMonitor/shop/api/0"] == ("ServiceMonitor api", "Service api", "Deployment api")
    assert found.changed(found.jobs["serviceMonitor/shop/api/0"]) == "Service api"
    assert found.rules == {"shop.yml": "PrometheusRule shop-shop"}


def test_user_who_may_not_apply_is_no_failure(manifest: Path, stack: Stack, cluster: Pretended) -> None:
    cluster.refused["api"] = 403
    found = in_cluster(open_session(manifest, stack))
    assert found.objects == {}
    assert "the user may not apply objects" in found.unknown


def test_jobs_are_declared_where_their_services_are(manifest: Path, stack: Stack, cluster: Pretended) -> None:
    assert cluster.has_operator
    declared = pools_of(open_session(manifest, stack))
    assert declared["serviceMonitor/shop/api/0"].label == "api"
    assert declared["serviceMonitor/shop/api/0"].origin == stack.services[0].origin
    assert declared["serviceMonitor/shop/shop.prometheus/0"].label == "prometheus"


def test_view_is_by_the_pods_of_query_and_has_every_replica(manifest: Path, cluster: Pretended) -> None:
    assert in_cluster(open_session(manifest, load(manifest))).view is None
    manifest.write_text(f"{manifest.read_text()}prometheus: {{replicas: 2}}\nthanos: {{}}\n")
    with pytest.raises(Unavailable):
        bring_up(manifest, 0.0, Noted())
    labels = {"app": "shop-thanos-query"}
    pod = {**POD, "metadata": {"name": "shop-thanos-query-1", "namespace": "shop", "labels": labels}}
    cluster.objects[path_of("v1", "Pod", "shop", "shop-thanos-query-1")] = {
        **pod,
        "spec": {},
        "status": {"podIP": "10.0.0.1"},
    }
    found = in_cluster(open_session(manifest, load(manifest)))
    assert found.view is not None
    assert [*found.view.queries] == ["shop-thanos-query-1"]
    assert found.view.queries["shop-thanos-query-1"].url.endswith("/pods/shop-thanos-query-1:10902/proxy")
    assert [*found.view.replicas] == ["prometheus-shop-0", "prometheus-shop-1"]
    named = {*found.view.objects, found.view.workload, found.view.prometheus}
    assert named <= found.objects.keys()
    assert found.view.origin.line == manifest.read_text().splitlines().index("thanos: {}") + 1
    assert found.datasource == "http://shop-thanos-query:10902"
    assert found.dashboards["grafana"] in found.objects


def test_servers_that_have_a_pod_are_asked_by_the_proxy(stack: Stack, cluster: Pretended) -> None:
    assert running_accesses(stack) == {}
    cluster.add(POD)
    (access,) = running_accesses(stack).values()
    assert access.url == f"{cluster.url}{PROXY.removesuffix('/api/v1')}"


def test_targets_in_a_cluster_are_those_of_their_label(manifest: Path, stack: Stack, cluster: Pretended) -> None:
    cluster.add(POD)
    target = {
        "scrapePool": "serviceMonitor/shop/api/0",
        "labels": {"job": "api", "instance": "api:8000"},
        "discoveredLabels": {"__address__": "10.0.0.1:8000"},
        "scrapeUrl": "http://10.0.0.1:8000/metrics",
        "health": "up",
        "lastError": "",
        "lastScrape": "2026-01-01T00:00:00Z",
    }
    cluster.proxied[f"{PROXY}/targets"] = {"status": "success", "data": {"activeTargets": [target]}}
    cluster.proxied[f"{PROXY}/query"] = {"status": "success", "data": {"result": []}}
    cluster.proxied[f"{PROXY}/rules"] = {"status": "success", "data": {"groups": []}}
    found, unasked = observe(manifest, stack, lineage(stack).nodes)
    assert unasked == ""
    assert {node.name: moment for node, moment in found.items() if node.kind == "service"} == {
        "api": Moment("up", 1, 1)
    }


def test_cluster_that_cannot_be_asked_is_a_reason_and_no_failure(
    manifest: Path, stack: Stack, cluster: Pretended
) -> None:
    cluster.has_operator = False
    found, unasked = observe(manifest, stack, lineage(stack).nodes)
    assert (found, unasked) == ({}, "the cluster has no Prometheus Operator")
