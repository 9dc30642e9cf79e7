"""Dashboards in Grafana's classic JSON: identity, queries, and the definition as a Grafana can load it from a file."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from stackctl.manifest.classic.bind import bound
from stackctl.manifest.classic.dashboard_form import Shape
from stackctl.manifest.classic.datasource import (
    MIXED,
    OF_DASHBOARD,
    PROMETHEUS_TYPES,
    Source,
    Sources,
    annotation_language,
    asks,
    calculated_from,
    language,
)
from stackctl.manifest.classic.panels import SHOW_RESULTS, PanelAt, inlined, library_of, panels, points_of, unit_of
from stackctl.manifest.classic.variables import VariableAt, asked_values, known_values, saved_filters, variables
from stackctl.manifest.classic.wrapping import unwrapped
from stackctl.manifest.json_file import Path, read_json
from stackctl.manifest.problems import Problems
from stackctl.model import Dashboard, Datasources, EmptyPanel, NamesQuery, OtherQuery, PanelQuery, SavedFilter
from stackctl.promql import grafana
from stackctl.promql.choice import Choice
from stackctl.promql.correction import syntax_remedy
from stackctl.source import Position
from stackctl.tree import digest

_ONLY_OURS = Datasources()
_NO_QUERY = "it has no query"
_FOREIGN = "Declare it in `grafana.datasources`, or remove the panels that use it, or the annotation."


def read_classic(
    text: str,
    shown: str,
    folder: str,
    origin: Position,
    problems: Problems,
    datasources: Datasources = _ONLY_OURS,
) -> Dashboard | None:
    """Return the dashboard in `text`; None with all that is wrong with it added to `problems`.

    `shown` is how messages name the file, `origin` the manifest line that names it. `datasources` are those that it may
    ask next to the stack's Prometheus. A dashboard without a uid gets
    one from its path, so that it keeps its address from one rendering to the next.
    """
    file = read_json(text, shown, problems)
    found = unwrapped(file, problems) if file else None
    if file is None or found is None:
        return None
    definition, path, uid = found
    reader = _Reader(Shape(file), definition, path, datasources)
    queries = tuple(reader.queries())
    if problems.extend(reader.shape.problems):
        return None
    return _dashboard(reader, queries, uid or digest(shown), shown, folder, origin)


def read_loaded(text: str, shown: str, folder: str, origin: Position) -> Dashboard | None:
    """Return the dashboard in `text`, as a Grafana has loaded it, with the queries to any Prometheus.

    What asks something else is not there to be corrected: it is among the others. None where it is no dashboard.
    """
    file = read_json(text, shown, Problems())
    found = unwrapped(file, Problems()) if file else None
    if file is None or found is None:
        return None
    definition, path, uid = found
    reader = _LoadedReader(Shape(file), definition, path, _ONLY_OURS)
    return _dashboard(reader, tuple(reader.queries()), uid, shown, folder, origin)


def _dashboard(
    reader: _Reader, queries: tuple[PanelQuery, ...], uid: str, shown: str, folder: str, origin: Position
) -> Dashboard:
    definition = reader.definition
    return Dashboard(
        path=shown,
        uid=uid,
        title=reader.title,
        folder=folder,
        definition=bound(inlined(definition, library_of(definition)), reader.inputs, reader.sources),
        origin=origin,
        queries=queries,
        values={
            name: value if isinstance(value, Choice) else _resolved(value, reader.inputs)
            for name, value in reader.values.items()
        },
        variables=tuple(asked_values([each for each in reader.variables if reader.asks_prometheus(each)])),
        names=tuple(reader.names),
        others=tuple(dict.fromkeys(reader.others)),
        empty=tuple(reader.empty),
    )


class _Reader:
    """The queries of one dashboard, and what is wrong with them."""

    def __init__(self, shape: Shape, definition: Mapping[str, Any], path: Path, datasources: Datasources) -> None:
        self.shape, self.definition, self.path = shape, definition, path
        self.title = shape.text(definition, "title", path)
        self.variables = variables(shape, definition, path)
        self.values: dict[str, str | Choice] = dict(known_values(self.variables))
        self.inputs = _inputs(shape, definition, path)
        plugins = {name: plugin for name, (plugin, _) in self.inputs.items()}
        of_variables = {one.name: one.query[0] if one.kind == "datasource" else "" for one in self.variables}
        self.sources = Sources(plugins, of_variables, datasources.others, (datasources.name, datasources.uid))
        self.names: list[NamesQuery] = []
        self.others: list[OtherQuery] = []
        self.empty: list[EmptyPanel] = []
        self._only = "the stack has no such datasource" if datasources.others else "the stack has Prometheus only"
        self._refused: set[str] = set()

    def queries(self) -> Iterator[PanelQuery]:
        """Yield the PromQL of variables, panels and annotations, in the order of the file."""
        for variable in self.variables:
            yield from self._of_variable(variable)
        found = panels(self.shape, self.definition, self.path)
        ids = {str(panel.json.get("id")) for panel in found}
        for panel in found:
            yield from self._of_panel(panel)
            if reason := self._reason_to_be_empty(panel, ids):
                position = self.shape.file.position(panel.path)
                self.empty.append(EmptyPanel(self._filled(panel.title), reason, position))
        for annotation, place in self._annotations():
            yield from self._of_annotation(annotation, place)

    def asks_prometheus(self, variable: VariableAt) -> bool:
        """Return whether the values of a variable come from the stack's Prometheus, as far as the file says so."""
        source = self.sources.find(self.shape.datasource(variable.json, variable.path))
        return source.kind in ("prometheus", "default", "by name")

    def _annotations(self) -> Iterator[tuple[Mapping[str, Any], Path]]:
        """Yield the annotations that are shown, each with its place."""
        annotations = self.definition.get("annotations")
        if isinstance(annotations, Mapping):
            place = (*self.path, "annotations")
            for index, one in self.shape.mappings(annotations, "list", place):
                if one.get("enable", True):
                    yield one, (*place, "list", index)

    def _of_annotation(self, annotation: Mapping[str, Any], place: Path) -> Iterator[PanelQuery]:
        """Yield the query of an annotation that asks Prometheus."""
        source = self.sources.find(self.shape.datasource(annotation, place))
        other = annotation_language(annotation, source)
        if source.kind in ("foreign", "undefined") or other:
            self._refuse(place, source, other)
            return
        target = annotation.get("target")
        own, where = (
            (target, (*place, "target", "expr")) if isinstance(target, Mapping) else (annotation, (*place, "expr"))
        )
        expr = self._filled(str(own.get("expr") or annotation.get("expr") or ""))
        if source.other or source.kind == "built-in" or not expr.strip():
            return
        title = self._title_of(annotation)
        passage = self.shape.file.passage(where, expr)
        yield PanelQuery(
            title,
            expr,
            self.shape.file.position(where),
            passage=passage,
            undeclared=self._undeclared(expr),
            datasource=self._datasource(source),
        )
        self._check_syntax(expr, where, title)

    def _title_of(self, annotation: Mapping[str, Any]) -> str:
        """Return the name of the row of an annotation, which is no panel's title."""
        return f"annotation {self._filled(str(annotation.get('name') or ''))}".strip()

    def _of_variable(self, variable: VariableAt) -> Iterator[PanelQuery]:
        """Yield the query of a variable that asks Prometheus."""
        if variable.kind != "query":
            return
        source = self.sources.find(self.shape.datasource(variable.json, variable.path))
        if source.kind in ("foreign", "undefined"):
            self._refuse(variable.path, source, "")
            return
        if source.other:
            self._note_other(f"${variable.name}", source, variable.path)
            return
        text, place = variable.query
        expr = grafana.value_query(self._filled(text))
        if expr is None and source.is_open and text and grafana.certain_error(self._filled(text), self.values):
            self._refuse(variable.path, source, "another language")
        if expr == "" and source.kind != "built-in" and (names := grafana.names_query(self._filled(text))):
            position = self.shape.file.position(place)
            self.names.append(NamesQuery(f"${variable.name}", names[0], position, names[1], variable.regex))
        if expr and source.kind != "built-in":
            label, selector = grafana.label_query(text) or ("", "")
            yield PanelQuery(
                f"${variable.name}",
                expr,
                self.shape.file.position(place),
                label=label,
                selector=selector,
                regex=variable.regex,
                of_results=bool(grafana.results_query(text)),
                undeclared=self._undeclared(expr),
                datasource=self._datasource(source),
            )
            self._check_syntax(expr, place, f"${variable.name}")

    def _of_panel(self, panel: PanelAt) -> Iterator[PanelQuery]:
        self.shape.text(panel.json, "type", panel.path)
        of_panel = self.shape.datasource(panel.json, panel.path)
        targets = list(self.shape.mappings(panel.json, "targets", panel.path))
        needed = calculated_from([target for _, target in targets])
        for index, target in targets:
            place = (*panel.path, "targets", index)
            own = self.shape.datasource(target, place)
            if not asks(target):
                continue
            source = self.sources.find(own if own not in (None, "") else _but_mixed(of_panel))
            if source.kind == "built-in":
                continue
            if source.other:
                self._of_other(source, target, panel, place)
                continue
            other = language(target, source)
            hidden = bool(target.get("hide")) and target not in needed
            expr = "" if other else self._filled(str(target.get("expr") or ""))
            if hidden and self._is_useless(source, other, expr):
                continue  # Grafana does not run it
            if source.kind in ("foreign", "undefined") or other:
                self._refuse(place if own else panel.path, source, other)
                continue
            where = (*place, "expr")
            title = self._filled(panel.title)
            passage = self.shape.file.passage(where, expr)
            yield PanelQuery(
                title,
                expr,
                self.shape.file.position(where),
                panel.repeats,
                hidden,
                passage,
                str(target.get("legendFormat") or ""),
                self.shape.file.position((*place, "legendFormat")),
                unit_of(panel.json),
                undeclared=self._undeclared(expr),
                datasource=self._datasource(source),
                interval=str(target.get("interval") or panel.json.get("interval") or ""),
                points=points_of(panel.json) if target.get("intervalFactor") in (None, 1) else 0,
                filters=self._filters(source),
            )
            self._check_syntax(expr, where, title)

    def _reason_to_be_empty(self, panel: PanelAt, ids: Collection[str]) -> str:
        """Return why a panel can show nothing, "" where it may. `ids` are those of the dashboard's panels."""
        json = panel.json
        if (
            self.shape.text(json, "type", panel.path) not in SHOW_RESULTS
            or json.get("snapshotData")
            or json.get("libraryPanel")
        ):
            return ""
        of_panel = self.shape.datasource(json, panel.path)
        reasons = [
            self._reason_to_find_nothing(target, of_panel, (*panel.path, "targets", index), ids)
            for index, target in self.shape.mappings(json, "targets", panel.path)
        ]
        # Grafana's own datasource shows something without any query.
        if not reasons and self.sources.find(of_panel).kind == "built-in":
            return ""
        return "" if "" in reasons else next(iter(reasons), _NO_QUERY)

    def _reason_to_find_nothing(
        self, target: Mapping[str, Any], of_panel: Mapping[str, Any] | str | None, place: Path, ids: Collection[str]
    ) -> str:
        written = self.shape.datasource(target, place) or of_panel
        source = self.sources.find(_but_mixed(written))
        shown = target.get("panelId")
        if shown is not None and source.kind == "built-in" and source.shown == OF_DASHBOARD:
            return (
                "" if str(shown) in ids else f"it shows the result of panel {shown}, which the dashboard does not have"
            )
        is_ours = source.kind in ("prometheus", "default", "by name")
        return _NO_QUERY if is_ours and not asks(target) else ""

    def _of_other(self, source: Source, target: Mapping[str, Any], panel: PanelAt, place: Path) -> None:
        """Note a query to another datasource. One to another Prometheus has to be PromQL."""
        title = self._filled(panel.title)
        self._note_other(title, source, place)
        if source.other and source.other.type in PROMETHEUS_TYPES and not language(target):
            self._check_syntax(self._filled(str(target.get("expr") or "")), (*place, "expr"), title)

    def _note_other(self, panel: str, source: Source, place: Path) -> None:
        assert source.other  # noqa: S101 - the caller has looked
        self.others.append(OtherQuery(panel, source.other.name, self.shape.file.position(place)))

    def _filters(self, source: Source) -> tuple[SavedFilter, ...]:
        """Return the saved filters of the variables that filter what a datasource is asked."""
        found: list[SavedFilter] = []
        for variable in self.variables:
            if variable.kind == "adhoc" and self.asks_prometheus(variable):
                of_variable = self.sources.find(self.shape.datasource(variable.json, variable.path))
                if self._datasource(of_variable) == self._datasource(source):
                    found.extend(saved_filters(variable))
        return tuple(found)

    def _datasource(self, source: Source) -> str:  # noqa: ARG002 - for those that keep it
        """Return what a query asks: the stack's own Prometheus, however the dashboard names it."""
        return ""

    def _is_useless(self, source: Source, other: str, expr: str) -> bool:
        """Return whether a query cannot be one to the stack's Prometheus."""
        return source.kind in ("foreign", "undefined") or bool(other or grafana.certain_error(expr, self.values))

    def _refuse(self, owner: Path, source: Source, other: str) -> None:
        """Note a datasource that is not Prometheus, once for each name that the dashboard gives it."""
        if source.kind == "foreign":
            summary, remedy = f"needs a datasource of type `{source.shown}`; {self._only}", _FOREIGN
        elif source.kind == "undefined":
            summary = f"the datasource `{source.shown}` is not a variable of the dashboard"
            remedy = 'Write `"datasource": null` for the stack\'s Prometheus, or declare the variable.'
        else:
            named = f"the datasource `{source.shown}`" if source.is_open and source.shown else "Prometheus"
            summary, remedy = f"{named} is queried in {other}, not in PromQL; {self._only}", _FOREIGN
        if summary not in self._refused:
            self._refused.add(summary)
            self.shape.wrong((*owner, "datasource"), summary, remedy=remedy)

    def _check_syntax(self, expr: str, place: Path, panel: str) -> None:
        message = grafana.certain_error(expr, self.values)
        if message:
            summary = f"{panel or 'a panel without a title'}: not PromQL: {message}"
            self.shape.wrong(place, summary, remedy=syntax_remedy(message, expr))

    def _undeclared(self, expr: str) -> tuple[str, ...]:
        """Return the variables in `expr` that the dashboard does not have."""
        declared = {variable.name for variable in self.variables}
        return tuple(name for name in grafana.own_references(expr) if name not in declared)

    def _filled(self, text: str) -> str:
        """The text with the values of the export's inputs."""
        return _resolved(text, self.inputs)


class _LoadedReader(_Reader):
    """The queries of a dashboard that a Grafana has loaded, each with its datasource, which may be any."""

    def _of_variable(self, variable: VariableAt) -> Iterator[PanelQuery]:
        self._asking = f"${variable.name}"
        yield from super()._of_variable(variable)

    def _of_panel(self, panel: PanelAt) -> Iterator[PanelQuery]:
        self._asking = self._filled(panel.title)
        yield from super()._of_panel(panel)

    def _of_annotation(self, annotation: Mapping[str, Any], place: Path) -> Iterator[PanelQuery]:
        self._asking = self._title_of(annotation)
        yield from super()._of_annotation(annotation, place)

    def _datasource(self, source: Source) -> str:
        return source.shown

    def _refuse(self, owner: Path, source: Source, other: str) -> None:
        """Note it as a query to another datasource than a Prometheus."""
        self.others.append(OtherQuery(self._asking, source.shown or other, self.shape.file.position(owner)))

    def _check_syntax(self, expr: str, place: Path, panel: str) -> None:
        """Leave that to Grafana, which runs it."""


def _but_mixed(written: Mapping[str, Any] | str | None) -> Mapping[str, Any] | str | None:
    """The datasource for a query that names none: in a mixed panel that is the default."""
    name = written.get("uid") if isinstance(written, Mapping) else written
    return None if name == MIXED else written


def _inputs(shape: Shape, definition: Mapping[str, Any], path: Path) -> dict[str, tuple[str, str]]:
    """Return the inputs that Grafana asks for when a dashboard is imported by hand: name -> plugin and value."""
    found = {}
    for _, entry in shape.mappings(definition, "__inputs", path):
        is_source = entry.get("type") == "datasource"
        plugin = str(entry.get("pluginId") or "") if is_source else ""
        found[str(entry.get("name"))] = (plugin, "" if is_source else str(entry.get("value", "")))
    return found


def _resolved(text: str, inputs: Mapping[str, tuple[str, str]]) -> str:
    for name, (plugin, given) in inputs.items() if "${" in text else ():
        text = text if plugin else text.replace(f"${{{name}}}", given)
    return text
