"""The Prometheus object says what the manifest says of the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.kubernetes.prometheus import without_field
from stackctl.manifest import load
from stackctl.model import Stack

SERVERS = Cluster("shop", {"release": "x"}, has_servers=False)


def stack_of(folder: Path, settings: str) -> Stack:
    (folder / "stack.yml").write_text(
        f"version: 1\nname: shop_1\nprometheus: {{{settings}}}\nservices: {{api: {{targets: ['api:1']}}}}\n"
    )
    return load(folder / "stack.yml", {})


def spec_of(folder: Path, settings: str) -> Any:
    return export_kubernetes(stack_of(folder, settings), SERVERS).yaml("servers/prometheus.yaml")["spec"]


def test_settings_are_in_the_operators_words(tmp_path: Path) -> None:
    spec = spec_of(
        tmp_path,
        "scrape_interval: 7s, retention: {time: 3d, size: 10GB}, external_labels: {site: a}, "
        "query: {max_samples: 5, lookback_delta: 2m}, out_of_order_time_window: 10m, "
        "enable_features: [exemplar-storage], resources: {memory: 1g}, image: 'prom/prometheus:v3.13.5', external_url: 'http://p'",
    )
    expected = {
        "image": "prom/prometheus:v3.13.5",
        "version": "v3.13.5",
        "scrapeInterval": "7s",
        "evaluationInterval": "15s",
        "retention": "3d",
        "retentionSize": "10GB",
        "externalLabels": {"site": "a"},
        "externalUrl": "http://p",
        "query": {"maxSamples": 5, "lookbackDelta": "2m"},
        "tsdb": {"outOfOrderTimeWindow": "10m"},
        "enableFeatures": ["exemplar-storage"],
        "resources": {"limits": {"memory": "1Gi"}},
    }
    assert expected.items() <= spec.items()


def test_snapshots_for_backups_can_be_made(tmp_path: Path) -> None:
    assert spec_of(tmp_path, "")["enableAdminAPI"] is True


def test_labels_are_those_of_the_manifest_alone(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "")
    assert spec["prometheusExternalLabelName"] == spec["replicaExternalLabelName"] == ""


def test_sidecar_looks_often_with_the_arguments_of_the_operator(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices: {api: {targets: ['api:1']}}\nalertmanager: {receivers: {a: {webhook: {url: 'http://a'}}}}\n"
    )
    tree = export_kubernetes(load(tmp_path / "stack.yml", {}), SERVERS)
    for server in ("prometheus", "alertmanager"):
        (sidecar,) = tree.yaml(f"servers/{server}.yaml")["spec"]["containers"]
        assert sidecar["name"] == "config-reloader"
        assert sidecar["command"][1:] == ["--watch-interval=30s"]
        assert "args" not in sidecar


def test_objects_of_the_stack_are_selected_and_no_others(tmp_path: Path) -> None:
    tree = export_kubernetes(stack_of(tmp_path, ""), SERVERS)
    spec = tree.yaml("servers/prometheus.yaml")["spec"]
    wanted = spec["serviceMonitorSelector"]["matchLabels"]
    assert wanted == {"app.kubernetes.io/part-of": "shop_1"}
    for path in ("api-servicemonitor.yaml", "servers/prometheus-servicemonitor.yaml"):
        assert wanted.items() <= tree.yaml(path)["metadata"]["labels"].items()
    assert not any(name.endswith("NamespaceSelector") for name in spec)


def test_remote_write_has_its_secrets_in_a_secret(tmp_path: Path) -> None:
    block = (
        "{url: 'http://me:s3cret-1@a/write', queue_config: {retry_on_http_429: true, max_shards: 3}, "
        "write_relabel_configs: [{source_labels: [a], action: keep}]}"
    )
    tree = export_kubernetes(stack_of(tmp_path, f"remote_write: [{block}]"), SERVERS)
    assert tree.yaml("servers/prometheus.yaml")["spec"]["remoteWrite"] == [
        {
            "url": "http://a/write",
            "queueConfig": {"retryOnRateLimit": True, "maxShards": 3},
            "writeRelabelConfigs": [{"sourceLabels": ["a"], "action": "keep"}],
            "basicAuth": {
                "username": {"name": "shop-1-prometheus", "key": "0-username"},
                "password": {"name": "shop-1-prometheus", "key": "0-password"},
            },
        }
    ]
    secret = tree.yaml("secrets/prometheus_remote-write.yaml")
    assert secret["stringData"] == {"0-username": "me", "0-password": "s3cret-1"}


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ("extra: {tracing: {endpoint: x}}", ["extra"]),
        ("remote_write: [{url: 'http://a', sigv4: {region: b}}]", ["remote_write.sigv4"]),
        ("remote_write: [{url: 'http://a', queue_config: {new: 1}}]", ["remote_write.queue_config.new"]),
        ("auth: {basic_auth: {username: a, password: long-enough-1}}", ["auth"]),
        ("retention: {time: 3d}", []),
    ],
)
def test_settings_without_a_field_are_named(tmp_path: Path, settings: str, names: list[str]) -> None:
    assert without_field(stack_of(tmp_path, settings).prometheus) == names


def test_servers_are_exported_only_where_the_cluster_has_none(tmp_path: Path) -> None:
    assert not [path for path in export_kubernetes(stack_of(tmp_path, ""), Cluster()).files if "servers/" in path]
