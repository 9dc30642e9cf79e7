"""Variables of a compact dashboard, from the types of grafana-foundation-sdk."""

from __future__ import annotations

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as sdk

from stackctl.design.series import Scope
from stackctl.model import Variable
from stackctl.render.panels import source


def build_variable(variable: Variable, scope: Scope) -> build.QueryVariable | build.CustomVariable:
    """Return a variable with its initial choice."""
    builder = _query_variable(variable, scope) if variable.query else _custom_variable(variable)
    builder.multi(variable.multi).include_all(variable.all)
    if variable.label:
        builder.label(variable.label)
    if variable.all:
        # Shorter than all values joined, and it also holds while there are none yet.
        builder.all_value(".*")
    chosen = _chosen(variable)
    if chosen:
        shown, value = ([part] if variable.multi else part for part in chosen)
        builder.current(sdk.VariableOption(selected=True, text=shown, value=value))
    return builder


def _query_variable(variable: Variable, scope: Scope) -> build.QueryVariable:
    query: dict[str, object] = {"query": variable.query, "refId": f"variable-{variable.name}"}
    builder = build.QueryVariable(variable.name).datasource(source(scope)).query(query)
    return builder.refresh(sdk.VariableRefresh.ON_TIME_RANGE_CHANGED).sort(sdk.VariableSort.ALPHABETICAL_ASC)


def _custom_variable(variable: Variable) -> build.CustomVariable:
    chosen = _chosen(variable)
    options = [("All", "$__all")] if variable.all else []
    options += [(value, value) for value in variable.values]
    return (
        build.CustomVariable(variable.name)
        .values(",".join(value.replace(",", "\\,") for value in variable.values))
        .options(
            [sdk.VariableOption(selected=(shown, value) == chosen, text=shown, value=value) for shown, value in options]
        )
    )


def _chosen(variable: Variable) -> tuple[str, str] | None:
    """Return the initial choice, as shown and as a value; None where only Grafana knows it."""
    if variable.default:
        return variable.default, variable.default
    if variable.all:
        return "All", "$__all"
    return (variable.values[0], variable.values[0]) if variable.values else None
