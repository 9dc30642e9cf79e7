"""Comparisons that always have the same answer, and values of different units."""

from __future__ import annotations

from collections.abc import Iterator

from stackctl.promql.remark import Remark
from stackctl.promql.review.reviewed import Look, Reviewed
from stackctl.promql.types.pairs import COMPARISONS
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.unit import COUNT, RATIO
from stackctl.promql.types.value import COUNTER, NUMBER, QUANTILE, SUM, Range

# The number 1e8 is a moment in 1973: what is compared with less is meant to be a duration.
_EARLY = 1e8
# What a ratio is compared with where percent are meant. Some ratios, like those of compression, are larger than 1.
_PERCENT = range(5, 101)
_DOES = {"+": "adds", "-": "subtracts"}


def _constant(reviewed: Reviewed) -> Iterator[Remark]:
    """Comparisons that never hold."""
    for pair in reviewed.pairs:
        if pair.name not in COMPARISONS:
            continue
        left, right = pair.below
        if left.value.kind == NUMBER and right.value.kind == NUMBER:
            continue
        if not left.value.range.is_never(pair.name, right.value.range):
            continue
        side = left if right.value.range.low == right.value.range.high else right
        summary, remedy = _never(side)
        # An alert that never fires is of no use, and does no harm to a stack that runs.
        yield Remark("promql.never-true", summary, remedy, certain=False, part=reviewed.at(pair))


def _never_absent(reviewed: Reviewed) -> Iterator[Remark]:
    """`absent()` of what has a result whatever is found."""
    for call in reviewed.calls:
        if call.name == "absent" and call.below and call.below[0].value.is_there:
            summary = "`absent()` never has a result here: what it is given is always there"
            remedy = "Remove the `or vector(...)` inside of it."
            yield Remark("promql.never-true", summary, remedy, certain=False, part=reviewed.at(call))


def _never(side: Typed) -> tuple[str, str]:
    value = side.value
    said = f"this comparison is never true: {_what(side)} {_extent(value.range)}"
    if side.name == "count" and side.is_aggregation:
        return f"{said}; of nothing, there is no result", "Write `absent(...)`, or `(count(...) or vector(0)) == 0`."
    if side.name in ("absent", "absent_over_time"):
        return f"{said}, or there is no result", "Remove the comparison."
    if value.kind == QUANTILE:
        return said, "Compare with a value inside of the buckets, or add larger buckets to the histogram."
    return said, "Correct the number, or the expression that it is compared with."


def _what(side: Typed) -> str:
    if side.is_selector or side.value.kind in (COUNTER, SUM):
        return f"`{side.value.metric}`" if side.value.metric else "the value"
    return f"`{side.name}()`" if side.is_call or side.is_aggregation else "the value"


def _extent(span: Range) -> str:
    if span.low == span.high:
        return f"is always {span.low:g}"
    if span.high == float("inf"):
        return f"is never below {span.low:g}"
    if span.low == -float("inf"):
        return f"is never above {span.high:g}"
    return f"is between {span.low:g} and {span.high:g}"


def _always(reviewed: Reviewed) -> Iterator[Remark]:
    """The condition of an alert that holds whenever there is a value."""
    top = reviewed.typed
    if not reviewed.is_alert or not top.is_pair or top.name not in COMPARISONS:
        return
    left, right = top.below
    if not left.value.range.is_always(top.name, right.value.range):
        return
    # A count says that there is something: what it counts is the condition. A quotient may be no number at all.
    if (left.value.unit == COUNT and left.value.range.low >= 1) or left.value.range.low == left.value.range.high:
        return
    if any(part.name == "/" for part in left.walk()) or not any(part.is_selector for part in left.walk()):
        return
    summary = f"this condition is always true: {_what(left)} {_extent(left.value.range)}"
    yield Remark(
        "promql.always-true",
        summary,
        "Correct the number, or remove the alert.",
        certain=False,
        part=reviewed.at(top),
    )


def _units(reviewed: Reviewed) -> Iterator[Remark]:
    """Sides of different units that are compared or added up."""
    for pair in reviewed.pairs:
        if pair.name not in COMPARISONS | {"+", "-"}:
            continue
        left, right = pair.below
        one, other = left.value.unit, right.value.unit
        if one is not None and other is not None and not one.is_like(other):
            how = "compared" if pair.name in COMPARISONS else "calculated"
            summary = (
                f"{one} are {how} with {other}" if how == "compared" else f"{one} and {other} are added or subtracted"
            )
            remedy = "Convert one side, or use another metric."
            yield Remark("promql.units", summary, remedy, certain=False, part=reviewed.at(pair))
        elif pair.name in COMPARISONS:
            for side, limit in ((left, right), (right, left)):
                yield from _numbers(reviewed, pair, side, limit)


def _numbers(reviewed: Reviewed, pair: Typed, side: Typed, limit: Typed) -> Iterator[Remark]:
    unit, number = side.value.unit, limit.number
    if unit is None or number is None or not side.value.metric:
        return
    at = reviewed.at(pair)
    operator = pair.name if side is pair.below[0] else {">": "<", ">=": "<=", "<": ">", "<=": ">="}.get(pair.name, "==")
    if unit.base == "moment" and 1 < number < _EARLY:
        summary = f"`{side.value.metric}` is a time in seconds since 1970, compared with {number:g}"
        remedy = f"Compare its age: `time() - {side.value.metric}`."
        yield Remark("promql.units", summary, remedy, certain=False, part=at)
    elif unit == RATIO and operator in (">", ">=") and number in _PERCENT:
        summary = f"`{side.value.metric}` is a ratio, which is 1 at most, compared with {number:g}"
        yield Remark("promql.units", summary, f"Write `{number / 100:g}`.", certain=False, part=at)


LOOKS: tuple[Look, ...] = (_constant, _never_absent, _always, _units)
