"""Values that the variables of a dashboard have when it is opened, as far as Prometheus knows them."""

from __future__ import annotations

import re

from stackctl.clients.http import NoAnswer
from stackctl.model import Dashboard, DashboardVariable
from stackctl.promql.choice import Choice
from stackctl.promql.grafana import runnable
from stackctl.verification import targets
from stackctl.verification.context import Context


def chosen_values(context: Context, dashboard: Dashboard) -> dict[str, Choice]:
    """Return the values of the variables that may hold several, by asking Prometheus; left out where it has none.

    As Grafana does: those that the file chooses, if they exist; else all of them, or the first.
    """
    found = {}
    for variable in dashboard.variables:
        values = _existing(context, dashboard, variable) if variable.label else ()
        chosen = tuple(value for value in values if value in variable.chosen)
        if values:
            found[variable.name] = Choice(chosen or (values if variable.everything else values[:1]), several=True)
    return found


def _existing(context: Context, dashboard: Dashboard, variable: DashboardVariable) -> tuple[str, ...]:
    selector = runnable(variable.selector, dashboard.values)

    def ask() -> tuple[str, ...]:
        targets.settle(context)  # before the first scrapes there would be fewer values
        try:
            return context.prometheus().label_values(variable.label, selector)
        except NoAnswer:  # it is not a selector, or the failure is reported by others
            return ()

    return _filtered(context.once(f"values of {variable.label} in {selector}", ask), variable.regex)


def _filtered(values: tuple[str, ...], written: str) -> tuple[str, ...]:
    """Return what the variable's regular expression takes of each value: its first group, or all of it."""
    if not written:
        return values
    try:
        regex = re.compile(re.sub(r"^/(.*)/[a-z]*$", r"\1", written, flags=re.DOTALL))
    except re.error:
        return ()  # written in a way that Python does not know
    matches = filter(None, map(regex.search, values))
    return tuple(dict.fromkeys(match[1] if regex.groups and match[1] else match[0] for match in matches))
