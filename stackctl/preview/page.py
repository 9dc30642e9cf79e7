"""A dashboard as one page that needs nothing else, drawn panel by panel in Grafana's layout of 24 columns."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from stackctl.bounds.files import read_text
from stackctl.data import DELIMITERS, data_dir
from stackctl.design.classic import PanelJson, mappings, variables
from stackctl.preview import chart, grids, single
from stackctl.preview.frames import Data, Source, Window
from stackctl.preview.shapes import Area, Label, Rect, Shape, centred, fitting
from stackctl.preview.variables import Chosen, choose, filled

# A screen of 1440 pixels, without its margins; the size of a cell and the gap between panels are Grafana's.
WIDTH = 1408
_CELL, _GAP = 38, 8
_COLUMN = (WIDTH + _GAP) / 24
_HEAD = 34
_PANELS = 200
_NOT_SHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

Drawn = tuple[Area, str, list[Shape]]


@dataclass(frozen=True)
class Page:
    """A drawn dashboard: its panels with their places and titles, and how high all of them are."""

    title: str
    window: str
    variables: tuple[tuple[str, str], ...]
    panels: tuple[Drawn, ...]
    height: int
    width: int = WIDTH


def draw(dashboard: Mapping[str, Any], source: Source) -> Page:
    """The page of a dashboard in classic JSON, with the data of `source`."""
    chosen = choose(dashboard, source.values)
    panels = list(_panels(_placed(dashboard), source, chosen))
    height = max((box.bottom for box, _, _ in panels), default=60)
    return Page(
        str(dashboard.get("title") or "Dashboard"),
        _described(source.window),
        tuple(_shown_variables(dashboard, chosen)),
        tuple(panels),
        round(height) + 2,
    )


def page_html(page: Page, version: str) -> str:
    """The page as HTML. `version` is that of stackctl."""
    return _render("page.html", it=page, version=version)


def index_html(stack: str, pages: Sequence[tuple[str, str, str]], version: str) -> str:
    """A list of pages: file, title and folder of each."""
    return _render("index.html", stack=stack, pages=pages, version=version)


def _shown_variables(dashboard: Mapping[str, Any], chosen: Mapping[str, Chosen]) -> Iterator[tuple[str, str]]:
    for variable in variables(dashboard):
        name = str(variable.get("name") or "")
        if variable.get("hide") != 2:
            yield str(variable.get("label") or name), chosen[name].shown


def _described(window: Window) -> str:
    start, end = (datetime.fromtimestamp(at, timezone.utc) for at in (window.start, window.end))
    return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} UTC"


# -- layout -----------------------------------------------------------------------------------------------------


def _placed(dashboard: Mapping[str, Any]) -> Iterator[PanelJson]:
    """The panels that are seen when the dashboard is opened; those of the old form's rows in a grid."""
    for panel in mappings(dashboard.get("panels")):
        yield PanelJson(panel)
        if panel.get("type") == "row" and not panel.get("collapsed"):
            yield from map(PanelJson, mappings(panel.get("panels")))
    y = max((panel.box[1] + panel.box[3] for panel in map(PanelJson, mappings(dashboard.get("panels")))), default=0)
    for row in mappings(dashboard.get("rows")):
        x = 0
        for panel in mappings(row.get("panels")):
            span = panel.get("span")
            width = min(24, max(2, round(2 * span))) if isinstance(span, int | float) else 12
            x, y = (0, y + 7) if x + width > 24 else (x, y)
            yield PanelJson({**panel, "gridPos": {"x": x, "y": y, "w": width, "h": 7}})
            x += width
        y += 7 if x else 0


def _panels(placed: Iterator[PanelJson], source: Source, chosen: Mapping[str, Chosen]) -> Iterator[Drawn]:
    for number, panel in enumerate(placed):
        if number == _PANELS:
            return
        x, y, w, h = panel.box
        box = Area(round(x * _COLUMN), y * _CELL, round(w * _COLUMN) - _GAP, h * _CELL - _GAP)
        title = filled(panel.title, chosen)
        if panel.kind == "row":
            yield box, title, list(_row(panel, title, box))
        else:
            yield box, title, list(_panel(panel, title, source, chosen, box))


def _row(panel: PanelJson, title: str, box: Area) -> Iterator[Shape]:
    inside = mappings(panel.json.get("panels")) if panel.json.get("collapsed") else []
    yield Label(4, box.h - 8, f"{'▸' if inside else '▾'} {title}", 15, bold=True)
    if inside:
        yield Label(26 + len(title) * 8.5, box.h - 8, f"({len(inside)} panels, folded)", 13, "muted")


def _panel(panel: PanelJson, title: str, source: Source, chosen: Mapping[str, Chosen], box: Area) -> Iterator[Shape]:
    transparent = bool(panel.json.get("transparent"))
    if not transparent:
        yield Rect(0.5, 0.5, box.w - 1, box.h - 1, look="panel", radius=2)
    if title:
        yield Label(12, 22, fitting(title, box.w - 24, 14), 14, bold=True)
    inside = Area(0, 0, box.w, box.h).inset(left=12, right=12, top=_HEAD if title else 10, bottom=10)
    yield from _content(panel, source, chosen, inside)


def _content(panel: PanelJson, source: Source, chosen: Mapping[str, Chosen], box: Area) -> Iterator[Shape]:
    kind = panel.kind
    if kind == "text":
        yield from grids.text(panel, box)
        return
    if kind not in _DRAWN:
        yield from grids.unknown(panel, box)
        return
    if not panel.targets:
        yield from centred(box, "No PromQL query")
        return
    data = source.data(panel, chosen)
    yield from _drawn(kind, panel, data, source.window, box)


_SINGLE = {"stat": single.stat, "bargauge": single.bars, "gauge": single.gauges, "table": grids.table}
_OVER_TIME = {"timeseries": chart.draw, "state-timeline": grids.states, "heatmap": grids.heat}
_DRAWN = {*_SINGLE, *_OVER_TIME}


def _drawn(kind: str, panel: PanelJson, data: Data, window: Window, box: Area) -> Iterator[Shape]:
    if kind in _SINGLE:
        return _SINGLE[kind](panel, data, box)
    return _OVER_TIME[kind](panel, data, window, box)


# -- HTML -------------------------------------------------------------------------------------------------------


def _render(template: str, **values: object) -> str:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    folder = data_dir("templates") / "preview"
    style = read_text(folder / "page.css")
    environment = Environment(
        loader=FileSystemLoader(folder),
        **DELIMITERS,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=_showable,
    )
    made: str = environment.get_template(template).render(style=style, policy=_policy(style), **values)
    return made


def _policy(style: str) -> str:
    """Nothing may be fetched, sent or run; only this style is applied."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _showable(value: object) -> object:
    """Text without the characters that no page can hold."""
    if hasattr(value, "__html__"):
        return value
    return _NOT_SHOWN.sub("\N{REPLACEMENT CHARACTER}", str(value))
