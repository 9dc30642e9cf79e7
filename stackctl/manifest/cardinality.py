"""The number of series that contracts declare: the values of labels, multiplied, for each metric and target.

It is what there is when every combination of values occurs. A label whose values are open counts once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

from stackctl.diagnostic import Diagnostic
from stackctl.model import Metric, Service, Stack

# Buckets that the official client libraries give a histogram when the application names none.
_DEFAULT_BUCKETS = 11
_NAMED = 3


@dataclass(frozen=True)
class Estimate:
    """The series of one metric of a service, of all its targets; `is_open` is whether a label may have any value."""

    metric: str
    service: str
    series: int
    is_open: bool


def cardinality_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning where contracts declare more series than the budget, or than a scrape may have."""
    budget = stack.prometheus.series_budget
    found = [estimate for service in stack.services for estimate in estimates(service)]
    total = sum(each.series for each in found)
    if budget is not None and total > budget:
        summary = f"the contracts declare {total:,} series{_more(found)}, and `prometheus.series_budget` is {budget:,}"
        remedy = "Remove labels or values that nobody needs, or raise the budget."
        yield Diagnostic("contract.cardinality", summary, stack.prometheus.origin, _most(found), remedy)
    for service in stack.services:
        yield from _over_sample_limit(service)


def _over_sample_limit(service: Service) -> Iterator[Diagnostic]:
    limit = service.scrape.get("sample_limit")
    found = estimates(service, targets=1)
    total = sum(each.series for each in found)
    if limit and total > limit:
        yield Diagnostic(
            "contract.sample-limit",
            f"`{service.name}`: a scrape has {total:,} series by the contract{_more(found)}, and `sample_limit` is "
            f"{limit:,}",
            service.origin,
            f"Prometheus refuses a scrape that is above the limit as a whole. {_most(found)}",
            "Raise `sample_limit`, or remove labels or values that nobody needs.",
        )


def estimates(service: Service, targets: int = 0) -> list[Estimate]:
    """Return the series of each metric of a service, of all its targets or of so many.

    There are none where relabelling may drop series.
    """
    if service.contract is None or "metric_relabel_configs" in service.scrape:
        return []
    count = targets or max(len(service.targets), 1)
    return [
        Estimate(metric.name, service.name, count * _series(metric), any(not label.values for label in metric.labels))
        for metric in service.contract.metrics
    ]


def _series(metric: Metric) -> int:
    """Return how many series of a metric a target has when every combination of values occurs."""
    return prod(max(len(label.values), 1) for label in metric.labels) * _samples(metric)


def _samples(metric: Metric) -> int:
    """Return how many series a metric has for one combination of the values of its labels."""
    if metric.kind == "histogram":
        if metric.native and not metric.buckets:
            return 1
        # Those of the buckets, of +Inf, `_sum` and `_count`.
        return (len(metric.buckets) or _DEFAULT_BUCKETS) + 3
    if metric.kind == "summary":
        return len(metric.quantiles) + 2
    return len(metric.states) or 1


def _more(found: list[Estimate]) -> str:
    return " and more, as values of labels are open" if any(each.is_open for each in found) else ""


def _most(found: list[Estimate]) -> str:
    largest = sorted(found, key=lambda each: each.series, reverse=True)[:_NAMED]
    return f"Most are of {', '.join(f'`{each.metric}` of `{each.service}` ({each.series:,})' for each in largest)}."
