"""Numbers that are meant in another unit than that of the value they are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator

import promql_parser as p

from stackctl.promql.nodes import text
from stackctl.promql.remark import Remark
from stackctl.promql.review.reviewed import Look, Reviewed, selected
from stackctl.promql.types.functions import FOR_COUNTERS
from stackctl.promql.types.pairs import COMPARISONS
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.unit import MOMENT, RATIO

# What a share is compared with where percent are meant.
_PERCENT = range(5, 101)
# Ratios that cannot be larger than 1, and what nothing can be used more of than there is.
_SHARE_NAME = re.compile(r"(?:^|_)(hits?|miss(es)?|success|errors?|failures?|free|idle|availability)_ratio$")
_LIMIT = re.compile(r"(?:^|_)(limit|capacity|quota)(_bytes)?$|_size_bytes$|_max_connections$")
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
        is_share_name = side.value.unit == RATIO and bool(_SHARE_NAME.search(side.value.metric))
        # What is high is reported by `_numbers` already.
        if not (_is_part_of_a_limit(side) and is_high) and not (
            is_share_name and not is_high and number > _most(operator)
        ):
            continue
        summary = f"{what} is a share, which is 1 at most, compared with {number:g}"
        remedy = f"Write `{number / 100:g}`." if number in _PERCENT else "Write a number between 0 and 1."
        yield Remark("promql.units", summary, remedy, certain=False, part=reviewed.at(pair))


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
        buckets = reviewed.catalogue.series.get(f"{stem}_bucket")
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


LOOKS: tuple[Look, ...] = (_percent, _average, _cores, _converted_moments, _horizon)
