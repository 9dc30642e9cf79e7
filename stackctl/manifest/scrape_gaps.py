"""Series that get a sample less often than Prometheus looks back: between two of them they are not there.

These are the series of jobs that are scraped seldom, and records of groups that are evaluated seldom. A selector
without a window finds the last sample if it is newer than the lookback delta, five minutes by default. Seen on a real
server: an alert with a `for` on such a job is pending after each scrape, and never fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from typing import Any

import promql_parser as p

from stackctl import conventions as c
from stackctl.components import registry
from stackctl.diagnostic import Diagnostic, listed
from stackctl.model import Rule, Stack
from stackctl.promql.duration import seconds
from stackctl.promql.grafana import runnable
from stackctl.promql.nodes import OPERATORS, children, metric, parse
from stackctl.promql.selectors import Condition
from stackctl.source import Position

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
        own = name in {*c.SERIES_OF_SCRAPES, *self.series} or name.startswith(self.beginnings)
        return own or any(each.operator == "=" for each in jobs)


Group = tuple[str, str]


@dataclass(frozen=True)
class _Instant:
    """A selector without a window: `user` is the rule or panel that has it, `group` the file and group of a rule."""

    user: str
    selector: Any
    group: Group | None = None


def gap_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for each job, and for each group of rules, whose series expressions look for in between; one
    where all jobs are scraped so seldom."""
    if not stack.prometheus.origin.file:
        return  # without a manifest, another Prometheus scrapes
    lookback = stack.lookback
    jobs = [each for each in _jobs(stack) if seconds(_interval(each, stack)) >= seconds(lookback)]
    groups = list(_seldom_recorded(stack, seconds(lookback)))
    instants = list(_instants(stack)) if jobs or groups else []
    yield from _of_jobs(stack, jobs, instants, lookback)
    for rule, group, records in groups:
        users = (each.user for each in instants if each.group != group and metric(each.selector) in records)
        if found := list(dict.fromkeys(users)):
            who = f"the group `{rule.group}` is evaluated every {_every(rule, stack):g} s"
            yield _warning("rule.gaps", who, "evaluations", rule.origin, lookback, found)


def _of_jobs(stack: Stack, jobs: list[_Job], instants: list[_Instant], lookback: str) -> Iterator[Diagnostic]:
    causes: dict[tuple[str, Position], list[_Job]] = {}
    for job in jobs:
        key = (f"`{job.name}` is", job.origin) if job.scrape_interval else ("targets are", stack.prometheus.origin)
        causes.setdefault(key, []).append(job)
    for (who, place), alike in causes.items():
        users = (each.user for each in instants if any(job.has(each.selector) for job in alike))
        if found := list(dict.fromkeys(users)):
            who = f"{who} scraped every {_interval(alike[0], stack)}"
            yield _warning("job.gaps", who, "scrapes", place, lookback, found)


def _warning(code: str, who: str, what: str, place: Position, lookback: str, users: list[str]) -> Diagnostic:
    return Diagnostic(
        code,
        f"{who}, and Prometheus looks back {lookback}: between {what} {listed(users, _SHOWN)} "
        f"{'find' if len(users) > 1 else 'finds'} nothing",
        place,
        "An alert with a `for` starts again after each gap, and a panel is empty in it.",
        f"Have more than two {what} in {lookback}, set `prometheus.query.lookback_delta` to more than two intervals, "
        "or use a window, as in `last_over_time(...)`.",
    )


def _seldom_recorded(stack: Stack, lookback: float) -> Iterator[tuple[Rule, Group, frozenset[str]]]:
    """Yield the first record of each group that is evaluated so seldom, the group, and the names that only such
    groups record. A rule of the same group finds what was recorded just before it."""
    every: dict[str, float] = {}
    groups: dict[Group, list[Rule]] = {}
    for file in stack.rules:
        for rule in (rule for rule in file.rules if rule.kind == "record"):
            every[rule.name] = min(_every(rule, stack), every.get(rule.name, inf))
            groups.setdefault((file.path, rule.group), []).append(rule)
    for group, rules in groups.items():
        if records := frozenset(rule.name for rule in rules if every[rule.name] >= lookback):
            yield rules[0], group, records


def _every(rule: Rule, stack: Stack) -> float:
    """The seconds between two evaluations of a rule."""
    return rule.interval_seconds or seconds(stack.prometheus.evaluation_interval)


def _interval(job: _Job, stack: Stack) -> str:
    return job.scrape_interval or stack.prometheus.scrape_interval


def _jobs(stack: Stack) -> Iterator[_Job]:
    for service in stack.services:
        if not service.push:
            promised = service.contract.metrics if service.contract else ()
            series = frozenset(name for each in promised for name in each.samples)
            yield _Job(service.name, service.origin, service.scrape_interval, series)
    for component in stack.components:
        if component.scrape:
            beginnings = registry.of(component).series
            yield _Job(component.job, component.origin, component.scrape.interval, beginnings=beginnings)


def _instants(stack: Stack) -> Iterator[_Instant]:
    for file in stack.rules:
        for rule in file.rules:
            group = (file.path, rule.group)
            yield from (_Instant(f"`{rule.name}`", each, group) for each in _in_expression(rule.expr))
    for dashboard in stack.dashboards:
        for query in dashboard.queries:
            user = f"panel `{query.panel}`" if not query.panel.startswith("$") else f"variable `{query.panel}`"
            yield from (_Instant(user, each) for each in _in_expression(runnable(query.expr, dashboard.values)))


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
