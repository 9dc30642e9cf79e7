"""A service's scrape settings in the operator's words: what ServiceMonitors and ScrapeConfigs have in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stackctl.export.kubernetes.clients import FIELDS, SecretKeys, camel, camel_keys, client
from stackctl.model import Service, Stack

# Fields that both have with the same meaning, but for limits, which a ServiceMonitor has for all its endpoints.
_OPTIONS = ("params", "honor_labels", "honor_timestamps", "track_timestamps_staleness")
_RELABELLING = {"relabel_configs": "relabelings", "metric_relabel_configs": "metricRelabelings"}
_LIMITS = {
    **{
        name: camel(name)
        for name in (
            "sample_limit",
            "target_limit",
            "label_limit",
            "label_name_length_limit",
            "label_value_length_limit",
            "keep_dropped_targets",
            "scrape_protocols",
            "fallback_scrape_protocol",
            "native_histogram_bucket_limit",
            "native_histogram_min_bucket_factor",
        )
    },
    "always_scrape_classic_histograms": "scrapeClassicHistograms",
    "convert_classic_histograms_to_nhcb": "convertClassicHistogramsToNHCB",
}
# The operator gives the targets of monitors labels of its own. Series of the same manifest have none of them elsewhere,
# and a metric's own label of such a name would be renamed, so that no rule or panel finds it.
WITHOUT_OWN_LABELS = {"action": "labeldrop", "regex": "namespace|service|endpoint|pod|container"}
COMMON = frozenset({*_OPTIONS, *_RELABELLING, *_LIMITS, *FIELDS})


def options(service: Service, keys: SecretKeys) -> dict[str, Any]:
    """The fields of one scrape, but for its address, path, scheme and relabelling. Secrets go to `keys`."""
    scrape = service.scrape
    return given(
        {
            "scrapeTimeout": service.scrape_timeout,
            **{camel(name): scrape.get(name) for name in _OPTIONS},
            **client(scrape, keys),
        }
    )


def limits(service: Service) -> dict[str, Any]:
    """Limits and formats."""
    found = {field: service.scrape.get(name) for name, field in _LIMITS.items()}
    factor = found["nativeHistogramMinBucketFactor"]
    # A quantity of Kubernetes: a number with a fraction has to be a text.
    return given({**found, "nativeHistogramMinBucketFactor": None if factor is None else str(factor)})


def relabelling(service: Service, first: Mapping[str, str]) -> dict[str, Any]:
    """The steps of relabelling, after those that set the labels `first`."""
    own = {field: [camel_keys(step) for step in service.scrape.get(name, ())] for name, field in _RELABELLING.items()}
    return given({**own, "relabelings": labelling(first) + own["relabelings"]})


def labelling(labels: Mapping[str, str]) -> list[dict[str, Any]]:
    """The steps of relabelling that set labels."""
    return [{"targetLabel": name, "replacement": value.replace("$", "$$")} for name, value in labels.items()]


def interval(stack: Stack, service: Service) -> str:
    """The time between two scrapes: that of the stack where the service has none, whatever the cluster's own is."""
    return service.scrape_interval or stack.prometheus.scrape_interval


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something."""
    return {name: value for name, value in fields.items() if value or value is False}
