"""Facts about a stack from which the number and the labels of series can be worked out."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl import conventions as c
from stackctl.design.series import Scope
from stackctl.model import Metric, Stack

# The types whose series have a label more than the contract lists; panels read them through functions that remove it.
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}
# What the names of a component's metrics begin with.
_PREFIXES = {
    c.NODE: "node_",
    c.CADVISOR: "container_",
    c.POSTGRES: "pg_",
    c.REDIS: "redis_",
    c.KAFKA: "kafka_",
    c.NGINX: "nginx_",
    c.MEMCACHED: "memcached_",
    c.CLICKHOUSE: "ClickHouse",
    c.PROMETHEUS: "prometheus_",
    c.ALERTMANAGER: "alertmanager_",
    c.GRAFANA: "grafana_",
}


def scope_of(stack: Stack) -> Scope:
    """The targets of each job, and what the contracts say about the labels of metrics."""
    components = {component.name: 1 for component in stack.components if component.name != c.BLACKBOX}
    services = {service.name: len(service.targets) for service in stack.services if service.targets}
    labels: dict[str, tuple[str, ...]] = {}
    values: dict[str, int] = {}
    jobs: dict[str, tuple[str, ...]] = {}
    for service in stack.services:
        for metric in service.contract.metrics if service.contract else ():
            for name in _names(metric):
                labels[name] = tuple(label.name for label in metric.labels)
                jobs[name] = (*jobs.get(name, ()), service.name)
            for label in metric.labels:
                if label.values:
                    values[label.name] = max(values.get(label.name, 0), len(label.values))
    targets = {**components, **services}
    prefixes = {prefix: name for name, prefix in _PREFIXES.items() if name in targets}
    return Scope(targets, labels, values, jobs, prefixes)


def _names(metric: Metric) -> Iterator[str]:
    yield metric.name
    yield from (f"{metric.name}{suffix}" for suffix in _SUFFIXES.get(metric.kind, ()) if suffix)
