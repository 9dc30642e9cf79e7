"""Facts about a stack from which the number and the labels of series can be worked out."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.components import registry
from stackctl.design.series import Scope
from stackctl.model import Exporter, Metric, Server, Stack

# The types whose series have a label more than the contract lists; panels read them through functions that remove it.
_SUFFIXES = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}


def scope_of(stack: Stack) -> Scope:
    """The targets of each job, and what the contracts say about the labels of metrics."""
    # What an exporter probes has targets of its own.
    components = {_job(each): 1 for each in stack.components if not (isinstance(each, Exporter) and each.probes)}
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
    serving = {job: job for job in targets} | {_job(each): each.name for each in stack.components}
    serving |= {service.name: service.component for service in stack.services if service.component}
    prefixes = {known.series[0]: job for job in targets if (known := registry.find(serving[job])) and known.series}
    return Scope(targets, labels, values, jobs, prefixes)


def _job(server: Server) -> str:
    return server.job if isinstance(server, Exporter) else server.name


def _names(metric: Metric) -> Iterator[str]:
    yield metric.name
    yield from (f"{metric.name}{suffix}" for suffix in _SUFFIXES.get(metric.kind, ()) if suffix)
