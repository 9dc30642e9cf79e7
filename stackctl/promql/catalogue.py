"""Catalogue of the metrics in a stack, as far as judging an expression needs it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from stackctl.bounds.regex import BadPattern, compiled
from stackctl.promql.nearest import Names, is_slip
from stackctl.promql.nodes import metrics

# The parts of a histogram and of a summary are counters, but for the quantiles. A native histogram has none.
NATIVE = "native histogram"
_PARTS = {
    "histogram": {"_bucket": "bucket", "_sum": "counter", "_count": "counter"},
    "summary": {"_sum": "counter", "_count": "counter"},
}
_PART_LABELS = {"histogram": ("_bucket", "le"), "summary": ("", "quantile")}

# Labels whose values are numbers, which clients write in several ways.
BOUNDS = frozenset({"le", "quantile"})

# Stands in a name for a part that is not known, as that of a variable.
UNKNOWN_PART = "unknown_part"


@dataclass(frozen=True)
class Known:
    """One series name: its kind, and its labels with their closed sets.

    kind      "counter", "gauge", "info", "state", "bucket", "quantile" (of a summary), "histogram" (the bare name of a
              classic one, of which there are no series) or NATIVE; "" where it is not known
    labels    None when a series may have labels that nobody has declared
    unit      as the contract says it, or ""
    interval  seconds between two scrapes, or 0.0 where that is not known
    optional  those of the labels that not all series have
    exported  whether only the catalogue of a component says so: another version may differ
    """

    kind: str
    labels: Mapping[str, tuple[str, ...]] | None
    unit: str = ""
    interval: float = 0.0
    optional: frozenset[str] = frozenset()
    exported: bool = False


@dataclass(frozen=True)
class Exported:
    """The series of a component.

    prefixes  how their names begin
    read      gives what is known of them by their names, and the beginnings of names of which there may be any; it is
              called when a name is asked for that begins as theirs do
    """

    prefixes: tuple[str, ...]
    read: Callable[[], tuple[Mapping[str, Known], tuple[str, ...]]]

    @cached_property
    def _content(self) -> tuple[Mapping[str, Known], tuple[str, ...]]:
        return self.read()

    @cached_property
    def _names(self) -> Names:
        return Names(self._content[0])

    def known(self, name: str) -> Known | None:
        """Return what is known of the series of a name, None where nothing is."""
        return self._content[0].get(name) if name.startswith(self.prefixes) else None

    def misspelt(self, name: str) -> str:
        """Return the known name that `name` misspells, "" where it may be one of its own."""
        known, families = self._content
        if name in known or name.startswith(families or ("\0",)):
            return ""
        near = self._names.nearest(name)
        return near if near and is_slip(name, near) else ""


@dataclass(frozen=True)
class Record:
    """A recording rule: its expression, and the labels that it adds."""

    expr: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def reads(self) -> frozenset[str]:
        """The names of the series that it selects; nothing where it is not PromQL."""
        try:
            return metrics(self.expr)
        except ValueError:
            return frozenset()


@dataclass(frozen=True)
class Catalogue:
    """The metrics of a stack.

    series     every series name that a contract promises
    records    name of a recording rule -> all rules of that name
    names      names that others own: what Prometheus makes itself
    prefixes   how the names of components' metrics begin
    exported   the series of components, as far as their catalogues know them
    complete   whether a name that is nowhere here cannot exist
    jobs       the scrape jobs; empty when there may be others
    renamed    component -> the scrape job that it has under another name, "" where it has none
    targets    the labels that targets may have, which are those of `up`; None when there may be others
    """

    series: Mapping[str, Known] = field(default_factory=dict)
    records: Mapping[str, tuple[Record, ...]] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    exported: tuple[Exported, ...] = ()
    complete: bool = False
    jobs: frozenset[str] = frozenset()
    renamed: Mapping[str, str] = field(default_factory=dict)
    targets: frozenset[str] | None = None

    def owns(self, name: str) -> bool:
        """Return whether somebody serves series of that name, or may, as a part of it is not known."""
        return (
            name in self.series
            or UNKNOWN_PART in name
            or name in self.records
            or name in self.names
            or name.startswith(self.prefixes or ("\0",))
        )

    def known(self, name: str) -> Known | None:
        """Return what is known of the series of a name, None where no contract and no catalogue says anything."""
        promised = self.series.get(name)
        if promised is not None or not self.exported:
            return promised
        return next((known for each in self.exported if (known := each.known(name)) is not None), None)

    def misspelt(self, name: str) -> str:
        """Return the metric of a component that `name` misspells, "" where somebody may serve a metric of that name."""
        # By convention only recording rules have colons in their names.
        if (
            ":" in name
            or UNKNOWN_PART in name
            or any(name in names for names in (self.series, self.records, self.names))
        ):
            return ""
        owners = [each for each in self.exported if name.startswith(each.prefixes)]
        return owners[0].misspelt(name) if len(owners) == 1 else ""

    @cached_property
    def promised_only(self) -> Catalogue:
        """The same without what catalogues of components say."""
        return replace(self, exported=())

    def nearest(self, name: str) -> str:
        """The known series that `name` was probably meant to be, or "".

        A recording rule that reads `name` is not it: so somebody does serve it, or the rule has the same mistake.
        """
        promised = self._promised.nearest(name)
        if promised and self._likely(name, promised):
            return promised
        # By convention only recording rules have colons in their names.
        recorded = self._recorded.nearest(name) if self.complete or ":" in name else ""
        likely = recorded and self._likely(name, recorded) and not self.reads(recorded, name)
        return recorded if likely else ""

    def _likely(self, name: str, other: str) -> bool:
        """Return whether `name` is probably `other`; where names are unknown, only if it looks like a slip."""
        return self.complete or is_slip(name, other)

    @cached_property
    def _promised(self) -> Names:
        return Names(self.series)

    @cached_property
    def _recorded(self) -> Names:
        return Names(self.records)

    def reads(self, record: str, name: str) -> bool:
        """Return whether a recording rule reads `name`, itself or through others."""
        seen: set[str] = set()
        waiting = [record]
        while waiting:
            reads = frozenset[str]().union(*(each.reads for each in self.records.get(waiting.pop(), ()))) - seen
            if name in reads:
                return True
            seen |= reads
            waiting += reads
        return False

    @cached_property
    def types(self) -> dict[str, Any]:
        """Expressions with their types, as far as they have been inferred: see `types/infer.py`."""
        return {}

    @cached_property
    def inferred(self) -> dict[str, Any]:
        """Values of recording rules by name, as far as they have been inferred: see `types/infer.py`."""
        return {}


def promised(
    metric: str,
    kind: str,
    labels: Mapping[str, tuple[str, ...]] | None,
    bounds: Iterable[float] = (),
    *,
    unit: str = "",
    interval: float = 0.0,
) -> Iterable[tuple[str, Known]]:
    """Yield the series names of a metric of that kind with what is known of each.

    `bounds` are the values of its own label: `le` of a histogram, with infinity, or `quantile` of a summary.
    """
    values = tuple(dict.fromkeys(map(_written, bounds)))
    parts = _PARTS.get(kind, {})
    own, label = _PART_LABELS.get(kind, ("-", ""))
    for suffix, part in {"": "quantile" if kind == "summary" else kind, **parts}.items():
        extra = {label: values} if suffix == own else {}
        known = None if labels is None else {**labels, **extra}
        yield f"{metric}{suffix}", Known(part, known, unit, interval)


def _written(bound: float) -> str:
    """A bound as Prometheus 3 writes it: with a fraction, or with an exponent from a million on."""
    if bound == math.inf:
        return "+Inf"
    if abs(bound) < 1e6 and (bound == 0 or abs(bound) >= 1e-4):
        return repr(float(bound))
    return re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", f"{Decimal(repr(float(bound))).normalize():e}")


def spellings(bound: str) -> tuple[str, ...]:
    """The ways in which clients and versions of Prometheus write a `bound` of Prometheus 3."""
    long = repr(float(bound))
    return (bound,) if bound == "+Inf" else (bound, long, long.removesuffix(".0"))


def merged(one: Known, other: Known) -> Known:
    """Two services may promise a metric of the same name: what holds for either holds."""
    unit = one.unit if one.unit == other.unit else ""
    interval = min(one.interval, other.interval)
    optional, exported = one.optional | other.optional, one.exported and other.exported
    if one.labels is None or other.labels is None or one.kind != other.kind:
        return Known(one.kind if one.kind == other.kind else "", None, unit, interval, optional, exported)
    labels = {
        name: (*one.labels.get(name, ()), *other.labels.get(name, ()))
        if one.labels.get(name, (0,)) and other.labels.get(name, (0,))
        else ()
        for name in {**one.labels, **other.labels}
    }
    return Known(one.kind, labels, unit, interval, optional, exported)


def accepts(regex: str, values: Iterable[str]) -> bool:
    """Return whether an anchored regular expression matches one of `values`; yes when that is unknown."""
    try:
        pattern = compiled(regex, newlines=True)
    except BadPattern:
        return True
    return any(pattern.fullmatch(value) for value in values)
