"""Comparisons that always have the same answer, and values of different units."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product

import promql_parser as p

from stackctl.promql.nodes import COMPARISONS, text
from stackctl.promql.remark import Remark
from stackctl.promql.review.reviewed import SEEN_FROM_RIGHT, Limit, Look, Reviewed, selected
from stackctl.promql.types.pairs import is_share
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.unit import COUNT, MOMENT, RATIO
from stackctl.promql.types.value import COUNTER, INFO, NUMBER, ONE, QUANTILE, SUM, Range

# The number 1e8 is a moment in 1973: what is compared with less is meant to be a duration.
_EARLY = 1e8
# What a ratio is compared with where percent are meant. Some ratios, like those of compression, are larger than 1.
_PERCENT = range(5, 101)
_ARITHMETIC = frozenset({"+", "-", "*", "/", "%", "^"})
# Moments that have been.
_PAST = re.compile(r"(?:^|_)last_|_start_time_seconds$|_boot_time_seconds$")
_FAILURE = re.compile(
    r"(?:^|[^a-z])(errors?|fail(ed|ures?)?|timeouts?|rejected|declined|aborted|dropped|panics?)(?:[^a-z]|$)|^5(\d\d|[.x])"
)


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
        if pair.name == "!=" and any(part.name in _ARITHMETIC for part in pair.walk() if part.is_pair):
            continue  # `x * 0 != 0` finds values that are NaN or infinite
        side = left if right.value.range.low == right.value.range.high else right
        summary, remedy = _never(side)
        # An alert that never fires is of no use, and does no harm to a stack that runs.
        yield Remark("promql.never-true", summary, remedy, certain=False, part=reviewed.at(pair))


def _infos(reviewed: Reviewed) -> Iterator[Remark]:
    """The value of what is an info metric by its name, which says nothing."""
    for pair, side, operator, number in reviewed.limits:
        is_named = side.is_selector and side.value.kind == INFO and not side.value.is_sure
        if is_named and ONE.is_never(operator, Range(number, number)):
            summary = f"`{side.name}` is an info metric by its name, so its value is always 1, and this is never true"
            remedy = "Select or count its series by their labels."
            at = reviewed.at(pair)
            yield Remark("promql.never-true", summary, remedy, certain=False, part=at, suggestion=True)


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
            how = "compared" if pair.name in COMPARISONS else "added or subtracted"
            summary = f"different units are {how}: {one} and {other}"
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
    operator = pair.name if side is pair.below[0] else SEEN_FROM_RIGHT.get(pair.name, pair.name)
    if unit.base == "moment" and 1 < number < _EARLY:
        summary = f"`{side.value.metric}` is a time in seconds since 1970, compared with {number:g}"
        remedy = f"Compare its age: `time() - {side.value.metric}`."
        yield Remark("promql.units", summary, remedy, certain=False, part=at)
    elif unit == RATIO and operator in (">", ">=") and number in _PERCENT:
        summary = f"`{side.value.metric}` is a ratio, which is 1 at most, compared with {number:g}"
        yield Remark("promql.units", summary, f"Write `{number / 100:g}`.", certain=False, part=at)


def _past(reviewed: Reviewed) -> Iterator[Remark]:
    """The time of something that has happened, less the time now, is negative."""
    for pair, side, operator, number in reviewed.limits:
        if not side.is_pair or side.name != "-" or operator not in (">", ">=") or number <= 0:
            continue
        moment, now = side.below
        is_now = now.is_call and now.name == "time"
        if is_now and moment.value.unit == MOMENT and _PAST.search(moment.value.metric):
            fixed = reviewed.with_(side, f"time() - {text(moment.node)}")
            summary = f"this comparison is never true: `{moment.value.metric}` is in the past, before `time()`"
            at = reviewed.at(pair)
            yield Remark("promql.never-true", summary, f"Write `{fixed}`.", certain=False, part=at, fix=fixed)


def _exclusive(reviewed: Reviewed) -> Iterator[Remark]:
    """Two conditions on the same expression that exclude each other: `x > 100 and x < 50`."""
    both = [pair for pair in reviewed.pairs if pair.name == "and" and _is_of_same_series(pair)]
    limits = {id(pair): limit for limit in reviewed.limits if not _is_bool(pair := limit[0])} if both else {}
    for pair in both:
        left, right = (_conditions(side, limits) for side in pair.below)
        for one, other in product(left, right):
            if _never_both(one[2:], other[2:]) and text(one[1].node) == text(other[1].node):
                summary = f"no value is both `{one[2]} {one[3]:g}` and `{other[2]} {other[3]:g}`, so this is never true"
                remedy = "Correct one of the numbers, or write `or`."
                yield Remark("promql.never-true", summary, remedy, certain=False, part=reviewed.at(pair))


def _conditions(part: Typed, limits: Mapping[int, Limit]) -> list[Limit]:
    """Return the comparisons with numbers that a series has to fulfil to be left in a part, all of its own values."""
    if id(part) in limits:
        return [limits[id(part)]]
    if not part.is_pair or part.name not in ("and", "unless"):
        return []
    left, right = part.below
    also = _conditions(right, limits) if part.name == "and" and _is_of_same_series(part) else []
    return [*_conditions(left, limits), *also]


def _is_of_same_series(pair: Typed) -> bool:
    """Return whether a pair matches by all labels, so that both sides of one expression are of the same series."""
    modifier = pair.node.modifier
    if modifier is None or modifier.matching is None:
        return True
    possible, named = pair.below[0].value.labels.possible, set(modifier.matching.labels)
    if possible is None:
        return False
    return possible <= named if modifier.matching.type == p.LabelModifierType.Include else not possible & named


def _is_bool(pair: Typed) -> bool:
    """Return whether a comparison gives 0 or 1, and leaves nothing out."""
    return pair.node.modifier is not None and pair.node.modifier.return_bool


def _never_both(one: tuple[str, float], other: tuple[str, float]) -> bool:
    for (operator, number), (its, limit) in ((one, other), (other, one)):
        if operator in (">", ">=") and its in ("<", "<="):
            return number > limit or (number == limit and (operator, its) != (">=", "<="))
        if operator == "==":
            return Range(number, number).is_never(its, Range(limit, limit))
    return False


# -- zero at rest ---------------------------------------------------------------------------------------------


def _zero_division(reviewed: Reviewed) -> Iterator[Remark]:
    """An alert on something that works, divided by what fails: while nothing fails, the result is infinite."""
    for pair, side, operator, number in reviewed.limits if reviewed.is_alert else ():
        if operator not in (">", ">=") or number < 0 or not side.is_pair or side.name != "/":
            continue
        above, below = (selected(each) for each in side.below)
        if above and below and _fails(below) and not _fails(above) and not is_share(*side.below):
            summary = f"while no `{_label(below)}` are counted, this divides by zero, and the result is infinite"
            remedy = "Divide by the number of all, or write the condition the other way round."
            yield Remark("promql.zero-division", summary, remedy, certain=False, part=reviewed.at(pair))


def _fails(selector: Typed) -> bool:
    return bool(_FAILURE.search(_label(selector)))


def _label(selector: Typed) -> str:
    """Return the value of a label by which a selector names a result, or else the metric that it selects."""
    equal = (each.value for each in selector.node.matchers.matchers if each.op in (p.MatchOp.Equal, p.MatchOp.Re))
    return next((value for value in equal if _FAILURE.search(value)), selector.name)


LOOKS: tuple[Look, ...] = (
    _constant,
    _infos,
    _never_absent,
    _always,
    _units,
    _past,
    _exclusive,
    _zero_division,
)
