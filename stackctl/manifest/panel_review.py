"""Panels that show a result as it is not: labels in legends that it does not have, and other units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.validate import unknown_name
from stackctl.metrics import catalogue
from stackctl.model import Dashboard, PanelQuery, Stack
from stackctl.promql.catalogue import UNKNOWN_PART, Catalogue
from stackctl.promql.grafana import hidden, own_references, runnable
from stackctl.promql.types.infer import value_of
from stackctl.promql.types.unit import RATIO, SECONDS, Unit
from stackctl.promql.types.value import Value

_LABEL = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
# Grafana's names of units -> what they are.
_UNITS = {
    "s": SECONDS,
    "ms": Unit("seconds", 1e-3),
    "µs": Unit("seconds", 1e-6),
    "ns": Unit("seconds", 1e-9),
    "percentunit": RATIO,
    "percent": Unit("ratio", 0.01),
    "bytes": Unit("bytes"),
    "decbytes": Unit("bytes"),
    "kbytes": Unit("bytes", 1024.0),
    "mbytes": Unit("bytes", 1024.0**2),
    "gbytes": Unit("bytes", 1024.0**3),
}


def panel_warnings(stack: Stack) -> Iterator[Diagnostic]:
    """Yield a warning for each panel that can show nothing, each legend with a label that its query does not have, each
    panel that shows a value in another unit, each variable that takes the values of a label which is not there, and
    each that is used and not declared; and for variables that need the values of each other.
    """
    known = catalogue(stack)
    for dashboard in stack.dashboards:
        yield from _empty(dashboard)
        yield from _circle(dashboard)
        for query in dashboard.queries:
            value = _value(dashboard, query, known)
            where = f"{dashboard.title}, {query.panel}"
            yield from _undeclared(query, where)
            if query.label:
                yield from _variable(query, value, where)
            else:
                yield from _legend(query, value, where)
                yield from _unit(query, value, where)


def _empty(dashboard: Dashboard) -> Iterator[Diagnostic]:
    for panel in dashboard.empty:
        summary = f"{dashboard.title}, {panel.panel or 'a panel without a title'}: it shows nothing: {panel.reason}"
        yield Diagnostic("dashboard.empty-panel", summary, panel.origin, remedy="Give the panel a query, or remove it.")


def _circle(dashboard: Dashboard) -> Iterator[Diagnostic]:
    """A warning of variables that need each other's values. That one needs its own is as if it did not."""
    asks = {query.panel[1:]: query for query in dashboard.queries if query.panel.startswith("$")}
    needs = {name: [each for each in own_references(query.expr) if each != name] for name, query in asks.items()}
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        circle = error.args[1][:0:-1]  # it begins and ends with the same one, and each is needed by the next
        first = min(circle, key=[*asks].index)
        at = circle.index(first)
        shown = ", which needs ".join(f"`${each}`" for each in (*circle[at:], *circle[:at], first))
        summary = f"{dashboard.title}: the variable {shown}: Grafana can load none of them"
        remedy = "Leave one of these variables out of the query of another."
        yield Diagnostic("dashboard.variable-circle", summary, asks[first].origin, remedy=remedy)


def _undeclared(query: PanelQuery, where: str) -> Iterator[Diagnostic]:
    for name in query.undeclared:
        summary = f"{where}: the dashboard has no variable `${name}`, so Grafana leaves that name in the query"
        remedy = f"Declare `{name}` in `templating`, or correct the name in the query."
        yield Diagnostic("dashboard.undeclared-variable", summary, query.origin, remedy=remedy)


def _value(dashboard: Dashboard, query: PanelQuery, known: Catalogue) -> Value:
    return value_of(runnable(hidden(query.expr)[0], dashboard.values, UNKNOWN_PART), known)


def _legend(query: PanelQuery, value: Value, where: str) -> Iterator[Diagnostic]:
    labels = value.labels.possible
    for name in dict.fromkeys(_LABEL.findall(query.legend)):
        if labels is not None and name not in labels and name != "__name__":
            summary = f"{where}: the legend uses the label `{name}`, which the query does not have"
            remedy = unknown_name(name, sorted(labels), "It has") if labels else "It has no labels: keep some by `by`."
            yield Diagnostic("dashboard.legend", summary, query.legend_origin or query.origin, remedy=remedy)


def _variable(query: PanelQuery, value: Value, where: str) -> Iterator[Diagnostic]:
    labels = value.labels.possible
    if labels is not None and query.label not in labels and query.label != "__name__":
        summary = f"{where}: no series has the label `{query.label}`, so the variable has no values"
        remedy = unknown_name(query.label, sorted(labels), "They have")
        yield Diagnostic("promql.unknown-label", summary, query.origin, remedy=remedy)


def _unit(query: PanelQuery, value: Value, where: str) -> Iterator[Diagnostic]:
    shown, unit = _UNITS.get(query.unit), value.unit
    if shown is None or unit is None or unit.base != shown.base or unit.per_second or unit.is_like(shown):
        return
    summary = f"{where}: the panel shows {unit} as {shown}"
    remedy = f"Convert the value in the query, or set another unit than `{query.unit}`."
    yield Diagnostic("dashboard.unit", summary, query.origin, remedy=remedy)
