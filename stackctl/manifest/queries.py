"""The expressions of all rules and dashboards beside the contracts: what they ask for has to be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackctl import conventions as c
from stackctl.errors import Problem
from stackctl.model import Service, Stack
from stackctl.promql.catalogue import Catalogue, Known, merged, promised
from stackctl.promql.grafana import hidden, runnable
from stackctl.promql.review import Remark, review
from stackctl.source import Position


@dataclass(frozen=True)
class Review:
    """What is wrong with the expressions of a stack, and what is worth a look."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def review_queries(stack: Stack) -> Review:
    """The review of every expression. A metric that nobody owns is an error only when every owner is known."""
    known = catalogue(stack)
    found = [*_rules(stack, known), *_dashboards(stack, known)]
    return Review(
        tuple(problem for remark, problem in found if remark.certain),
        tuple(problem for remark, problem in found if not remark.certain),
    )


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


def _rules(stack: Stack, known: Catalogue) -> Iterator[tuple[Remark, Problem]]:
    for file in stack.rules:
        for rule in file.rules:
            for remark in review(rule.expr, known):
                yield remark, _problem(rule.name, remark, rule.origin, {})


def _dashboards(stack: Stack, known: Catalogue) -> Iterator[tuple[Remark, Problem]]:
    for dashboard in stack.dashboards:
        for query in dashboard.queries:
            expr, stand_ins = hidden(query.expr)
            for remark in review(runnable(expr, dashboard.values), known):
                yield remark, _problem(f"{dashboard.title}, {query.panel}", remark, query.origin, stand_ins)


def _problem(where: str, remark: Remark, origin: Position, stand_ins: Mapping[str, str]) -> Problem:
    remedy = remark.remedy
    for stand_in, meant in stand_ins.items():
        remedy = remedy.replace(stand_in, meant)
    return Problem(f"{where}: {remark.summary}", origin, remedy=remedy)
