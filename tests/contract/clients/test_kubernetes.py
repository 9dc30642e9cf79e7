"""The API server: objects are applied and listed as a whole, and what it refuses keeps its words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stackctl.access import Access
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.kubernetes import ApiServer
from tests.contract.api_server import Pretended, pretended

SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "namespace": "shop", "labels": {"x": "y"}}}


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Pretended]:
    with pretended(tmp_path) as made:
        yield made


@pytest.fixture
def server(cluster: Pretended) -> ApiServer:
    return ApiServer(Http(Access(cluster.url)))


def test_tried_object_is_not_there_and_applied_one_is(server: ApiServer) -> None:
    assert server.apply(SERVICE, dry_run=True)["metadata"]["name"] == "a"
    assert server.find(SERVICE) is None
    server.apply(SERVICE, dry_run=False)
    assert server.find(SERVICE) == SERVICE


def test_refusal_has_its_status_and_the_words_of_the_server(server: ApiServer, cluster: Pretended) -> None:
    cluster.refused["a"] = 422
    with pytest.raises(NoAnswer) as caught:
        server.apply(SERVICE, dry_run=True)
    assert (caught.value.status, caught.value.said) == (422, "a is refused")


def test_all_pages_of_a_list_are_read(server: ApiServer, cluster: Pretended) -> None:
    for number in range(1100):
        cluster.add({**SERVICE, "metadata": {**SERVICE["metadata"], "name": f"s{number}"}})  # type: ignore[dict-item]
    cluster.add({**SERVICE, "metadata": {"name": "other", "namespace": "shop"}})
    found = server.listed("v1", "Service", "shop", {"x": "y"})
    assert len({each["metadata"]["name"] for each in found}) == 1100
    assert {each["kind"] for each in found} == {"Service"}


def test_deleting_what_is_gone_is_no_error(server: ApiServer) -> None:
    server.delete(SERVICE)


def test_kind_of_a_version_that_is_not_served_is_not_there(server: ApiServer, cluster: Pretended) -> None:
    cluster.has_operator = False
    assert server.serves("v1", "Service")
    assert not server.serves("monitoring.coreos.com/v1", "Prometheus")
    assert server.has_namespace("shop")
    assert not server.has_namespace("other")


def test_scaling_changes_the_number_of_pods_alone(server: ApiServer, cluster: Pretended) -> None:
    spec = {"replicas": 2, "paused": False}
    workload = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": SERVICE["metadata"], "spec": spec}
    cluster.add(workload)
    server.scale(workload, 0)
    assert server.find(workload) == {**workload, "spec": {**spec, "replicas": 0}}


def test_pod_is_asked_through_the_proxy(server: ApiServer) -> None:
    access = server.through("shop", "prometheus-shop-0", 9090)
    assert access.url.endswith("/api/v1/namespaces/shop/pods/prometheus-shop-0:9090/proxy")
