"""Numbers that are meant in another unit than that of the value they are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator

import promql_parser as p

from stackctl.promql.nodes import COMPARISONS, text
from stackctl.promql.remark import Remark
from stackctl.promql.review.reviewed import Look, Reviewed, selected
from stackctl.promql.types.functions import FOR_COUNTERS
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.unit import MOMENT, RATIO, Unit

# What a share is compared with where percent are meant.
_PERCENT = range(5, 101)
# Functions that leave a share what it is: a sum of several is none.
_SAME_SCALE = frozenset(
    {"avg", "min", "max", "topk", "bottomk", "avg_over_time", "min_over_time", "max_over_time", "last_over_time"}
)
# Ratios that cannot be larger than 1, and what nothing can be used more of than there is.
_SHARE_NAME = re.compile(r"(?:^|_)(hits?|miss(es)?|success|errors?|failures?|free|idle|availability)_ratio$")
_LIMIT = re.compile(r"(?:^|_)(limit|capacity|quota)(_bytes)?$|_size_bytes$|_max_connections$")
# What is part of a whole in percent. What works, as processors do, may be counted for each core.
_PERCENT_NAME = re.compile(
    r"(?:^|_)(used|usage|free|available|avail|idle|full|hits?|miss(es)?|success|availability|humidity|battery)_percent$"
)
_MANY_CORES = re.compile(r"cpu|core|process|container")
_FULL_PERCENT = Unit("ratio", 0.01)
# What should not be, or hardly ever: less than one percent of it may well be too much.
_RARE = re.compile(
    r"err|fail|drop|los[st]|reject|denied|invalid|timeout|exception|conflict|throttl|retr|burn|budget|dead|miss"
    r"|\"\[?[45][\d.x\]]",
    re.IGNORECASE,
)
# From so high a fraction on, a limit of what happens is meant as one: 0.8 or 0.99.
_HIGH_FRACTION = 0.5
# Nobody wants to know what will be in so many seconds.
_SHORT_HORIZON = 48
# An average of so many times the largest bucket: nobody has chosen the buckets for that.
_FAR_BEYOND = 10
_PERCENT_OF_CORE = range(50, 101)


def _percent(reviewed: Reviewed) -> Iterator[Remark]:
    """A share of a whole that is compared with percent: what is used of a limit, or hits of all requests."""
    for pair, side, operator, number in reviewed.limits:
        what = "this quotient" if _is_part_of_a_limit(side) else f"`{side.value.metric}`"
        is_high = operator in (">", ">=") and number in _PERCENT
        name = side.value.metric
        is_share_name = bool(name) and side.value.unit == RATIO and bool(_SHARE_NAME.search(name))
        # What is high is reported by `_numbers` already.
        if not (_is_part_of_a_limit(side) and is_high) and not (
            is_share_name and not is_high and number > _most(operator)
        ):
            continue
        summary = f"{what} is a share, which is 1 at most, compared with {number:g}"
        remedy = f"Write `{number / 100:g}`." if number in _PERCENT else "Write a number between 0 and 1."
        yield Remark("promql.units", summary, remedy, certain=False, part=reviewed.at(pair))


def _of_percent(reviewed: Reviewed) -> Iterator[Remark]:
    """Percent compared with what they never are, or with a fraction."""
    for pair, side, operator, number in reviewed.limits:
        unit = side.value.unit
        if unit is None or unit.base != "ratio" or unit != _FULL_PERCENT:
            continue
        at, name = reviewed.at(pair), _share_in_percent(side)
        if name and (number > 100 * _most(operator) or (number <= 0 and operator == "<")):
            what = "is 100 at most" if number > 0 else "is never below 0"
            summary = f"`{name}` is a share in percent, which {what}, compared with {number:g}"
            remedy = "Write a number between 0 and 100."
            yield Remark("promql.units", summary, remedy, certain=False, part=at, suggestion=True)
        elif reviewed.is_alert and 0 < number < 1 and _is_meant_as_fraction(side, operator, number):
            summary = f"a value in percent is compared with {number:g}, which is less than one percent"
            remedy = f"Write `{number * 100:g}`, or leave out the multiplication by 100."
            yield Remark("promql.units", summary, remedy, certain=False, part=at, suggestion=True)


def _share_in_percent(side: Typed) -> str:
    """Return the name of what is a share of a whole: a metric in percent, or a ratio multiplied by 100; "" for none."""
    while (side.is_call or side.is_aggregation) and side.name in _SAME_SCALE:
        side = side.below[-1]
    if side.is_selector and _PERCENT_NAME.search(side.name) and not _MANY_CORES.search(side.name):
        return side.name
    if side.is_pair and side.name == "*":
        ratio = side.below[0] if side.below[1].number is not None else side.below[1]
        return ratio.name if ratio.is_selector and _SHARE_NAME.search(ratio.name) else ""
    return ""


def _is_meant_as_fraction(side: Typed, operator: str, number: float) -> bool:
    """Return whether a limit is too low for percent: of what is used or free, or of what should happen."""
    if _RARE.search(text(side.node)):
        return False
    counts = any(part.is_call and part.name in FOR_COUNTERS for part in side.walk())
    if operator in ("<", "<="):
        return number >= _HIGH_FRACTION or not counts
    return operator in (">", ">=") and number >= _HIGH_FRACTION and not counts


def _most(operator: str) -> float:
    """Return the largest number with which a share may be compared: it is never above 1, and may be 1."""
    return 0.999 if operator == ">" else 1.0


def _is_part_of_a_limit(side: Typed) -> bool:
    """Return whether a side is something divided by the limit or the size of it."""
    if not side.is_pair or side.name != "/" or side.below[1].number is not None:
        return False
    one, other = (each.value for each in side.below)
    return bool(one.metric and other.metric and one.metric != other.metric and _LIMIT.search(other.metric))


def _average(reviewed: Reviewed) -> Iterator[Remark]:
    """The average of a histogram, compared with far more than its largest bucket: milliseconds, for example."""
    for pair, side, operator, number in reviewed.limits:
        if operator not in (">", ">=") or not side.is_pair or side.name != "/":
            continue
        total, count = (selected(each) for each in side.below)
        stem = total.name.removesuffix("_sum") if total else ""
        buckets = reviewed.catalogue.known(f"{stem}_bucket")
        if not count or count.name != f"{stem}_count" or buckets is None:
            continue
        bounds = [float(bound) for bound in (buckets.labels or {}).get("le", ()) if bound != "+Inf"]
        if bounds and number >= _FAR_BEYOND * max(bounds):
            summary = f"the largest bucket of `{stem}` is {max(bounds):g}, and its average is compared with {number:g}"
            remedy = "Correct the number, or convert the value to its unit."
            yield Remark("promql.units", summary, remedy, certain=False, part=reviewed.at(pair))


def _cores(reviewed: Reviewed) -> Iterator[Remark]:
    """Seconds of a processor in each second are a share of one: of a single series, 80 of them are meant as percent."""
    for pair, side, operator, number in reviewed.limits:
        is_one = side.is_call and side.name in FOR_COUNTERS and "cpu_seconds" in side.value.metric
        if is_one and side.name != "increase" and operator in (">", ">=") and number in _PERCENT_OF_CORE:
            summary = (
                f"`{side.value.metric}` counts seconds, so its rate is 1 for a whole core, compared with {number:g}"
            )
            remedy = f"Write `{number / 100:g}`."
            yield Remark("promql.units", summary, remedy, certain=False, part=reviewed.at(pair))


def _converted_moments(reviewed: Reviewed) -> Iterator[Remark]:
    """A time in seconds that is converted before `time()`, which is in seconds too, is compared with it."""
    for pair in reviewed.pairs:
        if pair.name != "-" and pair.name not in COMPARISONS:
            continue
        for now, moment in (pair.below, pair.below[::-1]):
            if not (now.is_call and now.name == "time" and moment.is_pair and moment.name in ("*", "/")):
                continue
            one, number = moment.below[0].value, moment.below[1].number
            if one.unit == MOMENT and one.metric.endswith("_seconds") and number in (1000, 60, 3600, 1e6):
                summary = f"`time()` and `{one.metric}` are both in seconds, and one of them is converted here"
                fixed = reviewed.with_(moment, text(moment.below[0].node))
                at = reviewed.at(moment)
                yield Remark("promql.units", summary, f"Write `{fixed}`.", certain=False, part=at, fix=fixed)


def _horizon(reviewed: Reviewed) -> Iterator[Remark]:
    """`predict_linear()` of an alert, a few seconds ahead of a window that is far longer: hours are meant."""
    for call in reviewed.calls if reviewed.is_alert else ():
        if call.name != "predict_linear" or len(call.below) < 2 or not isinstance(call.below[0].node, p.MatrixSelector):
            continue
        ahead, window = call.below[1].number, call.below[0].node.range.total_seconds()
        if ahead is not None and 0 < ahead <= _SHORT_HORIZON and window >= 10 * ahead:
            summary = f"`predict_linear()` takes seconds, and {ahead:g} s ahead of a window of {window:g} s is now"
            remedy = f"For {ahead:g} hours, write `{ahead:g} * 3600`."
            yield Remark("promql.units", summary, remedy, certain=False, part=reviewed.at(call))


LOOKS: tuple[Look, ...] = (_percent, _of_percent, _average, _cores, _converted_moments, _horizon)
