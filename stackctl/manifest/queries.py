"""The expressions of all rules and dashboards next to the contracts: what they ask for has to be there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from stackctl.components.release import image_version
from stackctl.diagnostic import Diagnostic, Fix
from stackctl.metrics import catalogue
from stackctl.model import Dashboard, PanelQuery, Stack
from stackctl.promql.catalogue import UNKNOWN_PART, Catalogue
from stackctl.promql.choice import Choice
from stackctl.promql.duration import seconds
from stackctl.promql.grafana import compared_exactly, hidden, matched_escaped, runnable
from stackctl.promql.offsets import offset
from stackctl.promql.past import ahead, beyond
from stackctl.promql.releases import Version, unsupported
from stackctl.promql.remark import Remark
from stackctl.promql.review import review
from stackctl.source import Passage, Position

# What only a regular expression has.
_PATTERN = re.compile(r"\.[*+]|\w\|\w|\\[dws.]|^\^|\$$")


@dataclass(frozen=True)
class Review:
    """Errors, warnings and suggestions about the expressions of a stack."""

    errors: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    suggestions: tuple[Diagnostic, ...] = ()


def review_queries(stack: Stack) -> Review:
    """The review of every expression. A metric that nobody owns is an error only when every owner is known."""
    known = catalogue(stack)
    version = image_version(stack.prometheus.image)
    found = [
        *_rules(stack, known, version),
        *_dashboards(stack, known, version),
        *_grafana_rules(stack, known, version),
    ]
    found += _of_other_times(stack)
    firm = [(remark, problem) for remark, problem in found if not remark.suggestion]
    return Review(
        tuple(problem for remark, problem in firm if remark.certain),
        tuple(problem for remark, problem in firm if not remark.certain),
        tuple(replace(problem, status="info") for remark, problem in found if remark.suggestion),
    )


def _rules(stack: Stack, known: Catalogue, version: Version) -> Iterator[tuple[Remark, Diagnostic]]:
    """Rules that are corrected at one place, as all of an SLO are, say the same thing once."""
    said: set[tuple[Remark, Position]] = set()
    for file in stack.rules:
        for rule in file.rules:
            remarks = review(rule.expr, known, is_alert=rule.kind == "alert")
            for remark in (*remarks, *_too_new(rule.expr, version)):
                origin = _place(remark, rule.passage, rule.origin)
                once = replace(remark, part=None), origin
                if once not in said:
                    fix = _fix(remark, rule.passage)
                    yield remark, replace(_problem(rule.name, remark, origin, {}), rule=rule.origin, fix=fix)
                said.add(once)


def _dashboards(stack: Stack, known: Catalogue, version: Version) -> Iterator[tuple[Remark, Diagnostic]]:
    for dashboard in stack.dashboards:
        for query in dashboard.queries:
            where = f"{dashboard.title}, {query.panel}"
            expr, stand_ins = hidden(query.expr)
            filled = runnable(expr, dashboard.values, UNKNOWN_PART)
            for remark in review(filled, known):
                origin = _place(remark, query.passage, query.origin, filled)
                # With variables in it, an expression is corrected by hand.
                fix = _fix(remark, query.passage) if filled == query.expr else None
                yield remark, replace(_problem(where, remark, origin, stand_ins), fix=fix)
            for remark in _too_new(runnable(query.expr, dashboard.values), version):
                yield remark, _problem(where, remark, query.origin, {})
            for name in several_compared_exactly(dashboard, query):
                summary = f"`${name}` can hold several values, but `=` compares with one"
                remark = Remark("promql.several-values", summary, f'Write `=~"${name}"`.', certain=False)
                yield remark, _problem(where, remark, query.origin, {})
            for name, value in escaped_patterns(dashboard, query):
                summary = (
                    f"Grafana escapes the values of `${name}`, which can hold several: `{value}` finds that text only"
                )
                remark = Remark("promql.regex-as-text", summary, f'Write `=~"${{{name}:pipe}}"`.', certain=False)
                yield remark, _problem(where, remark, query.origin, {})


def _grafana_rules(stack: Stack, known: Catalogue, version: Version) -> Iterator[tuple[Remark, Diagnostic]]:
    """The rules that Grafana evaluates, as far as they ask the stack's own Prometheus."""
    for rule in stack.grafana_rules:
        for query in rule.queries:
            if query.datasource == stack.datasource_uid:
                expr = runnable(query.expr, {}, UNKNOWN_PART)
                for remark in (*review(expr, known), *_too_new(expr, version)):
                    yield remark, _problem(f"{rule.title}, {query.ref}", remark, query.origin, {})


def _of_other_times(stack: Stack) -> Iterator[tuple[Remark, Diagnostic]]:
    kept = stack.kept_seconds
    for file in stack.rules:
        for rule in file.rules:
            for remark in filter(None, (beyond(rule.expr, kept), ahead(rule.expr, seconds(stack.lookback)))):
                origin = (rule.passage and rule.passage.at(0)) or rule.origin
                yield remark, replace(_problem(rule.name, remark, origin, {}), rule=rule.origin)
    for dashboard in stack.dashboards:
        for query in dashboard.queries:
            if found := beyond(runnable(query.expr, dashboard.values), kept):
                yield found, _problem(f"{dashboard.title}, {query.panel}", found, query.origin, {})


def _too_new(expr: str, version: Version) -> Iterator[Remark]:
    """Yield what the Prometheus of the image refuses. A warning, as natively another version may run."""
    for each in unsupported(expr, version):
        if each.since:
            needed, has = (".".join(map(str, part)) for part in (each.since, version))
            summary = f"Prometheus supports {each.what} since {needed}, and the image has {has}"
            remedy = f"Rewrite the expression, or set `prometheus.image` to {needed} or newer."
        else:
            summary = f"{each.what} is experimental: Prometheus needs a feature flag, which stackctl does not set"
            remedy = "Rewrite the expression."
        yield Remark("promql.not-supported", summary, remedy, certain=False)


def several_compared_exactly(dashboard: Dashboard, query: PanelQuery) -> list[str]:
    """Return the variables of `query` that Grafana writes as a regular expression, which `=` takes literally."""
    several = {name for name, value in dashboard.values.items() if isinstance(value, Choice) and value.several}
    several |= {variable.name for variable in dashboard.variables if variable.several}
    return [name for name in compared_exactly(query.expr) if name in several and name not in query.repeats]


def escaped_patterns(dashboard: Dashboard, query: PanelQuery) -> list[tuple[str, str]]:
    """Return the variables of `query` with a value that is meant as a regular expression and escaped, each with it."""
    chosen = {name: value for name, value in dashboard.values.items() if isinstance(value, Choice) and value.several}
    found = []
    for name in matched_escaped(query.expr):
        values = chosen[name].values if name in chosen and chosen[name].literal is None else ()
        found += [(name, value) for value in values if _PATTERN.search(value)][:1]
    return found


def _place(remark: Remark, passage: Passage | None, origin: Position, like: str = "") -> Position:
    """Return the position of the part that a remark is about, or else of the whole expression."""
    if remark.part is None or passage is None:
        return origin
    at = offset(passage.text, remark.part, like)
    return (passage.at(at) if at is not None else None) or origin


def _fix(remark: Remark, passage: Passage | None) -> Fix | None:
    return Fix(passage, remark.fix) if remark.fix and passage else None


def _problem(where: str, remark: Remark, origin: Position, stand_ins: Mapping[str, str]) -> Diagnostic:
    remedy = remark.remedy
    for stand_in, meant in stand_ins.items():
        remedy = remedy.replace(stand_in, meant)
    return Diagnostic(remark.code, f"{where}: {remark.summary}", origin, remedy=remedy)
