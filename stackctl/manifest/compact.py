"""Dashboards in the compact form: from the text of a file to the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from stackctl.diagnostic import Diagnostic
from stackctl.manifest.classic.panels import points_of
from stackctl.manifest.dashboard_check import check, known_values, panels, queries
from stackctl.manifest.dashboard_schema import (
    DashboardFile,
    LinkModel,
    PanelModel,
    ThresholdsModel,
    VariableModel,
)
from stackctl.manifest.document import Document, Path
from stackctl.manifest.parse import parse
from stackctl.manifest.problems import Problems
from stackctl.manifest.validate import validate
from stackctl.model import (
    Board,
    Dashboard,
    DashboardVariable,
    Link,
    Panel,
    PanelQuery,
    Query,
    Row,
    Threshold,
    ValueText,
    Variable,
)
from stackctl.promql import grafana
from stackctl.source import Position
from stackctl.tree import digest

# What shows one value shows that of now: the last value of a range may be long gone.
_INSTANT = frozenset({"stat", "gauge", "bargauge", "table"})


@dataclass(frozen=True)
class CompactFile:
    """A compact dashboard's file that is YAML at least. `shown` is how messages name it; `uid` is settled."""

    shown: str
    uid: str
    document: Document


def open_compact(text: str, shown: str, problems: Problems) -> CompactFile | None:
    """Return the file with `text`; None with what is wrong with its YAML added to `problems`."""
    document = parse(text, shown)
    if problems.extend(document.problems):
        return None
    if not isinstance(document.value, dict):
        remedy = "Begin with `title: Shop` and `rows:`, each at the start of a line."
        summary = "not a dashboard: expected a mapping"
        problems.add(Diagnostic("dashboard.format", summary, document.position(()), remedy=remedy))
        return None
    return CompactFile(shown, str(document.value.get("uid") or digest(shown)), document)


def read_compact(
    file: CompactFile, folder: str, origin: Position, uids: Mapping[str, str] | None, problems: Problems
) -> Dashboard | None:
    """Return the dashboard in `file`; None with all that is wrong with it added to `problems`.

    `folder` and `origin` are the manifest's; `uids` are the dashboards that links may lead to (uid or file -> uid),
    None while they are not all known.
    """
    model = validate(file.document, DashboardFile, problems)
    if model is None or problems.extend(check(file.document, model, uids)):
        return None
    return Dashboard(
        path=file.shown,
        uid=file.uid,
        title=model.title,
        folder=folder or model.folder,
        definition=_board(model, uids or {}),
        origin=origin,
        queries=tuple(_queries(file.document, model)),
        values=known_values(model),
        variables=tuple(_asked_values(model)),
    )


def _asked_values(model: DashboardFile) -> Iterator[DashboardVariable]:
    """Yield the variables whose values only a server knows."""
    known = known_values(model)
    for variable in model.variables:
        if variable.query and variable.name not in known:
            label, selector = grafana.label_query(variable.query) or ("", "")
            results = grafana.results_query(variable.query)
            yield DashboardVariable(variable.name, label, selector, results, several=variable.multi)


# The layout gives a panel without a width as many columns at least.
_LEAST_COLUMNS = 4


def _queries(document: Document, model: DashboardFile) -> Iterator[PanelQuery]:
    for index, variable in enumerate(model.variables):
        expr = grafana.value_query(variable.query or "")
        if expr:
            place = document.position(("variables", index, "query"))
            label = (grafana.label_query(variable.query or "") or ("",))[0]
            yield PanelQuery(f"${variable.name}", expr, place, label=label)
    for path, panel in panels(model):
        for where, query in queries(path, panel):
            yield PanelQuery(
                panel.title,
                query.query,
                document.position(where),
                passage=document.passage(where, query.query),
                legend=query.legend,
                legend_origin=document.position((*where[:-1], "legend")),
                unit=panel.unit or "",
                points=points_of({"gridPos": {"w": panel.width or _LEAST_COLUMNS}}),
            )


def _board(model: DashboardFile, uids: Mapping[str, str]) -> Board:
    rows = (Row(row.title, tuple(_panel(panel, uids) for panel in row.panels), row.collapsed) for row in model.rows)
    return Board(
        rows=tuple(rows),
        description=model.description,
        tags=tuple(model.tags),
        refresh=model.refresh,
        time=model.time,
        variables=tuple(_variable(variable) for variable in model.variables),
        links=_links(model.links, uids),
    )


def _variable(model: VariableModel) -> Variable:
    return Variable(
        name=model.name,
        label=model.label,
        query=model.query or "",
        values=tuple(model.values or ()),
        multi=model.multi,
        all=model.all,
        default=model.default or "",
    )


def _panel(model: PanelModel, uids: Mapping[str, str]) -> Panel:
    path: Path = ()
    return Panel(
        title=model.title,
        kind=model.type,
        description=model.description,
        queries=tuple(
            Query(query.query, query.legend, model.type in _INSTANT if query.instant is None else query.instant)
            for _, query in queries(path, model)
        ),
        markdown=model.markdown or "",
        unit=model.unit or "",
        min=model.min,
        max=model.max,
        decimals=model.decimals,
        thresholds=_thresholds(model.thresholds),
        values=tuple(ValueText(value, shown.text, shown.color or "") for value, shown in model.values.items()),
        stack=model.stack,
        soft_max=model.soft_max,
        by_value=model.by_value,
        width=model.width,
        height=model.height,
        links=_links(model.links, uids),
    )


def _thresholds(model: ThresholdsModel | None) -> tuple[Threshold, ...]:
    """The colours from low to high, the first without a value."""
    if model is None:
        return ()
    if model.steps is not None:
        base = [step.color for step in model.steps if step.value is None] or ["green"]
        steps = sorted((step.value, step.color) for step in model.steps if step.value is not None)
        return (Threshold(base[0]), *(Threshold(color, value) for value, color in steps))
    warning, critical = model.warning, model.critical
    if warning is not None and critical is not None and critical < warning:
        return (Threshold("red"), Threshold("yellow", critical), Threshold("green", warning))
    levels = (("yellow", warning), ("red", critical))
    return (Threshold("green"), *(Threshold(color, value) for color, value in levels if value is not None))


def _links(models: list[LinkModel], uids: Mapping[str, str]) -> tuple[Link, ...]:
    return tuple(
        Link(model.title, uid=uids.get(model.dashboard, "") if model.dashboard else "", url=model.url or "")
        for model in models
    )
