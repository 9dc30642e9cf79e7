"""The expressions of all rules and dashboards beside the contracts: what they ask for has to be there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackctl.errors import Problem
from stackctl.metrics import catalogue
from stackctl.model import Dashboard, PanelQuery, Stack
from stackctl.promql.catalogue import Catalogue
from stackctl.promql.choice import Choice
from stackctl.promql.grafana import compared_exactly, hidden, runnable
from stackctl.promql.remark import Remark
from stackctl.promql.review import review
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


def _rules(stack: Stack, known: Catalogue) -> Iterator[tuple[Remark, Problem]]:
    """Rules that are corrected at one place, as all of an SLO are, say the same thing once."""
    said: set[tuple[Remark, Position]] = set()
    for file in stack.rules:
        for rule in file.rules:
            for remark in review(rule.expr, known):
                if (remark, rule.origin) not in said:
                    yield remark, _problem(rule.name, remark, rule.origin, {})
                said.add((remark, rule.origin))


def _dashboards(stack: Stack, known: Catalogue) -> Iterator[tuple[Remark, Problem]]:
    for dashboard in stack.dashboards:
        for query in dashboard.queries:
            where = f"{dashboard.title}, {query.panel}"
            expr, stand_ins = hidden(query.expr)
            for remark in review(runnable(expr, dashboard.values), known):
                yield remark, _problem(where, remark, query.origin, stand_ins)
            for name in several_compared_exactly(dashboard, query):
                summary = f"`${name}` can hold several values, but `=` compares with one"
                remark = Remark(summary, f'Write `=~"${name}"`.', certain=False)
                yield remark, _problem(where, remark, query.origin, {})


def several_compared_exactly(dashboard: Dashboard, query: PanelQuery) -> list[str]:
    """Return the variables of `query` that Grafana writes as a regular expression, which `=` takes literally."""
    several = {name for name, value in dashboard.values.items() if isinstance(value, Choice) and value.several}
    several |= {variable.name for variable in dashboard.variables}
    return [name for name in compared_exactly(query.expr) if name in several and name not in query.repeats]


def _problem(where: str, remark: Remark, origin: Position, stand_ins: Mapping[str, str]) -> Problem:
    remedy = remark.remedy
    for stand_in, meant in stand_ins.items():
        remedy = remedy.replace(stand_in, meant)
    return Problem(f"{where}: {remark.summary}", origin, remedy=remedy)
