"""Values that the variables of a dashboard have when it is opened, as far as Prometheus knows them."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from stackctl.bounds.regex import BadPattern, Pattern, compiled
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Labels, Prometheus
from stackctl.model import Dashboard, DashboardVariable
from stackctl.promql.choice import Choice
from stackctl.promql.grafana import references, runnable
from stackctl.verification import targets
from stackctl.verification.context import Context

# So many results or values are not looked at.
_MANY = 1000
_DELIMITED = re.compile(r"/(?P<text>.*)/(?P<flags>[a-z]*)", re.DOTALL)


@dataclass(frozen=True)
class Held:
    """Values of the variables of a dashboard, by their names. Those of which Prometheus has no value are left out.

    `values` are known for certain. Of those in `options` a reader chooses one value: these are all that there are.
    """

    values: Mapping[str, str | Choice]
    options: Mapping[str, Choice]

    def filled(self, expr: str) -> str:
        """Return `expr` with these values, as a Prometheus can run it."""
        return runnable(expr, self.values, options=self.options)


def held(context: Context, dashboard: Dashboard) -> Held:
    """Return what the variables hold, by asking Prometheus for those whose values only a server knows.

    As Grafana does: those that the file chooses, if they exist; else all of them, if the variable can be that. What
    is asked for the values of a variable may name others, so these come first.
    """
    values: dict[str, str | Choice] = dict(dashboard.values)
    options: dict[str, Choice] = {}
    for variable in _in_order(dashboard.variables):
        found = _existing(context, variable, Held(values, options))
        chosen = tuple(value for value in found if value in variable.chosen) if variable.several else ()
        if chosen or (found and variable.everything):
            values[variable.name] = Choice(chosen or found, several=True)
        elif 0 < len(found) < _MANY:
            options[variable.name] = Choice(found, several=True)
    return Held(values, options)


def _in_order(variables: Sequence[DashboardVariable]) -> list[DashboardVariable]:
    """Return those first that others name; all as they are written when they name one another."""
    named = {variable.name: variable for variable in variables}
    graph = {variable.name: references(variable.selector + variable.results) for variable in variables}
    try:
        return [named[name] for name in TopologicalSorter(graph).static_order() if name in named]
    except CycleError:
        return [*variables]


def takes_nothing(context: Context, label: str, selector: str, written: str) -> tuple[str, ...]:
    """Return the values of `label` in the series of `selector` if the regular expression of a variable takes none of
    them; () where it takes one, or where that is not known."""
    values = _all_values(context, label, selector) if label and written else ()
    return () if matching_values(values, written) else values


def texts_of_results(client: Prometheus, expr: str) -> tuple[str, ...]:
    """Return the results of a query as Grafana writes them for a variable: `name{label="value"} 7 1700000000000`.

    () where there are too many. Raises NoAnswer.
    """
    found = client.values(expr, limit=_MANY)
    return tuple(_text(labels, value) for labels, value in found) if len(found) < _MANY else ()


def _text(labels: Labels, value: float) -> str:
    pairs = ",".join(f'{name}="{each}"' for name, each in labels.items() if name != "__name__")
    return f"{labels.get('__name__', '')}{{{pairs}}} {value:g} {time.time() * 1000:.0f}"


def matching_values(values: Sequence[str], written: str) -> Sequence[str]:
    """Return the values in which the regular expression of a variable finds something; all where it is not known."""
    regex = _compiled(written) if written else None
    return [value for value in values if regex.search(value)] if regex else values


def _existing(context: Context, variable: DashboardVariable, others: Held) -> tuple[str, ...]:
    if variable.label:
        return _filtered(_all_values(context, variable.label, others.filled(variable.selector)), variable.regex)
    return _filtered(_all_texts(context, others.filled(variable.results)), variable.regex) if variable.results else ()


def _all_values(context: Context, label: str, selector: str) -> tuple[str, ...]:
    def ask() -> tuple[str, ...]:
        targets.settle(context)  # before the first scrapes there would be fewer values
        try:
            return context.prometheus().label_values(label, selector)
        except NoAnswer:  # it is not a selector, or the failure is reported by others
            return ()

    return context.once(f"values of {label} in {selector}", ask)


def _all_texts(context: Context, expr: str) -> tuple[str, ...]:
    def ask() -> tuple[str, ...]:
        targets.settle(context)
        try:
            return texts_of_results(context.prometheus(), expr)
        except NoAnswer:  # the row of the variable reports it
            return ()

    return context.once(f"texts of {expr}", ask)


def _compiled(written: str) -> Pattern | None:
    """Return a regular expression of a variable, `a.*` or `/a.*/i`; None where it is only known to JavaScript."""
    match = _DELIMITED.fullmatch(written)
    text, flags = (match["text"], match["flags"]) if match else (written, "")
    try:
        return compiled(text, newlines="s" in flags, ignore_case="i" in flags)
    except BadPattern:
        return None


def _filtered(values: tuple[str, ...], written: str) -> tuple[str, ...]:
    """Return what the variable's regular expression takes of the values, as Grafana does.

    That is its group `value` or `text`, else its first group, else all that it matches; with `/.../g` at each place.
    """
    if not written:
        return values
    regex = _compiled(written)
    if regex is None:
        return ()
    match = _DELIMITED.fullmatch(written)
    everywhere = bool(match and "g" in match["flags"])
    found = ([*regex.finditer(value)][: None if everywhere else 1] for value in values)
    return tuple(dict.fromkeys(value for matches in found for value in _taken(matches)))


def _taken(matches: Sequence[Any]) -> list[str]:
    """Return what is taken of one value by the matches in it."""
    named = {name: value for match in matches for name, value in match.groupdict().items() if value}
    if value := named.get("value") or named.get("text"):
        return [value]
    return [(match[1] if match.groups() else "") or match[0] for match in matches]
