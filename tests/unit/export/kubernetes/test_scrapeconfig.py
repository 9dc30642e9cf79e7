"""ScrapeConfigs of targets outside of the cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stackctl.export.kubernetes import Cluster, export_kubernetes
from tests.unit.export.manifests import services_in


def spec_of(folder: Path, settings: str) -> Any:
    tree = export_kubernetes(services_in(folder, f"{{Api: {{{settings}}}}}"), Cluster())
    return tree.yaml("api-scrapeconfig.yaml")["spec"]


def test_targets_keep_addresses_labels_and_job(tmp_path: Path) -> None:
    targets = '["10.0.0.1:1", {address: "a.example.org:2", labels: {zone: b}}, "10.0.0.2:1"]'
    spec = spec_of(tmp_path, f"targets: {targets}, labels: {{team: core}}, scheme: https, metrics_path: /m")
    assert spec == {
        "jobName": "Api",
        "metricsPath": "/m",
        "scheme": "HTTPS",
        "scrapeInterval": "15s",
        "staticConfigs": [
            {"targets": ["10.0.0.1:1", "10.0.0.2:1"], "labels": {"team": "core"}},
            {"targets": ["a.example.org:2"], "labels": {"team": "core", "zone": "b"}},
        ],
    }


def test_discovered_targets_get_labels_by_relabelling(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, "labels: {team: core}, discovery: {dns_sd_configs: [{names: [x]}]}")
    assert spec["relabelings"] == [{"targetLabel": "team", "replacement": "core"}]
    assert "staticConfigs" not in spec


def test_values_are_in_the_operators_words(tmp_path: Path) -> None:
    options = "metric_name_escaping_scheme: dots, metric_name_validation_scheme: legacy, enable_compression: false"
    spec = spec_of(tmp_path, f"targets: ['10.0.0.1:1'], {options}, enable_http2: false")
    assert (spec["nameEscapingScheme"], spec["nameValidationScheme"]) == ("Dots", "Legacy")
    assert (spec["enableCompression"], spec["enableHTTP2"]) == (False, False)


def test_pods_and_others_of_a_service_have_an_object_each(tmp_path: Path) -> None:
    tree = export_kubernetes(services_in(tmp_path, "{api: {targets: ['api:1', '10.0.0.1:1']}}"), Cluster())
    assert {"api-servicemonitor.yaml", "api-scrapeconfig.yaml"} < tree.files.keys()
    assert tree.yaml("api-scrapeconfig.yaml")["spec"]["staticConfigs"] == [{"targets": ["10.0.0.1:1"]}]
