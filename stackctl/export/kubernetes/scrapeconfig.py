"""ScrapeConfig: targets that are not pods of the cluster, by their addresses or by discovery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from stackctl.export.kubernetes.clients import SecretKeys
from stackctl.export.kubernetes.discovery import discovered
from stackctl.export.kubernetes.objects import OPERATOR_ALPHA, Objects
from stackctl.export.kubernetes.scraping import COMMON, given, interval, limits, options, relabelling
from stackctl.model import Service, Target

_ESCAPING = {"allow-utf-8": "AllowUTF8", "underscores": "Underscores", "dots": "Dots", "values": "Values"}
_VALIDATION = {"utf8": "UTF8", "legacy": "Legacy"}
# Fields that a ServiceMonitor does not have: the operator's name, and its word for a value.
_OWN: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "enable_http2": ("enableHTTP2", bool),
    "enable_compression": ("enableCompression", bool),
    "metric_name_escaping_scheme": ("nameEscapingScheme", _ESCAPING.__getitem__),
    "metric_name_validation_scheme": ("nameValidationScheme", _VALIDATION.__getitem__),
}
KNOWN = COMMON | _OWN.keys()


def scrape_config(
    objects: Objects, service: Service, name: str, targets: tuple[Target, ...], keys: SecretKeys
) -> dict[str, Any]:
    """The ScrapeConfig of a service's `targets`, or of its discovery. Secrets go to `keys`."""
    fields = {
        "jobName": service.name,
        "metricsPath": service.metrics_path,
        "scheme": service.scheme.upper(),
        "scrapeInterval": interval(objects.stack, service),
        **options(service, keys),
        **{field: word(service.scrape[key]) for key, (field, word) in _OWN.items() if key in service.scrape},
        **limits(service),
    }
    if service.discovery:
        places = {**discovered(service.discovery, keys), **relabelling(service, service.labels)}
    else:
        places = {"staticConfigs": _groups(service, targets), **relabelling(service, {})}
    return {**objects.head(OPERATOR_ALPHA, "ScrapeConfig", name), "spec": given({**fields, **places})}


def _groups(service: Service, targets: tuple[Target, ...]) -> list[dict[str, Any]]:
    """The targets, those of equal labels together, each once."""
    groups: dict[tuple[tuple[str, str], ...], dict[str, None]] = {}
    for target in targets:
        groups.setdefault(tuple({**service.labels, **target.labels}.items()), {})[target.address] = None
    return [given({"targets": [*addresses], "labels": dict(labels)}) for labels, addresses in groups.items()]
