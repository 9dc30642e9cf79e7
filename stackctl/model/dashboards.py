"""Dashboards: what they show, and the queries in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stackctl.model.block import Block
from stackctl.promql.choice import Choice
from stackctl.source import Passage, Position


@dataclass(frozen=True)
class SavedFilter:
    """A matcher, like `job="api"`, that is saved in an ad hoc variable: Grafana adds it to all selectors."""

    variable: str
    matcher: str


@dataclass(frozen=True)
class PanelQuery:
    """A PromQL expression as a dashboard holds it, with Grafana's macros and variables.

    `panel` is the title of the panel, or `$name` for the query of a variable. `repeats` are the variables of which the
    panel shows one value at a time; a `hidden` query is not shown. `passage` is where it is written. `legend`, which is
    written at `legend_origin`, and `unit` are Grafana's words for how the result is shown, "" where there are none.
    `label` is that of which a variable takes the values, of the series of `selector`, as far as `regex` takes them.
    A variable `of_results` takes their texts instead. `undeclared` are the variables in it that the dashboard does not
    have: Grafana leaves their names as they are. `interval` is the least step of the query as it is written, which
    Grafana calls "Min step", and `points` how many points the panel shows at least, 0 where that is not known.
    `filters` are those of its dashboard's ad hoc variables.

    In a Grafana that somebody else runs `datasource` is the uid of what it asks; one that `is_elsewhere` asks another
    Prometheus than the one that is verified.
    """

    panel: str
    expr: str
    origin: Position
    repeats: tuple[str, ...] = ()
    hidden: bool = False
    passage: Passage | None = field(default=None, compare=False, repr=False)
    legend: str = ""
    legend_origin: Position | None = field(default=None, compare=False, repr=False)
    unit: str = ""
    label: str = ""
    selector: str = ""
    regex: str = ""
    of_results: bool = False
    undeclared: tuple[str, ...] = ()
    datasource: str = ""
    is_elsewhere: bool = False
    interval: str = ""
    points: int = 0
    filters: tuple[SavedFilter, ...] = ()


@dataclass(frozen=True)
class NamesQuery:
    """A variable `$name` that takes all values of `label`, or of those the ones that `pattern` finds, as far as `regex`
    takes them. `__name__` has the names of all series."""

    panel: str
    label: str
    origin: Position
    pattern: str = ""
    regex: str = ""


@dataclass(frozen=True)
class OtherQuery:
    """A panel, or `$name` for a variable, that asks another datasource than the stack's Prometheus, by its name."""

    panel: str
    datasource: str
    origin: Position


@dataclass(frozen=True)
class EmptyPanel:
    """A panel that is there to show what queries find, and cannot: `reason` says why."""

    panel: str
    reason: str
    origin: Position


@dataclass(frozen=True)
class Link:
    """A link of a dashboard or a panel: to the dashboard `uid` of the same stack, or to a `url`."""

    title: str
    uid: str = ""
    url: str = ""


@dataclass(frozen=True)
class Variable:
    """A choice at the top of a dashboard, from a query or from `values`. `default` is "" where Grafana chooses."""

    name: str
    label: str = ""
    query: str = ""
    values: tuple[str, ...] = ()
    multi: bool = False
    all: bool = False
    default: str = ""


@dataclass(frozen=True)
class Query:
    """Query of a panel: `legend` is Grafana's format ("" leaves it to Grafana); `instant` shows the current value."""

    expr: str
    legend: str = ""
    instant: bool = False


@dataclass(frozen=True)
class Threshold:
    """The colour from a value on; the first of a panel has no value: it is the colour below all others."""

    color: str
    value: float | None = None


@dataclass(frozen=True)
class ValueText:
    """The text, and perhaps the colour, that stands for a value."""

    value: str
    text: str
    color: str = ""


@dataclass(frozen=True)
class Panel:
    """A panel in the compact form. `width` and `height` are in units of Grafana's grid; None is for the layout.

    `soft_max` is the least upper end of the axis; `by_value` draws a line in the colours of its thresholds.
    """

    title: str
    kind: str = "timeseries"
    description: str = ""
    queries: tuple[Query, ...] = ()
    markdown: str = ""
    unit: str = ""
    min: float | None = None
    max: float | None = None
    decimals: int | None = None
    thresholds: tuple[Threshold, ...] = ()
    values: tuple[ValueText, ...] = ()
    stack: bool = False
    soft_max: float | None = None
    by_value: bool = False
    width: int | None = None
    height: int | None = None
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class Row:
    """Panels under a heading; without a title there is no heading."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


@dataclass(frozen=True)
class Board:
    """Content of a dashboard in the compact form. `refresh` ("" is off) and `time` are durations."""

    rows: tuple[Row, ...]
    description: str = ""
    tags: tuple[str, ...] = ()
    refresh: str = "30s"
    time: str = "1h"
    variables: tuple[Variable, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True)
class DashboardVariable:
    """A variable whose values only a server knows.

    They are those of `label` in the series of `selector`, or the texts of the results of the query `results`, as far as
    `regex` takes them; all are "" where that cannot be read off. It may hold `several` of them, or one at a time.
    `chosen` are those that the file selects; `everything` is whether it can be all of them, as it then is when none of
    the chosen exists.
    """

    name: str
    label: str = ""
    selector: str = ""
    results: str = ""
    regex: str = ""
    several: bool = False
    everything: bool = False
    chosen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dashboard:
    """A Grafana dashboard; `uid` is settled.

    `definition` is Grafana's classic JSON as the file held it, or a `Board`. `queries` are all its PromQL, those of
    its variables too; `values` are the variables whose values are known without asking a server, `variables` those
    whose values only a server knows. `names` are the variables that ask for no series, `others` are what
    asks other datasources, `empty` what can show nothing.
    """

    path: str
    uid: str
    title: str
    folder: str
    definition: Block | Board = field(repr=False)
    origin: Position
    queries: tuple[PanelQuery, ...] = ()
    values: Mapping[str, str | Choice] = field(default_factory=dict)
    variables: tuple[DashboardVariable, ...] = ()
    names: tuple[NamesQuery, ...] = ()
    others: tuple[OtherQuery, ...] = ()
    empty: tuple[EmptyPanel, ...] = ()
