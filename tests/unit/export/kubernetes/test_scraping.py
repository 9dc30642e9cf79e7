"""Settings that ServiceMonitors and ScrapeConfigs have in common."""

from __future__ import annotations

from pathlib import Path

from stackctl.export.kubernetes.clients import SecretKeys
from stackctl.export.kubernetes.scraping import interval, limits, options, relabelling
from stackctl.model import Service
from tests.unit.export.manifests import services_in


def only(folder: Path, settings: str) -> Service:
    return services_in(folder, f"{{api: {{targets: ['api:1'], {settings}}}}}").services[0]


def test_settings_have_the_operators_names(tmp_path: Path) -> None:
    service = only(tmp_path, "params: {q: [x]}, honor_labels: true, honor_timestamps: false, scrape_timeout: 3s")
    assert options(service, SecretKeys("x")) == {
        "scrapeTimeout": "3s",
        "params": {"q": ["x"]},
        "honorLabels": True,
        "honorTimestamps": False,
    }


def test_limits_are_numbers_and_a_fraction_is_text(tmp_path: Path) -> None:
    service = only(
        tmp_path,
        "sample_limit: 5, always_scrape_classic_histograms: true, convert_classic_histograms_to_nhcb: true, "
        "native_histogram_min_bucket_factor: 1.1",
    )
    assert limits(service) == {
        "sampleLimit": 5,
        "scrapeClassicHistograms": True,
        "convertClassicHistogramsToNHCB": True,
        "nativeHistogramMinBucketFactor": "1.1",
    }


def test_labels_come_before_the_services_own_steps(tmp_path: Path) -> None:
    steps = "relabel: [{source_labels: [a], target_label: b}], metric_relabel: [{regex: x, action: labeldrop}]"
    assert relabelling(only(tmp_path, steps), {"team": "co$re"}) == {
        "relabelings": [
            {"targetLabel": "team", "replacement": "co$$re"},
            {"sourceLabels": ["a"], "targetLabel": "b"},
        ],
        "metricRelabelings": [{"regex": "x", "action": "labeldrop"}],
    }


def test_interval_is_the_stacks_by_default(tmp_path: Path) -> None:
    for settings, expected in (("labels: {}", "15s"), ("scrape_interval: 7s", "7s")):
        stack = services_in(tmp_path, f"{{api: {{targets: ['api:1'], {settings}}}}}")
        assert interval(stack, stack.services[0]) == expected
