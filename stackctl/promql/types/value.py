"""Values as far as they are known: kind, unit, range, and the labels of their series."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, TypeAlias

from stackctl.promql.types.unit import Unit

# Kinds of values. UNKNOWN is any of them.
UNKNOWN = ""
COUNTER = "counter"  # counts since its process started
SUM = "sum of counters"  # of which no function can see the restarts any more
GAUGE = "gauge"
BUCKETS = "buckets"  # of a classic histogram: each holds those below it
NATIVE_HISTOGRAM = "native histogram"
CLASSIC = "histogram"  # the bare name of a classic histogram, of which there are no series
SUMMARY = "quantile of a summary"
QUANTILE = "quantile"  # calculated from buckets
INFO = "info"  # always 1; its labels say something
STATE = "state"  # 0 or 1
NUMBER = "number"  # without series
TEXT = "text"

NONE: frozenset[str] = frozenset()
Names: TypeAlias = frozenset[str]


@dataclass(frozen=True)
class Range:
    """All values that are possible, the bounds among them."""

    low: float = -inf
    high: float = inf

    def __add__(self, other: Range) -> Range:
        return Range(self.low + other.low, self.high + other.high)

    def __neg__(self) -> Range:
        return Range(-self.high, -self.low)

    def __mul__(self, other: Range) -> Range:
        products = [_product(a, b) for a in (self.low, self.high) for b in (other.low, other.high)]
        return Range(min(products), max(products))

    def joined(self, other: Range) -> Range:
        return Range(min(self.low, other.low), max(self.high, other.high))

    def inverse(self) -> Range:
        """Return the range of 1 divided by a value of it, which is without bounds where the value may be zero."""
        if self.low > 0 or self.high < 0:
            return Range(1 / self.high, 1 / self.low)
        return Range(0, inf) if self.low >= 0 else ANY

    def is_never(self, operator: str, other: Range) -> bool:
        """Return whether a comparison with a value of another range never holds."""
        match operator:
            case ">":
                return self.high <= other.low
            case ">=":
                return self.high < other.low
            case "<":
                return self.low >= other.high
            case "<=":
                return self.low > other.high
            case "==":
                return self.high < other.low or self.low > other.high
            case "!=":
                return self.low == self.high == other.low == other.high
        return False

    def is_always(self, operator: str, other: Range) -> bool:
        """Return whether a comparison with a value of another range always holds."""
        opposite = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "!=": "=="}.get(operator)
        return opposite is not None and self.is_never(opposite, other)


def _product(one: float, other: float) -> float:
    return 0.0 if 0 in (one, other) else one * other


ANY = Range()
POSITIVE = Range(0, inf)
ONE = Range(1, 1)
SHARE = Range(0, 1)


@dataclass(frozen=True)
class Labels:
    """The labels of series.

    certain   those that each series has
    named     those that it is meant to have: the certain ones, and the ones that an aggregation names
    possible  those that it may have; None for any
    values    label -> all its possible values, where these are known
    """

    certain: Names = NONE
    named: Names = NONE
    possible: Names | None = None
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def exactly(cls, names: Collection[str], values: Mapping[str, tuple[str, ...]] | None = None) -> Labels:
        """Return the labels of series that have all of `names`, and no others."""
        these = frozenset(names)
        return cls(these, these, these, {name: found for name, found in (values or {}).items() if found})

    @classmethod
    def at_least(cls, *names: str) -> Labels:
        """Return the labels of series that have all of `names`, and perhaps others."""
        return cls(frozenset(names), frozenset(names))

    def apart(self, other: Labels, names: Collection[str]) -> str:
        """Return the first of `names` that all series of both have, with no value in common; "" where there is none."""
        both = sorted((self.certain & other.certain).intersection(names) & self.values.keys() & other.values.keys())
        return next((name for name in both if not {*self.values[name]} & {*other.values[name]}), "")

    def may_have(self, name: str) -> bool:
        return self.possible is None or name in self.possible

    def only(self, names: Collection[str]) -> Labels:
        """Return these labels as an aggregation by `names` keeps them."""
        kept = frozenset(names)
        possible = kept if self.possible is None else kept & self.possible
        return Labels(
            self.certain & kept,
            possible if self.possible is None else self.named & kept,
            possible,
            {name: values for name, values in self.values.items() if name in kept},
        )

    def without(self, names: Collection[str]) -> Labels:
        """Return these labels as an aggregation without `names` keeps them."""
        gone = frozenset(names)
        return Labels(
            self.certain - gone,
            self.named - gone,
            None if self.possible is None else self.possible - gone,
            {name: values for name, values in self.values.items() if name not in gone},
        )

    def adding(self, names: Iterable[str], values: Mapping[str, tuple[str, ...]] | None = None) -> Labels:
        """Return these labels, and `names` too, which all series are given. What was known of their values is gone."""
        more = frozenset(names)
        kept = {name: found for name, found in self.values.items() if name not in more}
        return Labels(
            self.certain | more,
            self.named | more,
            None if self.possible is None else self.possible | more,
            {**kept, **(values or {})},
        )

    def perhaps_without(self, names: Names) -> Labels:
        """Return these labels, of which not all series have `names`."""
        return Labels(self.certain - names, self.named - names, self.possible, self.values) if names else self

    def perhaps(self, names: Iterable[str]) -> Labels:
        """Return these labels, of which `names` may come in addition, or be lost."""
        more = frozenset(names)
        kept = self.without(more)
        return Labels(
            kept.certain, kept.named, None if kept.possible is None else kept.possible | more, dict(kept.values)
        )

    def joined(self, other: Labels) -> Labels:
        """Return the labels of series that have either these or the others."""
        either = None if self.possible is None or other.possible is None else self.possible | other.possible
        both = self.values.keys() & other.values.keys()
        values = {name: tuple(dict.fromkeys((*self.values[name], *other.values[name]))) for name in both}
        return Labels(self.certain & other.certain, self.named & other.named, either, values)


@dataclass(frozen=True)
class Value:
    """All that is known of the result of an expression.

    metric     the name of its series, "" where it has several or none
    observed   of buckets and native histograms, the unit of what was observed
    bounds     of buckets, their upper bounds, ascending and without +Inf; () where they are not known
    is_rate    of buckets and native histograms, whether they hold the events of a while, not those since the start
    is_sure    whether a contract or Prometheus says so; else names do, which may be wrong
    is_there   whether it has a result whatever its selectors find
    interval   seconds between two samples; 0.0 where it is not known
    """

    kind: str = UNKNOWN
    labels: Labels = Labels()
    unit: Unit | None = None
    range: Range = ANY
    metric: str = ""
    observed: Unit | None = None
    bounds: tuple[float, ...] = ()
    is_rate: bool = False
    is_sure: bool = False
    is_there: bool = False
    interval: float = 0.0

    def but(self, **changes: Any) -> Value:
        """Return this value with other fields. It is `dataclasses.replace`, which takes several times as long."""
        other = object.__new__(Value)
        other.__dict__.update(self.__dict__, **changes)
        return other


NOTHING_KNOWN = Value()
