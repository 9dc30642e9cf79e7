"""A report as one page that needs nothing else: its style and script are in it, and it asks no network.

Everything in it is escaped by the template, and its Content-Security-Policy names the very style and script by their
hashes: whatever a label says, nothing else is run.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import groupby
from typing import Any

from stackctl.bounds.files import read_text
from stackctl.data import DELIMITERS, data_dir
from stackctl.diagnostic import Diagnostic
from stackctl.report.chart import HEIGHT, WIDTH, Drawing, draw
from stackctl.report.panel_history import Chart, History
from stackctl.report.report import Report

# Status -> what a finding of it is called, from the most urgent on.
STATUSES = {"fail": "failed", "warn": "warning", "skip": "skipped", "pass": "passed"}
SIGNS = {"fail": "✗", "warn": "!", "skip": "-", "pass": "✓", "info": "i"}
# The same of suggestions too, which are not counted.
_WORDS = {**STATUSES, "info": "noted"}
_URGENCY = tuple(_WORDS)
_STAGES = ("declared", "rendered", "loaded", "working")
_NOT_SHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_PANEL = "panel.data"


@dataclass(frozen=True)
class Row:
    """A finding in the page: `anchor` is the id of its element, `chart` that of its chart, or ""."""

    finding: Diagnostic
    anchor: str
    chart: str = ""

    @property
    def stages(self) -> tuple[tuple[str, bool], ...]:
        """Return the stages of the subject, and whether each was reached."""
        reached = _STAGES.index(self.finding.stage)
        return tuple((stage, n <= reached) for n, stage in enumerate(_STAGES))


@dataclass(frozen=True)
class Group:
    """The findings of a family, by status."""

    family: str
    rows: tuple[Row, ...]

    def of(self, status: str) -> list[Row]:
        return [row for row in self.rows if row.finding.status == status]

    @property
    def urgency(self) -> int:
        return min(_URGENCY.index(row.finding.status) for row in self.rows)


@dataclass(frozen=True)
class Figure:
    """A panel in the page: its drawing, or None where there is nothing to draw; `row` is its finding."""

    chart: Chart
    anchor: str
    row: Row
    drawing: Drawing | None


def render(report: Report, version: str) -> str:
    """The page. `version` is that of stackctl."""
    rows = _rows(report.diagnostics, report.history)
    style, script = (_part(name) for name in ("page.css", "page.js"))
    page: str = _template().render(
        it=report,
        version=version,
        began=_moment(report.begun) if report.begun else "",
        groups=_groups(rows),
        families=list(dict.fromkeys(row.finding.family for row in rows)),
        statuses={status: word for status, word in STATUSES.items() if report.counts[status]},
        signs=SIGNS,
        counted=STATUSES,
        words=_WORDS,
        boards=_boards(report.history, rows),
        window=_window(report.history),
        view=f"0 0 {WIDTH} {HEIGHT}",
        width=WIDTH,
        style=style,
        script=script,
        policy=_policy(style, script),
    )
    return page


def _policy(style: str, script: str) -> str:
    """Nothing may be fetched, sent or run but this style and this script."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (style, script))
    style_hash, script_hash = (f"'sha256-{each}'" for each in hashes)
    return (
        f"default-src 'none'; style-src {style_hash}; script-src {script_hash}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _rows(findings: Sequence[Diagnostic], history: History | None) -> list[Row]:
    """The findings, each with an anchor of its own that stays the same from one verification to the next."""
    new = _unique()
    left = {chart.subject for chart in history.charts} if history else set[str]()
    rows = []
    for finding in findings:
        anchor = new(f"{finding.code}/{finding.subject}")
        has_chart = finding.code == _PANEL and finding.subject in left
        left -= {finding.subject} if has_chart else set()
        rows.append(Row(finding, anchor, f"chart/{anchor}" if has_chart else ""))
    return rows


def _unique() -> Callable[[str], str]:
    """Return a maker of anchors: of characters that need no escape in an address, and no two the same."""
    taken: dict[str, int] = {}

    def anchor(text: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9._:/-]+", "-", text)
        taken[plain] = taken.get(plain, 0) + 1
        return plain if taken[plain] == 1 else f"{plain}~{taken[plain]}"

    return anchor


def _groups(rows: Iterable[Row]) -> list[Group]:
    """The families, those with failures first; else in the order of the registry."""
    families: dict[str, list[Row]] = {}
    for row in rows:
        families.setdefault(row.finding.family, []).append(row)
    return sorted((Group(name, tuple(found)) for name, found in families.items()), key=lambda group: group.urgency)


def _boards(history: History | None, rows: Sequence[Row]) -> list[tuple[str, list[Figure]]]:
    """The dashboards, each with its panels. Panels that nobody has looked at are left out."""
    by_subject = {row.finding.subject: row for row in rows if row.chart}
    if history is None:
        return []
    figures = (
        Figure(chart, by_subject[chart.subject].chart, by_subject[chart.subject], _drawing(chart, history))
        for chart in history.charts
        if chart.subject in by_subject
    )
    return [(title, list(found)) for title, found in groupby(figures, key=lambda figure: figure.chart.dashboard)]


def _drawing(chart: Chart, history: History) -> Drawing | None:
    return draw(chart.lines, history.start, history.end, history.step, chart.unit) if chart.lines else None


def _window(history: History | None) -> str:
    if history is None:
        return ""
    start, end = (datetime.fromtimestamp(at, timezone.utc).strftime("%H:%M:%S") for at in (history.start, history.end))
    return f"{start} to {end} UTC, a point every {history.step:g} s"


def _moment(time: float) -> str:
    return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def _part(name: str) -> str:
    return read_text(data_dir("templates") / "report" / name)


def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(data_dir("templates") / "report"),
        **DELIMITERS,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=True,
        finalize=_showable,
    )
    environment.filters["prose"] = _prose
    return environment.get_template("page.html")


def _prose(text: str) -> Any:
    """A sentence whose `names` are set as code."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(_showable(text)))))  # noqa: S704 - it is escaped


def _showable(value: object) -> object:
    """Text without the characters that no page can hold."""
    if hasattr(value, "__html__"):  # it went through here when it was put together
        return value
    return _NOT_SHOWN.sub("\N{REPLACEMENT CHARACTER}", str(value))
