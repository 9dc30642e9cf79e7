"""Prometheus: the server itself, as the operator runs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stackctl import conventions as c
from stackctl.export.kubernetes.clients import FIELDS, SecretKeys, camel, camel_keys, client
from stackctl.export.kubernetes.objects import OPERATOR, Objects, version_of
from stackctl.export.kubernetes.pods import RELOADER, SECURITY_CONTEXT, apart, limits, storage
from stackctl.export.kubernetes.scraping import given
from stackctl.export.kubernetes.thanos import REPLICA_LABEL, sidecar
from stackctl.model import Prometheus
from stackctl.render.prometheus import without_login

_SELECTORS = ("serviceMonitor", "podMonitor", "probe", "rule", "scrapeConfig")
# Fields of a remote write, with those of the HTTP client: the operator's name of each.
_WRITE = {
    **{
        name: camel(name)
        for name in (
            *("url", "name", "remote_timeout", "headers", "send_exemplars", "send_native_histograms"),
            "follow_redirects",
        )
    },
    "round_robin_dns": "roundRobinDNS",
    "enable_http2": "enableHTTP2",
}
# Fields of its blocks.
_QUEUE = {
    **{
        name: camel(name)
        for name in (
            *("capacity", "max_shards", "min_shards", "max_samples_per_send", "batch_send_deadline"),
            *("min_backoff", "max_backoff", "sample_age_limit"),
        )
    },
    "retry_on_http_429": "retryOnRateLimit",
}
_METADATA = {name: camel(name) for name in ("send", "send_interval", "max_samples_per_send")}
_BLOCKS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "queue_config": ("queueConfig", _QUEUE),
    "metadata_config": ("metadataConfig", _METADATA),
}
WRITE_FIELDS = frozenset({*FIELDS, *_WRITE, *_BLOCKS, "write_relabel_configs"})


def prometheus_object(objects: Objects, name: str, keys: SecretKeys) -> dict[str, Any]:
    """The Prometheus `name`, which selects the objects of the stack in its own namespace. Secrets go to `keys`."""
    prometheus = objects.stack.prometheus
    selected = {"matchLabels": objects.part_of}
    spec = {
        "image": prometheus.image,
        "version": version_of(prometheus.image),
        "podMetadata": {"labels": objects.part_of},
        "replicas": prometheus.replicas,
        "affinity": apart(c.PROMETHEUS, name, prometheus.replicas),
        "serviceAccountName": name,
        "securityContext": SECURITY_CONTEXT,
        "serviceDiscoveryRole": "EndpointSlice",
        **{f"{kind}Selector": selected for kind in _SELECTORS},
        "scrapeInterval": prometheus.scrape_interval,
        "evaluationInterval": prometheus.evaluation_interval,
        "retention": prometheus.retention.time,
        "retentionSize": prometheus.retention.size,
        "storage": storage(prometheus.retention),
        "externalUrl": prometheus.external_url,
        "enableFeatures": list(prometheus.features),
        "externalLabels": dict(prometheus.external_labels),
        "query": given(camel_keys(vars(prometheus.query))),
        "tsdb": given({"outOfOrderTimeWindow": prometheus.out_of_order_time_window}),
        "enableRemoteWriteReceiver": prometheus.remote_write_receiver or None,
        "enableOTLPReceiver": prometheus.otlp_receiver or None,
        "enableAdminAPI": True,  # for the snapshot of a backup
        "resources": limits(prometheus.resources),
        "remoteWrite": [_write(block, keys.below(str(at))) for at, block in enumerate(prometheus.remote_write)],
        "alerting": _alerting(objects),
        "containers": [RELOADER],
        "thanos": sidecar(objects.stack.thanos),
    }
    # An empty text: no labels of the operator's own, which rules and other servers would see. Only replicas have to be
    # told apart where they send samples to, and a sidecar starts with nothing less; the operator takes their label off
    # alerts.
    replica = REPLICA_LABEL if prometheus.replicas > 1 or objects.stack.thanos else ""
    own_labels = {"prometheusExternalLabelName": "", "replicaExternalLabelName": replica}
    return {**objects.head(OPERATOR, "Prometheus", name), "spec": {**given(spec), **own_labels}}


def _alerting(objects: Objects) -> dict[str, Any]:
    """The Alertmanager of the stack, by the Service that the operator makes for it."""
    return {"alertmanagers": [{"name": "alertmanager-operated", "port": "web"}]} if objects.stack.alertmanager else {}


def _write(written: Mapping[str, Any], keys: SecretKeys) -> dict[str, Any]:
    block = without_login(dict(written))
    fields = {
        **{field: block.get(name) for name, field in _WRITE.items()},
        **{field: _named(block.get(name, {}), names) for name, (field, names) in _BLOCKS.items()},
        "writeRelabelConfigs": [camel_keys(step) for step in block.get("write_relabel_configs", ())],
    }
    return {**given(fields), **client(block, keys)}


def _named(block: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {field: block[name] for name, field in names.items() if name in block}


def without_field(prometheus: Prometheus) -> list[str]:
    """Return the settings of Prometheus that its object has no field for."""
    said: dict[str, object] = {
        "extra": prometheus.extra,
        "auth": prometheus.login or prometheus.tls,
        "docker": prometheus.docker,
        "data": prometheus.existing,
    }
    return [*(name for name, value in said.items() if value), *sorted(set(_lost(prometheus)))]


def _lost(prometheus: Prometheus) -> Iterator[str]:
    """The fields of remote writes that their objects do not have."""
    for block in prometheus.remote_write:
        yield from (f"remote_write.{name}" for name in block if name not in WRITE_FIELDS)
        for name, (_, names) in _BLOCKS.items():
            yield from (f"remote_write.{name}.{each}" for each in block.get(name, {}) if each not in names)
