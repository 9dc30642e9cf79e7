"""Facts about a stack from which the number and the labels of series can be worked out."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.components import registry
from stackctl.design.series import Scope
from stackctl.model import Exporter, Metric, Stack

# The types whose series have a label more than the contract lists; panels read them through functions that remove it.
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


def scope_of(stack: Stack) -> Scope:
    """The targets of each job, and what the contracts say about the labels of metrics."""
    # What an exporter probes has targets of its own.
    scraped = [each for each in stack.components if each.scrape]
    components = {each.job: 1 for each in scraped if not (isinstance(each, Exporter) and each.probes)}
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
    serving = {job: job for job in targets} | {each.job: each.component_name for each in scraped}
    serving |= {service.name: service.component for service in stack.services if service.component}
    prefixes = {known.series[0]: job for job in targets if (known := registry.find(serving[job])) and known.series}
    return Scope(targets, labels, values, jobs, prefixes, datasource=stack.datasource_uid)


def _names(metric: Metric) -> Iterator[str]:
    yield metric.name
    yield from (f"{metric.name}{suffix}" for suffix in _SUFFIXES.get(metric.kind, ()) if suffix)
