"""The objects of a cluster say what the manifest says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from stackctl.errors import InputError
from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.scrape_config import export_scrape_config
from stackctl.manifest import load
from stackctl.model import Stack
from stackctl.tree import Tree
from tests.unit.export.manifests import RULES, stack_in


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return stack_in(tmp_path)


def content(tree: Tree, path: str) -> Any:
    return yaml.safe_load(tree.files[path].content)


def test_each_service_becomes_a_service_and_a_servicemonitor_that_selects_it(stack: Stack) -> None:
    tree = export_kubernetes(stack, Cluster("monitoring", {"release": "prometheus"}))
    service, monitor = content(tree, "api-server-service.yaml"), content(tree, "api-server-servicemonitor.yaml")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    assert [port["port"] for port in service["spec"]["ports"]] == [8000, 8001]
    names = [port["name"] for port in service["spec"]["ports"]]
    assert [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] == names == ["http", "http-2"]
    assert monitor["metadata"]["namespace"] == "monitoring"
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_endpoint_carries_the_fields_of_the_scrape(stack: Stack) -> None:
    endpoint = content(export_kubernetes(stack, Cluster()), "api-server-servicemonitor.yaml")["spec"]["endpoints"][0]
    assert endpoint["path"] == "/api/metrics"
    assert (endpoint["scheme"], endpoint["interval"]) == ("https", "5s")
    assert endpoint["basicAuth"]["password"] == {"name": "api-server-scrape", "key": "password"}
    assert endpoint["relabelings"] == [
        {"targetLabel": "team", "replacement": "co$$re"},
        {"sourceLabels": ["__address__"], "targetLabel": "instance", "replacement": "shop-prod"},
    ]


def test_a_secret_is_in_a_secret_file_alone(stack: Stack) -> None:
    for tree in (export_kubernetes(stack, Cluster()), export_scrape_config(stack)):
        holders = [path for path, file in tree if b"hunter2" in file.content]
        assert holders
        assert all(tree.files[path].secret and path.startswith("secrets/") for path in holders)
        assert tree.files[".gitignore"].content == b"secrets/\n"


def test_a_patch_holds_the_annotations_and_the_probes(stack: Stack) -> None:
    template = content(export_kubernetes(stack, Cluster()), "patches/api-server.yaml")["spec"]["template"]
    assert template["metadata"]["annotations"] == {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": "8000",
        "prometheus.io/path": "/api/metrics",
        "prometheus.io/scheme": "https",
    }
    assert template["spec"]["containers"][0]["livenessProbe"]["httpGet"]["path"] == "/live"


def test_rules_and_dashboards_are_exported_whole(stack: Stack) -> None:
    tree = export_kubernetes(stack, Cluster())
    assert content(tree, "rules-shop-rules.yaml")["spec"] == yaml.safe_load(RULES)
    board = content(tree, "dashboard-shop.yaml")
    assert board["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert board["metadata"]["annotations"] == {"grafana_folder": "Shop"}
    assert yaml.safe_load(board["data"]["shop.json"])["title"] == "Shop"


def test_refuses_discovered_targets_with_the_place(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nservices: {api: {discovery: {dns_sd_configs: [{names: [x]}]}}}\n"
    )
    with pytest.raises(InputError, match="discovered targets cannot be exported") as refused:
        export_kubernetes(load(tmp_path / "stack.yml", {}), Cluster())
    assert refused.value.problems[0].position is not None
