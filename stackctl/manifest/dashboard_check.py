"""Rules that the schema of compact dashboards cannot express: queries that parse, variables and links that resolve."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.dashboard_schema import (
    DashboardFile,
    LinkModel,
    PanelModel,
    QueryModel,
    ThresholdsModel,
    VariableModel,
)
from stackctl.manifest.document import Document, Path
from stackctl.manifest.validate import show_path
from stackctl.promql import grafana
from stackctl.promql.correction import syntax_remedy
from stackctl.promql.expression import syntax_error

Found = tuple[Path, str, str]

# Only these can do what the key says.
_STACKING = ("timeseries",)
_NOT_FOR_TEXT = ("query", "queries", "unit", "thresholds", "min", "max", "decimals", "values")


def check(document: Document, file: DashboardFile, uids: Mapping[str, str] | None) -> list[Diagnostic]:
    """Every contradiction in a dashboard that is valid part by part.

    `uids` are the dashboards that links may lead to (uid or file -> uid); None when they are not all known.
    """
    found = [
        *_variables(file),
        *_all_links(file, uids),
        *_rows(file),
        *(problem for path, panel in panels(file) for problem in _panel(path, panel, file)),
    ]
    return [_place(document, path, message, remedy) for path, message, remedy in found]


def panels(file: DashboardFile) -> Iterator[tuple[Path, PanelModel]]:
    """Every panel with its place."""
    for r, row in enumerate(file.rows):
        for p, panel in enumerate(row.panels):
            yield ("rows", r, "panels", p), panel


def queries(path: Path, panel: PanelModel) -> Iterator[tuple[Path, QueryModel]]:
    """Every query of the panel at `path`, in its long form, with the place of its PromQL."""
    if panel.query is not None:
        yield (*path, "query"), QueryModel(query=panel.query, legend=panel.legend)
    for q, query in enumerate(panel.queries or []):
        yield (*path, "queries", q, "query"), query


def known_values(file: DashboardFile) -> dict[str, str]:
    """The variables whose first value is known without asking a server."""
    values = {variable.name: _first_value(variable) for variable in file.variables}
    return {name: value for name, value in values.items() if value}


def _first_value(variable: VariableModel) -> str:
    # Without a default, All is chosen at first, and Grafana is made to write it as `.*`.
    return variable.default or (".*" if variable.all else next(iter(variable.values or []), ""))


def _place(document: Document, path: Path, message: str, remedy: str) -> Diagnostic:
    return Diagnostic("dashboard.content", f"{show_path(path)}: {message}", document.position(path), remedy=remedy)


def _variables(file: DashboardFile) -> Iterator[Found]:
    seen: set[str] = set()
    for index, variable in enumerate(file.variables):
        path = ("variables", index)
        if variable.name in seen:
            yield (*path, "name"), f"two variables are named `{variable.name}`", "Rename one of them."
        seen.add(variable.name)
        if (variable.query is None) == (variable.values is None):
            remedy = "Write `query: label_values(up, job)`, or `values: [a, b]`."
            yield path, "a variable has either `query` or `values`", remedy
        if variable.values == []:
            yield (*path, "values"), "the list of values is empty", "Name at least one."
        if variable.values and variable.default and variable.default not in variable.values:
            known = ", ".join(f"`{value}`" for value in variable.values)
            yield (*path, "default"), f"the default `{variable.default}` is not one of the values", f"They are {known}."
        if variable.query is not None:
            yield from _value_query((*path, "query"), variable.query, file)


def _value_query(path: Path, query: str, file: DashboardFile) -> Iterator[Found]:
    expr = grafana.value_query(query)
    if expr is None:
        remedy = "Write `label_values(up, job)`, `query_result(topk(5, up))`, `metrics(http_.*)` or `label_names()`."
        yield path, "not a query for the values of a variable", remedy
    elif expr:
        yield from _promql(path, expr, file)


def _rows(file: DashboardFile) -> Iterator[Found]:
    for index, row in enumerate(file.rows):
        if row.collapsed and not row.title:
            yield ("rows", index, "collapsed"), "a collapsed row needs a `title`", "Add one, so that it can be opened."


def _panel(path: Path, panel: PanelModel, file: DashboardFile) -> Iterator[Found]:
    yield from _content(path, panel)
    if panel.thresholds:
        yield from _thresholds((*path, "thresholds"), panel.thresholds)
    if panel.stack and panel.type not in _STACKING:
        yield (*path, "stack"), f"only a time series is stacked, not `{panel.type}`", "Remove `stack`."
    if panel.min is not None and panel.max is not None and panel.min >= panel.max:
        yield (*path, "max"), f"`max` ({panel.max:g}) must be above `min` ({panel.min:g})", ""
    for place, query in queries(path, panel):
        yield from _promql(place, query.query, file)


def _content(path: Path, panel: PanelModel) -> Iterator[Found]:
    """A text panel has `markdown`, any other has queries, in one of the two ways to write them."""
    if panel.type == "text":
        if panel.markdown is None:
            yield path, "a text panel needs `markdown`", "Write what it says, in Markdown."
        for key in _NOT_FOR_TEXT:
            if key in panel.model_fields_set:
                yield (*path, key), f"a text panel has no `{key}`", "Remove it, or give the panel another `type`."
        return
    if panel.markdown is not None:
        yield (*path, "markdown"), "`markdown` is for text panels", "Use `description`, or write `type: text`."
    if panel.query is None and not panel.queries:
        yield path, "the panel has no query", "Write `query:` and an expression in PromQL."
    if panel.query is not None and panel.queries is not None:
        yield (*path, "queries"), "the panel has both `query` and `queries`", "Put all of them under `queries`."
    if panel.legend and panel.queries is not None:
        yield (*path, "legend"), "`legend` belongs to `query`", "With `queries`, each query has its own `legend`."


def _promql(path: Path, expr: str, file: DashboardFile) -> Iterator[Found]:
    declared = {variable.name: variable for variable in file.variables}
    unknown = [name for name in grafana.references(expr) if name not in declared]
    for name in unknown:
        yield path, f"there is no variable `${name}`", _variable_remedy(name, list(declared))
    for name in grafana.compared_exactly(expr):
        if name in declared and (declared[name].multi or declared[name].all):
            remedy = f'Write `=~"${name}"`.'
            yield path, f"`${name}` can hold several values, but `=` and `!=` compare with one", remedy
    message = syntax_error(grafana.runnable(expr, known_values(file)))
    if message and not unknown:
        yield path, f"not PromQL: {message}", syntax_remedy(message, expr)


def _variable_remedy(name: str, declared: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, [*declared, *grafana.MACROS], n=1)
    if close:
        return f"Did you mean `${close[0]}`?"
    return f"Declared: {', '.join(f'`${known}`' for known in declared)}." if declared else "Add it to `variables`."


def _thresholds(path: Path, thresholds: ThresholdsModel) -> Iterator[Found]:
    levels = [level for level in (thresholds.warning, thresholds.critical) if level is not None]
    if thresholds.steps is None:
        if not levels:
            yield path, "there is no threshold", "Write `{warning: 1, critical: 5}`."
        if len(levels) == 2 and levels[0] == levels[1]:
            yield path, "`warning` and `critical` are the same", "Leave one out, or move one."
        return
    if levels:
        yield path, "thresholds are either `warning` and `critical`, or `steps`", "Keep one form."
    values = [step.value for step in thresholds.steps]
    if not values:
        yield path, "the list is empty", "Write `[{value: 1, color: red}]`."
    for index, value in enumerate(values):
        if value in values[:index]:
            what = "without a value" if value is None else f"at {value:g}"
            yield path, f"two colours {what}", "Keep one of them."


def _all_links(file: DashboardFile, uids: Mapping[str, str] | None) -> Iterator[Found]:
    yield from _links((), file.links, uids)
    for path, panel in panels(file):
        yield from _links(path, panel.links, uids)


def _links(owner: Path, links: list[LinkModel], uids: Mapping[str, str] | None) -> Iterator[Found]:
    for index, link in enumerate(links):
        path = (*owner, "links", index)
        if (link.dashboard is None) == (link.url is None):
            yield path, "a link has either `dashboard` or `url`", "Write `dashboard:` and the file of another one."
        if link.dashboard is not None and uids is not None and link.dashboard not in uids:
            message = f"the manifest has no dashboard `{link.dashboard}`"
            yield (*path, "dashboard"), message, _dashboard_remedy(link.dashboard, list(uids))


def _dashboard_remedy(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, known, n=1)
    return f"Did you mean `{close[0]}`?" if close else "Name its file as the manifest does, or its uid."
