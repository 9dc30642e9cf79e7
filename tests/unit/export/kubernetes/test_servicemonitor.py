"""ServiceMonitors: what they select, and how they scrape."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes import Cluster, export_kubernetes
from stackctl.export.kubernetes.scraping import WITHOUT_OWN_LABELS
from stackctl.manifest import load
from stackctl.model import Stack
from tests.unit.export.manifests import services_in, stack_in

CLUSTER = Cluster("monitoring", {"release": "prometheus"})


def test_monitor_selects_its_service_and_all_ports(tmp_path: Path) -> None:
    tree = export_kubernetes(stack_in(tmp_path), CLUSTER)
    service, monitor = tree.yaml("api-server-service.yaml"), tree.yaml("api-server-servicemonitor.yaml")
    assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    names = [port["name"] for port in service["spec"]["ports"]]
    assert [endpoint["port"] for endpoint in monitor["spec"]["endpoints"]] == names == ["http", "http-2"]
    assert monitor["metadata"]["namespace"] == "monitoring"
    assert monitor["metadata"]["labels"]["release"] == "prometheus"


def test_endpoint_carries_the_fields_of_the_scrape(tmp_path: Path) -> None:
    tree = export_kubernetes(stack_in(tmp_path), CLUSTER)
    endpoint = tree.yaml("api-server-servicemonitor.yaml")["spec"]["endpoints"][0]
    assert endpoint["path"] == "/api/metrics"
    assert (endpoint["scheme"], endpoint["interval"]) == ("https", "5s")
    assert endpoint["basicAuth"]["password"] == {"name": "api-server-scrape", "key": "password"}
    assert endpoint["relabelings"] == [
        WITHOUT_OWN_LABELS,
        {"targetLabel": "job", "replacement": "Api_Server"},
        {"targetLabel": "team", "replacement": "co$$re"},
        {"sourceLabels": ["__address__"], "targetLabel": "instance", "replacement": "shop-prod"},
    ]


def test_settings_of_the_monitor_are_not_of_the_endpoint(tmp_path: Path) -> None:
    settings = "body_size_limit: 10MB, sample_limit: 5, follow_redirects: false, enable_http2: false"
    spec = monitor(services_in(tmp_path, f"{{api: {{targets: ['api:1'], {settings}}}}}"))
    assert (spec["bodySizeLimit"], spec["sampleLimit"]) == ("10MB", 5)
    (endpoint,) = spec["endpoints"]
    assert (endpoint["followRedirects"], endpoint["enableHttp2"]) == (False, False)


def monitor(stack: Stack) -> dict[str, list[dict[str, object]]]:
    spec: dict[str, list[dict[str, object]]] = export_kubernetes(stack, CLUSTER).yaml("api-servicemonitor.yaml")["spec"]
    return spec


def test_own_servers_are_scraped_as_the_manifest_says(tmp_path: Path) -> None:
    (tmp_path / "stack.yml").write_text(
        "version: 1\nname: shop\nprometheus: {labels: {team: core}}\nalertmanager: {scrape: false}\n"
        "services: {api: {targets: ['api:1']}}\n"
    )
    tree = export_kubernetes(load(tmp_path / "stack.yml", {}), Cluster(has_servers=False))
    made = tree.yaml("servers/prometheus-servicemonitor.yaml")
    assert made["spec"]["selector"] == {"matchLabels": {"operated-prometheus": "true"}}
    assert made["spec"]["endpoints"][0]["relabelings"] == [
        WITHOUT_OWN_LABELS,
        {"targetLabel": "job", "replacement": "prometheus"},
        {"targetLabel": "instance", "replacement": "prometheus:9090"},
        {"targetLabel": "team", "replacement": "core"},
    ]
    assert "servers/alertmanager-servicemonitor.yaml" not in tree.files
