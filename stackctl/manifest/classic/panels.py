"""Panels of a classic dashboard wherever they are: in rows of either form, in one another, and from the library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from stackctl.manifest.classic.dashboard_form import Shape
from stackctl.manifest.json_file import Path

# Types of panels that show what queries find, and nothing else. All others, plugins among them, may do without.
SHOW_RESULTS = frozenset(
    {"timeseries", "graph", "stat", "singlestat", "gauge", "bargauge", "table", "table-old", "heatmap", "histogram"}
    | {"piechart", "barchart", "state-timeline", "status-history", "trend", "xychart", "candlestick"}
)
# What of a panel the dashboard decides, and not the library.
_OWN = ("id", "gridPos", "repeat", "repeatDirection", "maxPerRow", "span")
# A narrow window, in pixels, and the columns of Grafana's grid.
_NARROW, _COLUMNS = 1000, 24
_LIBRARY = (
    "Unlink the panel from the library in Grafana and export again, or export with "
    "`Share dashboard with another instance`: then the file contains it."
)


@dataclass(frozen=True)
class PanelAt:
    """A panel and its place. `repeats` are the variables of which it shows one value at a time."""

    json: Mapping[str, Any]
    path: Path
    repeats: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return str(self.json.get("title") or "")


def panels(shape: Shape, definition: Mapping[str, Any], path: Path) -> list[PanelAt]:
    """Return every panel of `definition`, which is at `path`; those of the library as they are there."""
    library = _library(definition, path)
    return [_inlined(shape, panel, library) for panel in _walk(shape, definition, path, ())]


def unit_of(panel: Mapping[str, Any]) -> str:
    """Return the unit in which a panel shows all that its queries find, "" where that is not certain."""
    config = panel.get("fieldConfig")
    if not isinstance(config, Mapping) or panel.get("transformations") or config.get("overrides"):
        return ""
    defaults = config.get("defaults")
    return str(defaults.get("unit") or "") if isinstance(defaults, Mapping) else ""


def points_of(panel: Mapping[str, Any]) -> int:
    """Return how many points a panel shows at least: those that it asks for, or a pixel each in a narrow window."""
    asked, place = panel.get("maxDataPoints"), panel.get("gridPos")
    if isinstance(asked, int) and asked > 0:
        return asked
    width = place.get("w") if isinstance(place, Mapping) else None
    return int(_NARROW * width / _COLUMNS) if isinstance(width, int) and 0 < width <= _COLUMNS else _NARROW // 2


def inlined(definition: Any, library: Mapping[str, Any]) -> Any:
    """Return `definition` with every reference to a panel of the library replaced by that panel."""
    if isinstance(definition, Mapping):
        reference = definition.get("libraryPanel")
        if isinstance(reference, Mapping) and (model := _model(reference, library)) is not None:
            return _merged(definition, model)
        return {key: inlined(value, library) for key, value in definition.items() if key != "__elements"}
    return [inlined(item, library) for item in definition] if isinstance(definition, list) else definition


def library_of(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Return the panels that an export brings along, by uid and by name."""
    return {name: model for name, (model, _) in _library(definition, ()).items()}


def _walk(shape: Shape, owner: Mapping[str, Any], path: Path, repeats: tuple[str, ...]) -> Iterator[PanelAt]:
    """Yield the panels in `owner`. A row that is open repeats the panels after it, up to the next row."""
    scope = repeats
    for index, panel in shape.mappings(owner, "panels", path):
        place = (*path, "panels", index)
        own = (*repeats, *_repeat(panel))
        if panel.get("type") == "row":
            scope = own
        else:
            yield PanelAt(panel, place, (*scope, *_repeat(panel)))
        yield from _walk(shape, panel, place, own)
    for index, row in shape.mappings(owner, "rows", path):
        yield from _walk(shape, row, (*path, "rows", index), (*repeats, *_repeat(row)))


def _repeat(owner: Mapping[str, Any]) -> tuple[str, ...]:
    name = owner.get("repeat")
    return (name,) if isinstance(name, str) and name else ()


def _library(definition: Mapping[str, Any], path: Path) -> dict[str, tuple[Mapping[str, Any], Path]]:
    """Return the panels in `__elements`, which older exports write as a list, each with its place."""
    elements = definition.get("__elements")
    found: dict[str, tuple[Mapping[str, Any], Path]] = {}
    listed = enumerate(elements) if isinstance(elements, list) else ()
    for key, element in elements.items() if isinstance(elements, Mapping) else listed:
        if isinstance(element, Mapping) and isinstance(element.get("model"), Mapping):
            at = (element["model"], (*path, "__elements", key, "model"))
            found |= {str(name): at for name in (key, element.get("uid"), element.get("name")) if name}
    return found


def _inlined(shape: Shape, panel: PanelAt, library: Mapping[str, tuple[Mapping[str, Any], Path]]) -> PanelAt:
    reference = panel.json.get("libraryPanel")
    if not isinstance(reference, Mapping) or panel.json.get("targets"):
        return panel
    if isinstance(reference.get("model"), Mapping):
        return replace(panel, json=_merged(panel.json, reference["model"]), path=(*panel.path, "libraryPanel", "model"))
    found = next((library[str(name)] for name in _names(reference) if str(name) in library), None)
    if found is None:
        name = reference.get("name") or reference.get("uid") or panel.title
        cause = "Panels of Grafana's library can be loaded only if the file contains them."
        shape.wrong((*panel.path, "libraryPanel"), f"the library panel `{name}` is not in the file", cause, _LIBRARY)
        return panel
    model, place = found
    return replace(panel, json=_merged(panel.json, model), path=place)


def _model(reference: Mapping[str, Any], library: Mapping[str, Any]) -> Mapping[str, Any] | None:
    if isinstance(reference.get("model"), Mapping):
        own: Mapping[str, Any] = reference["model"]
        return own
    return next((library[str(name)] for name in _names(reference) if str(name) in library), None)


def _names(reference: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(name for name in (reference.get("uid"), reference.get("name")) if name)


def _merged(panel: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Return the panel of the library at the place that the dashboard gives it; all else is the library's."""
    own = {key: panel[key] for key in _OWN if panel.get(key) is not None}
    kept = {key: value for key, value in model.items() if key != "libraryPanel" and key not in _OWN}
    return {"title": panel.get("title") or "", "type": panel.get("type") or "", **kept, **own}
