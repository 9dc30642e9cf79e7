"""Who serves which metrics in a stack, as far as its manifest tells: what expressions are judged by, before and after
they run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackctl import conventions as c
from stackctl.model import Service, Stack
from stackctl.promql.catalogue import Catalogue, Known, merged, promised


def catalogue(stack: Stack) -> Catalogue:
    """The metrics of the stack, as far as its manifest tells."""
    series: dict[str, Known] = {}
    for service in stack.services:
        for name, known in _promised(service):
            series[name] = merged(series[name], known) if name in series else known
    components = [component.name for component in stack.components]
    recorded = (rule.name for file in stack.rules for rule in file.rules if rule.kind == "record")
    prefixes = [prefix for name in components for prefix in c.SERIES_PREFIXES.get(name, ())]
    return Catalogue(
        series=series,
        names=frozenset({*c.SERIES_OF_ALL, *recorded}),
        prefixes=(*c.PREFIXES_OF_ALL, *prefixes),
        complete=all(name in c.SERIES_PREFIXES for name in components)
        and (stack.pushgateway is None or any(service.push for service in stack.services))
        and "scrape_configs" not in stack.prometheus.extra
        and all(service.contract and not service.scrape.get("metric_relabel_configs") for service in stack.services),
    )


def _promised(service: Service) -> Iterator[tuple[str, Known]]:
    added = _added_labels(service)
    for metric in service.contract.metrics if service.contract else ():
        own = {label.name: label.values for label in metric.labels}
        if metric.kind == "stateset":
            own[metric.name] = metric.states
        kind = "gauge" if metric.kind in ("info", "stateset") else metric.kind
        yield from promised(metric.name, kind, None if added is None else {**added, **own})


def _added_labels(service: Service) -> Mapping[str, tuple[str, ...]] | None:
    """The labels that the scrape adds, or None when they cannot be told."""
    relabelled = {"relabel_configs", "metric_relabel_configs", "honor_labels"} & set(service.scrape)
    if service.discovery or relabelled:
        return None
    if service.push:
        return dict.fromkeys(("job", "instance", *service.push.grouping), ())
    names = {"job", "instance", *service.labels, *(label for target in service.targets for label in target.labels)}
    return dict.fromkeys(sorted(names), ())


def owners(stack: Stack) -> dict[str, list[Service]]:
    """Series name -> the services whose contracts promise it."""
    found: dict[str, list[Service]] = {}
    for service in stack.services:
        for name, _ in _promised(service):
            found.setdefault(name, []).append(service)
    return found
