"""Results of two sides and the operator between them: values, units, ranges, and the labels that are matched."""

from __future__ import annotations

from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import UNKNOWN_PART
from stackctl.promql.nodes import COMPARISONS
from stackctl.promql.types import unit as units
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.value import (
    ANY,
    BUCKETS,
    COUNTER,
    GAUGE,
    INFO,
    NUMBER,
    QUANTILE,
    SHARE,
    STATE,
    SUM,
    SUMMARY,
    UNKNOWN,
    Labels,
    Range,
    Value,
)


def paired(node: Any, left: Typed, right: Typed) -> Value:
    """Return what is known of the result of an operator between two parts."""
    operator, one, other = str(node.op), left.value, right.value
    labels = _paired_labels(node, one, other)
    if operator in ("and", "unless"):
        return one.but(labels=labels, is_there=False)
    if operator == "or":
        return joined(one, other).but(labels=labels, is_there=one.is_there or other.is_there)
    is_there = one.kind == NUMBER and other.kind == NUMBER
    if operator in COMPARISONS:
        if node.modifier is not None and node.modifier.return_bool:
            return Value(STATE, labels, None, SHARE, is_sure=True, is_there=is_there)
        kept = other if one.kind == NUMBER else one
        return kept.but(labels=labels, range=_filtered(operator, one, other), is_there=is_there)
    return _calculated(operator, left, right, labels, is_there)


def _filtered(operator: str, one: Value, other: Value) -> Range:
    """Return the range of what a comparison lets through, where that is a value and a number."""
    if one.kind == NUMBER:
        flipped = {">": "<", "<": ">", ">=": "<=", "<=": ">="}.get(operator, operator)
        return _filtered(flipped, other, one) if other.kind != NUMBER else ANY
    limit = other.range
    low, high = one.range.low, one.range.high
    if operator in (">", ">="):
        low = max(low, limit.low)
    elif operator in ("<", "<="):
        high = min(high, limit.high)
    elif operator == "==":
        low, high = max(low, limit.low), min(high, limit.high)
    return Range(low, high) if low <= high else one.range


def _calculated(operator: str, left: Typed, right: Typed, labels: Labels, is_there: bool) -> Value:
    one, other = left.value, right.value
    kind = NUMBER if is_there else GAUGE
    sure = one.is_sure or other.is_sure
    value = Value(kind, labels, None, ANY, is_sure=sure, is_there=is_there)
    match operator:
        case "+" | "-":
            second = other.range if operator == "+" else -other.range
            return value.but(unit=_summed_unit(operator, one, other), range=one.range + second)
        case "*":
            unit = _scaled(one, right.number) if right.number is not None else _scaled(other, left.number)
            scaled = left if right.number is not None else right
            number = right.number if right.number is not None else left.number
            is_scaled = number is not None and scaled.value.kind in (BUCKETS, QUANTILE, SUMMARY)
            found = value.but(unit=unit, range=one.range * other.range)
            if {one.kind, other.kind} & {INFO}:
                kept = other if one.kind == INFO else one
                return kept.but(labels=labels, is_there=is_there)
            return found.but(kind=scaled.value.kind) if is_scaled and scaled.value.kind != BUCKETS else found
        case "/":
            if right.number:
                return value.but(
                    unit=_scaled(one, 1 / right.number),
                    range=one.range * Range(1 / right.number, 1 / right.number),
                )
            if factor := _share(left, right):
                return value.but(unit=units.RATIO.times(factor), range=SHARE * Range(factor, factor))
            return value.but(unit=units.quotient(one.unit, other.unit), range=one.range * other.range.inverse())
        case "%":
            return value.but(unit=one.unit)
    return value


def _scaled(value: Value, number: float | None) -> units.Unit | None:
    return value.unit.times(number) if value.unit and number and value.unit.base != "moment" else None


def _summed_unit(operator: str, one: Value, other: Value) -> units.Unit | None:
    left, right = one.unit, other.unit
    moments = [unit is not None and unit.base == "moment" for unit in (left, right)]
    if all(moments):
        return units.SECONDS if operator == "-" else None
    if any(moments):
        # A moment and a duration, or a moment of a metric whose name says only seconds.
        return None
    return left if left is not None else right


def _share(left: Typed, right: Typed) -> float:
    """Return by what a part of the right side is multiplied on the left, as in `100 * part / whole`; 0 for none."""
    if left.is_pair and left.name == "*":
        one, other = left.below
        number, part = (one.number, other) if one.number is not None else (other.number, one)
        return number if number is not None and number > 0 and is_share(part, right) else 0.0
    return 1.0 if is_share(left, right) else 0.0


def is_share(left: Typed, right: Typed, *, is_rate: bool = False) -> bool:
    """Return whether the left side counts some of what the right side counts, so that it is a part of it. Below a rate,
    which is never negative, this holds whatever the values are.
    """
    if left.is_aggregation and right.is_aggregation:
        alike = left.name == right.name in ("sum", "count") and str(left.node.modifier) == str(right.node.modifier)
        return alike and _grouping(left) == _grouping(right) and is_share(left.below[-1], right.below[-1])
    if left.is_call and right.is_call and left.name == right.name in ("rate", "increase"):
        return is_share(left.below[0], right.below[0], is_rate=True)
    if isinstance(left.node, p.MatrixSelector) and isinstance(right.node, p.MatrixSelector):
        return left.node.range == right.node.range and is_share(left.below[0], right.below[0], is_rate=is_rate)
    if not (left.is_selector and right.is_selector and left.name and left.name == right.name):
        return False
    one, other = left.node, right.node
    if left.value.range.low < 0 and not is_rate:
        return False
    if (one.offset, one.at) != (None, None) or (other.offset, other.at) != (None, None):
        return False
    return _conditions(other) <= _conditions(one)


def _grouping(aggregate: Typed) -> tuple[str, tuple[str, ...]]:
    modifier = aggregate.node.modifier
    return (str(modifier.type), tuple(sorted(modifier.labels))) if modifier else ("", ())


def _conditions(selector: Any) -> set[tuple[str, str, str]]:
    return {(each.name, str(each.op), each.value) for each in selector.matchers.matchers}


def after_arithmetic(kind: str) -> str:
    """Return the kind of what was calculated from values of a kind."""
    return GAUGE if kind in (COUNTER, SUM, SUMMARY, QUANTILE, STATE, INFO) else kind


def joined(one: Value, other: Value) -> Value:
    """Return what is known of series that are either of one kind or of another."""
    return Value(
        one.kind if one.kind == other.kind else UNKNOWN,
        one.labels.joined(other.labels),
        one.unit if one.unit == other.unit else None,
        one.range.joined(other.range),
        one.metric if one.metric == other.metric else "",
        one.observed if one.observed == other.observed else None,
        one.bounds if one.bounds == other.bounds else (),
        one.is_rate and other.is_rate,
        one.is_sure and other.is_sure,
        one.is_there and other.is_there,
    )


def _paired_labels(node: Any, one: Value, other: Value) -> Labels:
    if one.kind == NUMBER:
        return other.labels
    if other.kind == NUMBER:
        return one.labels
    operator = str(node.op)
    left, right = one.labels, other.labels
    if operator == "or":
        return left.joined(right)
    if operator in ("and", "unless"):
        return left
    modifier = node.modifier
    if modifier is None or (modifier.matching is None and not is_grouped(modifier)):
        if modifier is not None and is_filled(modifier):
            return left.joined(right)
        # All labels are equal on both sides.
        possible = right.possible if left.possible is None else left.possible
        if left.possible is not None and right.possible is not None:
            possible = left.possible & right.possible
        return Labels(left.certain | right.certain, left.named | right.named, possible, {**right.values, **left.values})
    if is_grouped(modifier):
        many, single = (left, right) if modifier.card == p.VectorMatchCardinality.ManyToOne else (right, left)
        return _brought(many, single, modifier.group_labels or ())
    if is_filled(modifier):
        return left.joined(right)
    matching = modifier.matching
    if matching.type == p.LabelModifierType.Include:
        return left.only(matching.labels) if UNKNOWN_PART not in matching.labels else Labels()
    return left.without(matching.labels)


def _brought(many: Labels, single: Labels, names: Any) -> Labels:
    """Return the labels of the side of the many, with those that the other side gives them."""
    for name in names:
        if name == UNKNOWN_PART:
            return Labels()
        given = name in single.certain
        known = {name: single.values[name]} if name in single.values else {}
        many = many.adding([name], known) if given else many.perhaps([name])
    return many


def is_grouped(modifier: Any) -> bool:
    """Return whether a pair has `group_left` or `group_right`."""
    return modifier.card in (p.VectorMatchCardinality.ManyToOne, p.VectorMatchCardinality.OneToMany)


def is_filled(modifier: Any) -> bool:
    """Return whether a pair fills in a value for what one side lacks."""
    return modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None
