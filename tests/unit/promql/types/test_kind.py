"""Kinds that names give: only where a name is hardly ever something else."""

from __future__ import annotations

import pytest

from stackctl.promql.types.kind import of_name
from stackctl.promql.types.value import COUNTER, INFO, UNKNOWN


@pytest.mark.parametrize(
    "name",
    [
        "http_requests_total",
        "node_cpu_seconds_total",
        "node_network_receive_bytes_total",
        "kube_pod_container_status_restarts_total",
        "container_memory_failures_total",
        "redis_keyspace_hits_total",
        "prometheus_rule_evaluation_failures_total",
    ],
)
def test_total_of_events_is_a_counter(name: str) -> None:
    assert of_name(name) == COUNTER


@pytest.mark.parametrize(
    "name",
    [
        "minio_cluster_drive_offline_total",
        "minio_s3_requests_waiting_total",
        "container_fs_inodes_total",
        "node_memory_MemTotal_bytes",
        "memory_bytes_total",
        "cortex_ruler_managers_total",
        "azurerm_requests_total",
        "requests",
        "requests_total_last",
        "job:requests_total",
        "",
    ],
)
def test_total_of_things_is_anything(name: str) -> None:
    assert of_name(name) == UNKNOWN


def test_info_is_named_so() -> None:
    assert of_name("app_build_info") == INFO
    assert of_name("info") == UNKNOWN
