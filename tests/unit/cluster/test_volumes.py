"""Volumes have the names that the operator gives them, and an entry of the journal is read as it was written."""

from __future__ import annotations

from typing import Any

import pytest

from stackctl.cluster.objects import thing
from stackctl.cluster.volumes import Entry, Kept, read, written


def workload(kind: str, name: str) -> Any:
    return thing({"apiVersion": "x", "kind": kind, "metadata": {"name": name, "namespace": "shop"}, "spec": {}})


def test_each_replica_of_a_server_of_the_operator_has_a_volume() -> None:
    found = Kept("alertmanager", workload("Alertmanager", "shop"), 2, 65534)
    assert found.claims == (
        "alertmanager-shop-db-alertmanager-shop-0",
        "alertmanager-shop-db-alertmanager-shop-1",
    )
    assert (found.sub_path, found.pod(1)) == ("alertmanager-db", "alertmanager-shop-1")


def test_other_servers_have_one_volume_as_a_whole() -> None:
    found = Kept("grafana", workload("Deployment", "shop-grafana"), 1, 472)
    assert (found.claims, found.sub_path) == (("shop-grafana",), "")


def test_entry_is_read_as_it_was_written() -> None:
    entry = Entry("restore", "5f3a", {"Prometheus shop": 2}, 1.5, ("prometheus", "grafana"), True)
    assert read(written(entry)) == entry


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"operation": "backup"}', '{"stopped": [], "staged": []}'])
def test_damaged_entry_is_none(text: str) -> None:
    assert read(text) is None
