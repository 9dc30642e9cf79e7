"""Sources of the metrics in a stack, as far as its manifest says: expressions are judged by them, before and after
they run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.components.served import ServedMetrics, served
from stackctl.model import Exporter, Metric, Server, Service, Stack
from stackctl.promql.catalogue import NATIVE, Catalogue, Exported, Known, Record, merged, promised
from stackctl.promql.duration import seconds
from stackctl.scrape import component_job_names, job_names

# Keys of prometheus.yml by which series come that no part of the manifest is about.
_FROM_ELSEWHERE = frozenset({"scrape_configs", "scrape_config_files", "rule_files", "remote_read", "otlp"})


# The last stack that was asked for: every check of a run asks for the same one.
_last: list[tuple[Stack, Catalogue]] = []


def catalogue(stack: Stack) -> Catalogue:
    """The metrics of the stack, as far as its manifest says."""
    if not _last or _last[0][0] is not stack:
        _last[:] = [(stack, _catalogue(stack))]
    return _last[0][1]


def _catalogue(stack: Stack) -> Catalogue:
    series: dict[str, Known] = {}
    for service in stack.services:
        for name, known in _promised(service, stack):
            series[name] = merged(series[name], known) if name in series else known
    servers = [server for server in stack.components if server.scrape]
    components = [registry.of(server) for server in servers]
    is_open = stack.prometheus.is_written_to or bool(_FROM_ELSEWHERE & stack.prometheus.extra.keys())
    is_known = not is_open and all(service.contract for service in stack.services)
    if not is_known:
        series = {name: _of_any_job(known) for name, known in series.items()}
    return Catalogue(
        series=series,
        records=_records(stack),
        jobs=frozenset() if is_open else job_names(stack),
        renamed={each.name: each.job for each in stack.components if each.job != each.name},
        targets=_labels_of_targets(stack) if is_known else None,
        names=frozenset(c.SERIES_OF_ALL),
        exported=tuple(
            Exported(registry.of(same[0]).series, partial(_exported, component, same, stack, is_known))
            for component, same in _by_component(servers).items()
            if registry.of(same[0]).series
        ),
        prefixes=(*c.PREFIXES_OF_ALL, *(prefix for each in components for prefix in each.series)),
        complete=all(each.series for each in components)
        and (stack.pushgateway is None or any(service.push for service in stack.services))
        and not is_open
        and all(service.contract and not service.scrape.get("metric_relabel_configs") for service in stack.services),
    )


def _records(stack: Stack) -> dict[str, tuple[Record, ...]]:
    records: dict[str, tuple[Record, ...]] = {}
    for rule in (rule for file in stack.rules for rule in file.rules if rule.kind == "record"):
        records[rule.name] = (*records.get(rule.name, ()), Record(rule.expr, rule.labels))
    return records


def _promised(service: Service, stack: Stack) -> Iterator[tuple[str, Known]]:
    added = _added_labels(service)
    # What a batch job pushes is scraped at its Pushgateway, for as long as it is there.
    interval = 0.0 if service.push else seconds(service.scrape_interval or stack.prometheus.scrape_interval)
    for metric in service.contract.metrics if service.contract else ():
        own = {label.name: label.values for label in metric.labels}
        if metric.kind == "stateset":
            own[metric.name] = metric.states
        labels = None if added is None else {**added, **own}
        if labels is not None and metric.name.startswith(c.PREFIXES_OF_ALL):
            labels["job"] = ()  # exporters serve it too
        for kind in _kinds(metric):
            if service.push and kind == "counter":
                kind = ""  # what one run has counted: it does not go on from there
            yield from promised(metric.name, kind, labels, _bounds(metric), unit=metric.unit, interval=interval)


def _by_component(servers: Sequence[Server]) -> dict[str, list[Server]]:
    found: dict[str, list[Server]] = {}
    for server in servers:
        found.setdefault(server.component_name, []).append(server)
    return found


def _exported(
    component: str, servers: Sequence[Server], stack: Stack, is_known: bool
) -> tuple[Mapping[str, Known], tuple[str, ...]]:
    """Return the series of all servers of a component by their names, and the beginnings of those of any name.

    Their labels are unknown where another job may scrape the same exporter elsewhere.
    """
    catalogue = served(component)
    series: dict[str, Known] = {}
    for server in servers:
        for name, known in _of_server(server, catalogue, stack, is_known):
            series[name] = _of_either(series[name], known) if name in series else known
    return series, catalogue.families


def _of_either(one: Known, other: Known) -> Known:
    """Return what is known of the series of two servers of a component, whose labels may differ."""
    known = merged(one, other)
    return replace(known, optional=known.optional | ((one.labels or {}).keys() ^ (other.labels or {}).keys()))


def _of_server(server: Server, catalogue: ServedMetrics, stack: Stack, is_known: bool) -> Iterator[tuple[str, Known]]:
    jobs, added = tuple(sorted(component_job_names(server))), {"instance": (), **dict.fromkeys(server.labels, ())}
    probes = {"probe"} if isinstance(server, Exporter) and server.probes else set[str]()
    interval = seconds((server.scrape and server.scrape.interval) or stack.prometheus.scrape_interval)
    for name, metric in catalogue.metrics.items():
        own = {**metric.labels, **dict.fromkeys(probes, ()), **added, "job": jobs}
        labels = own if is_known and not metric.is_open else None
        optional = metric.optional | probes
        for each, known in promised(name, metric.kind, labels, unit=metric.unit, interval=interval):
            # Prometheus may scrape it as a native one.
            kind = "" if known.kind == "histogram" else known.kind
            yield each, replace(known, kind=kind, optional=optional, exported=True)


def _labels_of_targets(stack: Stack) -> frozenset[str] | None:
    """The labels of `up`; None when discovery or relabelling may add others."""
    found = {"job", "instance"}
    for service in stack.services:
        added = _added_labels(service)
        if added is None:
            return None
        found |= added.keys()
    for component in stack.components:
        found |= {*component.labels, *(["probe"] if isinstance(component, Exporter) and component.probes else [])}
    return frozenset(found)


def _of_any_job(known: Known) -> Known:
    """The series of a name where a job without a contract may serve it too."""
    return known if known.labels is None else replace(known, labels={**known.labels, "job": ()})


def _bounds(metric: Metric) -> tuple[float, ...]:
    """Return the values of the own label of a histogram or a summary, or () where the contract lists none."""
    return (*metric.buckets, math.inf) if metric.buckets else metric.quantiles


def _kinds(metric: Metric) -> Iterator[str]:
    """The kinds of series of a metric. A native histogram has buckets as well only where its contract names them."""
    if not metric.native or metric.buckets:
        yield {"stateset": "state"}.get(metric.kind, metric.kind)
    if metric.native:
        yield NATIVE


def _added_labels(service: Service) -> Mapping[str, tuple[str, ...]] | None:
    """The labels that the scrape adds, or None when they are unknown."""
    relabelled = {"relabel_configs", "metric_relabel_configs", "honor_labels"} & set(service.scrape)
    if service.discovery or relabelled:
        return None
    if service.push:
        return dict.fromkeys(("job", "instance", *service.push.grouping), ())
    names = {"job", "instance", *service.labels, *(label for target in service.targets for label in target.labels)}
    return {**dict.fromkeys(sorted(names), ()), "job": (service.name,)}


def owners(stack: Stack) -> dict[str, list[Service]]:
    """Series name -> the services whose contracts promise it."""
    found: dict[str, list[Service]] = {}
    for service in stack.services:
        for name, _ in _promised(service, stack):
            found.setdefault(name, []).append(service)
    return found
