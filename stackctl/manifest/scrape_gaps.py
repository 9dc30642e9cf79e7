"""Jobs that are scraped less often than Prometheus looks back: between two scrapes their series are not there.

A selector without a window finds the last sample if it is newer than the lookback delta, five minutes by default. Seen
on a real server: an alert with a `for` on such a job is pending after each scrape, and never fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser as p

from stackctl.components import registry
from stackctl.diagnostic import Diagnostic
from stackctl.model import Exporter, Stack
from stackctl.promql.duration import seconds
from stackctl.promql.grafana import runnable
from stackctl.promql.nodes import OPERATORS, children, metric, parse
from stackctl.promql.selectors import Condition
from stackctl.source import Position

# How far back Prometheus looks for the last sample.
_LOOKBACK = "5m"
# The series that Prometheus adds to each scrape.
_OF_ALL = frozenset(
    {
        "up",
        "scrape_duration_seconds",
        "scrape_samples_scraped",
        "scrape_samples_post_metric_relabeling",
        "scrape_series_added",
    }
)
_SHOWN = 3


@dataclass(frozen=True)
class _Job:
    """A scrape job: its name, the series that only it serves (whole names, or beginnings), and how often it is scraped.

    `scrape_interval` is None where it is that of all jobs.
    """

    name: str
    origin: Position
    scrape_interval: str | None
    series: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()

    def has(self, selector: Any) -> bool:
        """Return whether a selector certainly selects series of this job, if it selects any."""
        jobs = [
            Condition("job", OPERATORS[str(each.op)], each.value)
            for each in selector.matchers.matchers
            if each.name == "job"
        ]
        if not all(each.accepts(self.name) for each in jobs):
            return False
        name = metric(selector)
        own = name in _OF_ALL or name in self.series or bool(self.beginnings and name.startswith(self.beginnings))
        return own or any(each.operator == "=" for each in jobs)


def gap_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for each job that expressions look for between scrapes, and one where all are scraped so."""
    if not stack.prometheus.origin.file:
        return  # without a manifest, another Prometheus scrapes
    lookback = stack.prometheus.query.lookback_delta or _LOOKBACK
    slow = [each for each in _jobs(stack) if seconds(_interval(each, stack)) >= seconds(lookback)]
    instants = list(_instants(stack)) if slow else []
    causes: dict[tuple[str, Position], list[_Job]] = {}
    for job in slow:
        key = (job.name, job.origin) if job.scrape_interval else ("", stack.prometheus.origin)
        causes.setdefault(key, []).append(job)
    for (name, place), jobs in causes.items():
        users = list(dict.fromkeys(user for user, selector in instants if any(job.has(selector) for job in jobs)))
        if users:
            yield _warning(name, place, _interval(jobs[0], stack), lookback, users)


def _warning(name: str, place: Position, interval: str, lookback: str, users: list[str]) -> Diagnostic:
    who = f"`{name}` is" if name else "targets are"
    shown = ", ".join(users[:_SHOWN]) + (f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else "")
    return Diagnostic(
        "job.gaps",
        f"{who} scraped every {interval}, and Prometheus looks back {lookback}: between scrapes {shown} "
        f"{'find' if len(users) > 1 else 'finds'} nothing",
        place,
        "An alert with a `for` starts again after each gap, and a panel is empty in it.",
        f"Scrape more than twice in {lookback}, set `prometheus.query.lookback_delta` to more than two intervals, or "
        "use a window, as in `last_over_time(...)`.",
    )


def _interval(job: _Job, stack: Stack) -> str:
    return job.scrape_interval or stack.prometheus.scrape_interval


def _jobs(stack: Stack) -> Iterator[_Job]:
    for service in stack.services:
        if not service.push:
            promised = service.contract.metrics if service.contract else ()
            series = frozenset(name for each in promised for name in each.samples)
            yield _Job(service.name, service.origin, service.scrape_interval, series)
    for exporter in stack.components:
        if isinstance(exporter, Exporter):
            beginnings = registry.of(exporter).series
            yield _Job(exporter.job, exporter.origin, exporter.scrape_interval, beginnings=beginnings)


def _instants(stack: Stack) -> Iterator[tuple[str, Any]]:
    """Each selector without a window, with the name of the rule or panel that has it."""
    for rule in (rule for file in stack.rules for rule in file.rules):
        yield from ((f"`{rule.name}`", each) for each in _in_expression(rule.expr))
    for dashboard in stack.dashboards:
        for query in dashboard.queries:
            user = f"panel `{query.panel}`" if not query.panel.startswith("$") else f"variable `{query.panel}`"
            yield from ((user, each) for each in _in_expression(runnable(query.expr, dashboard.values)))


def _in_expression(expr: str) -> Iterator[Any]:
    try:
        yield from _without_window(parse(expr))
    except ValueError:
        return  # which is reported elsewhere


def _without_window(node: Any) -> Iterator[Any]:
    if isinstance(node, p.VectorSelector):
        yield node
    elif not isinstance(node, p.MatrixSelector | p.SubqueryExpr):
        for child in children(node):
            yield from _without_window(child)
