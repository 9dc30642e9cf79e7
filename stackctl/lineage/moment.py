"""The parts of a stack at one moment: what the running servers are asked about them, and what their answers mean."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from stackctl.lineage.graph import Node
from stackctl.model import Rule, Stack
from stackctl.promql.catalogue import UNKNOWN_PART
from stackctl.promql.comparison import comparison
from stackctl.promql.grafana import hidden, runnable
from stackctl.scrape import component_job_names, job_of

# Comparison -> what shows how close the series are to the limit.
_NEAREST = {">": "max", ">=": "max", "<": "min", "<=": "min"}
# Metrics whose name alone is not a series, or not one each.
_OF_SEVERAL = ("histogram", "summary")


@dataclass(frozen=True)
class Moment:
    """A part of a stack as it is now.

    state   "up", "down" or "not scraped yet"; "firing", "pending" or "inactive" of an alert; else ""
    count   how many series, alerts or targets that are up it has; None where that is not known
    total   of how many targets, None for all else
    value   that of its only series, or of what an alert compares with its limit; None where there is none
    limit   how an alert compares the value, as "> 5", or ""
    fault   why it does not work at the moment, or ""
    """

    state: str = ""
    count: int | None = None
    total: int | None = None
    value: float | None = None
    limit: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Scraped:
    """A target as Prometheus has it: its job, its address, the names that it may be called by, whether it is up, None
    before its first scrape, and what keeps it from being up."""

    job: str
    address: str
    names: frozenset[str]
    is_up: bool | None
    error: str = ""


@dataclass(frozen=True)
class Compared:
    """An alert's comparison with a number: the query of the value that is nearest to it, and the limit as "> 5"."""

    query: str
    limit: str


def series_queries(nodes: Iterable[Node]) -> dict[Node, str]:
    """Return the query of all series of each metric and recording rule among `nodes`. None of them can fail."""
    return {node: _series(node) for node in nodes if node.kind in ("metric", "series", "record")}


def _series(node: Node) -> str:
    if node.note in _OF_SEVERAL:
        return f'{{__name__=~"{node.name}(_count)?"}}'
    return f'{{__name__="{node.name}"}}'


def panel_queries(stack: Stack, nodes: Collection[Node]) -> dict[Node, list[str]]:
    """Return the queries of each panel and variable among `nodes`, without those whose variables have no value yet."""
    wanted = {(node.owner, node.name): node for node in nodes if node.kind in ("panel", "variable")}
    found: dict[Node, list[str]] = {}
    for dashboard in stack.dashboards:
        for query in dashboard.queries:
            node = wanted.get((dashboard.title, query.panel))
            if node is None:
                continue
            expr = runnable(hidden(query.expr)[0], dashboard.values, UNKNOWN_PART)
            if UNKNOWN_PART not in expr:
                found.setdefault(node, []).append(expr)
    return found


def rules_of(stack: Stack, nodes: Iterable[Node]) -> dict[Node, Rule]:
    """Return the rule of each alert and recording rule among `nodes`."""
    rules = {(rule.group, rule.name, rule.origin): rule for file in stack.rules for rule in file.rules}
    return {
        node: rules[place]
        for node in nodes
        if node.kind in ("alert", "record") and (place := (node.owner, node.name, node.position)) in rules
    }


def compared_in(expr: str) -> Compared | None:
    """Return what an alert compares with a number, as far as its series can be nearer to that or further away."""
    found = comparison(expr)
    if found is None or found.operator not in _NEAREST:
        return None
    return Compared(f"{_NEAREST[found.operator]}({found.left})", f"{found.operator} {found.limit}")


def of_targets(stack: Stack, nodes: Iterable[Node], scraped: Collection[Scraped]) -> dict[Node, Moment]:
    """Return how the targets, services and components among `nodes` are scraped. A Prometheus without any target has
    just started, and says nothing yet."""
    if not scraped:
        return {}
    jobs = {service.name: frozenset({job_of(service, stack)}) for service in stack.services if not service.push}
    jobs |= {component.name: component_job_names(component) for component in stack.components}
    found = {}
    for node in nodes:
        if node.kind == "target":
            own = [each for each in scraped if each.job in jobs.get(node.owner, ()) and node.name in each.names]
            found[node] = _of_target(own)
        elif node.kind in ("service", "component") and jobs.get(node.name):
            found[node] = _of_source([each for each in scraped if each.job in jobs[node.name]])
    return found


def _of_target(own: Collection[Scraped]) -> Moment:
    if not own:
        return Moment("down", fault="Prometheus does not scrape it")
    down = next((each for each in own if each.is_up is False), None)
    if down:
        return Moment("down", fault=down.error)
    return Moment("up" if all(each.is_up for each in own) else "not scraped yet")


def _of_source(own: Collection[Scraped]) -> Moment:
    if not own:
        return Moment("down", 0, 0, fault="Prometheus has no target of it")
    up = sum(each.is_up is True for each in own)
    down = next((each for each in own if each.is_up is False), None)
    if down:
        return Moment("down", up, len(own), fault=f"{down.address} is down: {down.error}")
    return Moment("up" if up == len(own) else "not scraped yet", up, len(own))


def values_of(series: Mapping[Node, Collection[float]]) -> dict[Node, Moment]:
    """Return the number of series of each node, and the value where there is one only. A counter's is left out: its
    height says nothing."""
    return {
        node: Moment(
            count=len(found),
            value=next(iter(found)) if len(found) == 1 and node.note not in ("counter", *_OF_SEVERAL) else None,
        )
        for node, found in series.items()
    }
