"""Inference: from the metrics of a stack to what is known of each part of an expression, bottom up."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import reduce
from math import ceil, floor, inf
from typing import Any

import promql_parser as p

from stackctl.promql import catalogue as catalogues
from stackctl.promql.catalogue import UNKNOWN_PART, Catalogue, Known, Record, accepts
from stackctl.promql.nodes import OPERATORS, metric, parse
from stackctl.promql.selectors import Condition
from stackctl.promql.types import kind as kinds
from stackctl.promql.types import unit as units
from stackctl.promql.types.functions import AGGREGATIONS, FUNCTIONS, PICKING, Function
from stackctl.promql.types.pairs import after_arithmetic, joined, paired
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.value import (
    ANY,
    BUCKETS,
    CLASSIC,
    COUNTER,
    GAUGE,
    INFO,
    NATIVE_HISTOGRAM,
    NOTHING_KNOWN,
    NUMBER,
    ONE,
    POSITIVE,
    QUANTILE,
    SHARE,
    STATE,
    SUM,
    SUMMARY,
    TEXT,
    UNKNOWN,
    Labels,
    Range,
    Value,
)

_KINDS = {
    "counter": COUNTER,
    "gauge": GAUGE,
    "bucket": BUCKETS,
    "histogram": CLASSIC,
    catalogues.NATIVE: NATIVE_HISTOGRAM,
    "quantile": SUMMARY,
    "info": INFO,
    "state": STATE,
}
# Gauges that count things, of which there are none at least. Limits may be -1, for none.
_SIZE = re.compile(r"(?:^|_)(length|depth|connections|goroutines|threads|sessions|age_seconds)$")
_RANGES = {COUNTER: POSITIVE, BUCKETS: POSITIVE, INFO: ONE, STATE: SHARE}
# Series that Prometheus makes itself, and for which no contract is needed.
_OWN = {
    "up": Value(STATE, Labels.at_least("job", "instance"), None, SHARE, "up", is_sure=True),
    "ALERTS": Value(INFO, Labels.at_least("alertname", "alertstate"), None, ONE, "ALERTS", is_sure=True),
}


def infer(expr: str, catalogue: Catalogue) -> Typed:
    """Return the tree of an expression with what is known of each part. Raises ValueError when it is not PromQL.

    Several checks ask for the same expressions, so each is inferred once for a catalogue.
    """
    known: dict[str, Typed] = catalogue.types
    if expr not in known:
        known[expr] = _Inference(catalogue, frozenset()).typed(parse(expr))
    return known[expr]


def value_of(expr: str, catalogue: Catalogue) -> Value:
    """Return all that is known of the result of an expression: nothing of one that is not PromQL."""
    try:
        return infer(expr, catalogue).value
    except ValueError:
        return NOTHING_KNOWN


def record_values(name: str, catalogue: Catalogue, seen: frozenset[str] = frozenset()) -> tuple[Value, ...]:
    """Return what is known of the series of each recording rule of that name. `seen` are those that ask for it."""
    if name in seen:
        return (NOTHING_KNOWN,)
    known: dict[str, tuple[Value, ...]] = catalogue.inferred
    if name not in known:
        found = []
        for record in catalogue.records.get(name, ()):
            value = _of_record(record, catalogue, seen | {name})
            labels = _labelled(value.labels, record.labels)
            found.append(value.but(metric=name, interval=0.0, labels=labels, is_there=False))
        known[name] = tuple(found)
    return known[name]


def _of_record(record: Record, catalogue: Catalogue, seen: frozenset[str]) -> Value:
    try:
        return _Inference(catalogue, seen).typed(parse(record.expr)).value
    except ValueError:
        return NOTHING_KNOWN


def _labelled(labels: Labels, added: Mapping[str, str]) -> Labels:
    gone = [name for name, value in added.items() if not value]
    given = {name: (value,) for name, value in added.items() if value}
    return labels.without(gone).adding(given, given) if added else labels


class _Inference:
    """One walk. It counts the parts as they are written, by which they are found in the text again."""

    def __init__(self, catalogue: Catalogue, seen: frozenset[str]) -> None:
        self._catalogue = catalogue
        self._seen = seen
        self._counts: dict[str, int] = {}

    def typed(self, node: Any) -> Typed:
        while isinstance(node, p.ParenExpr):
            node = node.expr
        match node:
            case p.VectorSelector():
                index = self._next("selector")
                return Typed(node, metric(node), self._selected(node), index=index)
            case p.MatrixSelector():
                below = self.typed(node.vector_selector)
                return Typed(node, "", below.value, (below,))
            case p.Call():
                index = self._next("call")
                arguments = tuple(self.typed(argument) for argument in node.args)
                return Typed(node, node.func.name, _called(node, arguments), arguments, index)
            case p.AggregateExpr():
                index = self._next("call")
                parts = tuple(self.typed(part) for part in (node.param, node.expr) if part is not None)
                return Typed(node, str(node.op), _aggregated(node, parts), parts, index)
            case p.BinaryExpr():
                left = self.typed(node.lhs)
                index = self._next("operator")
                right = self.typed(node.rhs)
                return Typed(node, str(node.op), paired(node, left, right), (left, right), index)
            case p.UnaryExpr():
                below = self.typed(node.expr)
                negative = below.value.but(range=-below.value.range, kind=after_arithmetic(below.value.kind))
                return Typed(node, "-", negative, (below,))
            case p.SubqueryExpr():
                below = self.typed(node.expr)
                return Typed(node, "", below.value, (below,))
            case p.NumberLiteral():
                return Typed(
                    node, "", Value(NUMBER, Labels.exactly(()), None, Range(node.val, node.val), is_there=True)
                )
            case p.StringLiteral():
                return Typed(node, "", Value(TEXT))
        return Typed(node, "", NOTHING_KNOWN)

    def _next(self, sort: str) -> int:
        self._counts[sort] = self._counts.get(sort, -1) + 1
        return self._counts[sort]

    def _selected(self, node: Any) -> Value:
        name = metric(node)
        conditions = [(each.name, OPERATORS[str(each.op)], each.value) for each in node.matchers.matchers]
        value = series_value(name, self._catalogue, self._seen, conditions)
        if not conditions:
            return value
        labels = value.labels
        for label, operator, wanted in conditions:
            if label != "__name__" and UNKNOWN_PART not in (label, wanted):
                labels = _matched(labels, label, operator, wanted)
        if value.kind == BUCKETS and any(_is_one_bound(each) for each in conditions):
            # One bucket is a counter: of the events up to its bound.
            value = value.but(kind=COUNTER, observed=None, bounds=())
        return value.but(labels=labels)


def _is_one_bound(condition: tuple[str, str, str]) -> bool:
    """Return whether a condition selects one bucket, in one or several spellings: `le=~"1|1[.]0"`."""
    label, operator, wanted = condition
    if label != "le" or operator not in ("=", "=~"):
        return False
    spelled = {re.sub(r"([.]0)$", "", each.replace("\\", "").replace("[.]", ".")) for each in wanted.split("|")}
    return operator == "=" or (len(spelled) == 1 and not re.search(r"[*+?\[(]", wanted.replace("[.]", ".").lstrip("+")))


def series_value(
    name: str,
    catalogue: Catalogue,
    seen: frozenset[str] = frozenset(),
    conditions: Collection[tuple[str, str, str]] = (),
) -> Value:
    """Return what is known of all series of a name. `seen` are recording rules that are being inferred.

    Of several rules that record the name, those are left out whose series cannot fulfil the conditions, unless all are.
    """
    known = catalogue.known(name)
    if known is not None:
        return _exported(name, known, conditions) if known.exported else _promised(name, known)
    if name in catalogue.records:
        values = record_values(name, catalogue, seen)
        return reduce(joined, [each for each in values if _may_fulfil(each.labels, conditions)] or values)
    if name == "up":
        labels = Labels(_OWN[name].labels.certain, _OWN[name].labels.named, catalogue.targets)
        return _OWN[name].but(labels=labels)
    if name in _OWN:
        return _OWN[name]
    if not name or UNKNOWN_PART in name:
        return NOTHING_KNOWN
    return Value(_named_kind(name, conditions), unit=units.of_name(name), metric=name)


def _promised(name: str, known: Known) -> Value:
    """Return what a contract says of the series of a name."""
    kind = _KINDS.get(known.kind, UNKNOWN)
    unit = units.of_name(name, known.unit)
    observed = unit if kind in (BUCKETS, NATIVE_HISTOGRAM) else None
    if kind in (BUCKETS, NATIVE_HISTOGRAM) or (kind == COUNTER and (unit is None or name.endswith("_count"))):
        unit = units.COUNT
    bounds = _numbers((known.labels or {}).get("le", ())) if kind == BUCKETS else ()
    is_size = (unit is not None and unit.base == "bytes") or _SIZE.search(name)
    span = _RANGES.get(kind, POSITIVE if is_size else ANY)
    labels = _all_labels(known)
    return Value(kind, labels, unit, span, name, observed, bounds, is_sure=True, interval=known.interval)


def _exported(name: str, known: Known, conditions: Collection[tuple[str, str, str]]) -> Value:
    """Return what the catalogue of a component says of the series of a name. Sizes may be -1, for no limit, and a
    counter without a unit in its name may count anything.
    """
    kind = _KINDS.get(known.kind, UNKNOWN)
    unit = units.of_name(name, known.unit)
    observed = unit if kind == BUCKETS else None
    if kind == BUCKETS or (kind == COUNTER and name.endswith("_count")):
        unit = units.COUNT
    is_sure, kind = bool(kind), kind or _named_kind(name, conditions)
    span, labels = _RANGES.get(kind, ANY), _all_labels(known)
    return Value(kind, labels, unit, span, name, observed, is_sure=is_sure, interval=known.interval)


def _all_labels(known: Known) -> Labels:
    if known.labels is None:
        return Labels()
    return Labels.exactly(known.labels, known.labels).perhaps_without(known.optional)


def _named_kind(name: str, conditions: Collection[tuple[str, str, str]]) -> str:
    """Return the kind of series of which nobody knows more than their name, and what is selected of them."""
    for label, operator, _ in conditions:
        if label == "quantile" and operator == "=":
            return SUMMARY
    return kinds.of_name(name)


def _may_fulfil(labels: Labels, conditions: Collection[tuple[str, str, str]]) -> bool:
    for label, operator, wanted in conditions:
        if label == "__name__" or label not in labels.certain:
            continue
        values = labels.values.get(label, ())
        if values and not any(Condition(label, operator, wanted).accepts(value) for value in values):
            return False
    return True


def _numbers(texts: tuple[str, ...]) -> tuple[float, ...]:
    return tuple(sorted(float(text) for text in texts if text not in ("+Inf", "Inf")))


def _matched(labels: Labels, label: str, operator: str, wanted: str) -> Labels:
    """Return the labels of the series that fulfil one condition."""
    values = labels.values.get(label, ())
    if operator == "=":
        if not wanted:
            return labels.without([label])
        left: tuple[str, ...] = (wanted,)
    elif values and operator == "!=":
        left = tuple(value for value in values if value != wanted)
    elif values:
        left = tuple(value for value in values if accepts(wanted, [value]) == (operator == "=~"))
    else:
        left = ()
    kept = dict(labels.values)
    if left:
        kept[label] = left
    is_wanted = operator == "=" or (operator == "=~" and not accepts(wanted, [""]))
    if not is_wanted:
        return Labels(labels.certain, labels.named, labels.possible, kept)
    # That there is no such label is said of the selector; the rest of the expression is judged as if there were.
    possible = None if labels.possible is None else labels.possible | {label}
    return Labels(labels.certain | {label}, labels.named | {label}, possible, kept)


# -- functions ------------------------------------------------------------------------------------------------


def _called(node: Any, arguments: tuple[Typed, ...]) -> Value:
    name = node.func.name
    function = FUNCTIONS.get(name)
    if function is None:
        return NOTHING_KNOWN
    at = function.argument
    if at is None:
        inside = arguments[0].value if arguments else NOTHING_KNOWN
        is_there = name != "scalar" or inside.is_there
        return _result(function, inside).but(labels=Labels.exactly(()), is_there=is_there or name == "time")
    if at >= len(arguments):  # hour() and the like: of now
        return _result(function, NOTHING_KNOWN).but(labels=Labels.exactly(()), is_there=True)
    inside = arguments[at].value
    value = _result(function, inside)
    if name in ("absent", "absent_over_time"):
        return value.but(labels=_labels_of_absent(arguments[at]), metric="", is_sure=True)
    if name == "histogram_quantile" or (name.startswith("histogram_") and inside.kind == BUCKETS):
        value = value.but(labels=value.labels.without(["le"]))
    if name == "histogram_quantile" and inside.bounds:
        low = 0.0 if inside.bounds[0] > 0 else -inf
        value = value.but(range=Range(low, inside.bounds[-1]))
    if name in ("label_replace", "label_join") and len(arguments) > 1:
        target = getattr(arguments[1].node, "val", None)
        value = value.but(labels=value.labels.perhaps([target]) if target else Labels())
    if name in ("max_over_time", "min_over_time") and inside.kind in (COUNTER, SUM):
        value = value.but(kind=inside.kind)
    if name.startswith("clamp"):
        value = value.but(range=_clamped(name, value.range, arguments))
    return value


def _result(function: Function, inside: Value) -> Value:
    kind, is_rate = function.kind, inside.is_rate
    if kind == "same":
        kind = inside.kind
    elif kind == "rate":
        is_rate = True
        kind = inside.kind if inside.kind in (BUCKETS, NATIVE_HISTOGRAM) else GAUGE
    unit = function.unit
    if unit == "same":
        found = inside.unit
    elif unit == "per second":
        found = replace(inside.unit, per_second=True) if inside.unit and inside.unit.base != "moment" else None
    elif unit == "observed":
        found = inside.observed
    else:
        found = None if isinstance(unit, str) else unit
    keeps = kind in (BUCKETS, NATIVE_HISTOGRAM)
    return inside.but(
        kind=kind,
        unit=found,
        range=_range(function, inside.range),
        observed=inside.observed if keeps else None,
        bounds=inside.bounds if keeps else (),
        is_rate=is_rate,
    )


def _range(function: Function, inside: Range) -> Range:
    rule = function.range
    if rule == "same":
        return inside
    if rule == "whole":
        low = floor(inside.low) if inside.low > -inf else -inf
        return Range(low, ceil(inside.high) if inside.high < inf else inf)
    if rule == "spread":
        return Range(0 if inside.low >= 0 else -inf, 0 if inside.high <= 0 else inf)
    return rule if isinstance(rule, Range) else ANY


def _clamped(name: str, inside: Range, arguments: tuple[Typed, ...]) -> Range:
    limits = [argument.number for argument in arguments[1:]]
    low = limits[0] if name in ("clamp", "clamp_min") else None
    high = limits[-1] if name in ("clamp", "clamp_max") else None
    bottom = max(inside.low, low) if low is not None else inside.low
    top = min(inside.high, high) if high is not None else inside.high
    return Range(min(bottom, top), max(bottom, top)) if None not in limits else ANY


def _labels_of_absent(argument: Typed) -> Labels:
    """Return the labels of absent(): those that were selected, each with one value."""
    selector = argument.below[0] if isinstance(argument.node, p.MatrixSelector) else argument
    if not selector.is_selector:
        return Labels.exactly(())
    equal = [m.name for m in selector.node.matchers.matchers if m.op == p.MatchOp.Equal and m.name != "__name__"]
    once = {name for name in equal if equal.count(name) == 1}
    return Labels.exactly(once)


def _aggregated(node: Any, parts: tuple[Typed, ...]) -> Value:
    name, inside = str(node.op), parts[-1].value
    function = AGGREGATIONS.get(name)
    if function is None:
        return NOTHING_KNOWN
    value = _result(function, inside)
    if name in PICKING:
        return value
    if name == "sum" and value.unit is not None and value.unit.base == "ratio":
        value = value.but(unit=None)  # several shares add up to more than a whole
    labels = aggregated_labels(node, inside.labels)
    if name == "count_values":
        target = getattr(node.param, "val", None)
        labels = labels.adding([target]) if target else Labels()
    kind = value.kind
    if kind in ("sum", "picked"):
        kind = _after_aggregation(kind, inside)
    keeps_le = kind == BUCKETS and labels.may_have("le")
    if kind == BUCKETS and not keeps_le:
        kind = UNKNOWN if not inside.is_rate else GAUGE
    return value.but(
        kind=kind,
        labels=labels,
        observed=inside.observed if kind in (BUCKETS, NATIVE_HISTOGRAM) else None,
        bounds=inside.bounds if kind == BUCKETS else (),
        metric=inside.metric,
    )


def _after_aggregation(how: str, inside: Value) -> str:
    """Return the kind of a sum or an average, or of the smallest, largest or middle one ("picked")."""
    if inside.kind in (COUNTER, SUM):
        return SUM
    if inside.kind in (BUCKETS, NATIVE_HISTOGRAM):
        return inside.kind if how == "sum" or inside.kind == BUCKETS else UNKNOWN
    if inside.kind in (SUMMARY, QUANTILE):
        return GAUGE if how == "sum" else QUANTILE
    if inside.kind == STATE:
        return GAUGE if how == "sum" else STATE
    return GAUGE if inside.kind in (GAUGE, INFO) else inside.kind


def aggregated_labels(node: Any, inside: Labels) -> Labels:
    """Return the labels that an aggregation keeps of `inside`."""
    modifier = node.modifier
    if modifier is None:
        return Labels.exactly(())
    if UNKNOWN_PART in modifier.labels:
        return Labels()
    if modifier.type == p.AggModifierType.By:
        return inside.only(modifier.labels)
    return inside.without(modifier.labels)
