"""Counters: compared as they are, given to functions for gauges, and gauges given to functions for counters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf
from typing import Any

import promql_parser as p

from stackctl.promql.nodes import text
from stackctl.promql.remark import Remark
from stackctl.promql.review.reviewed import Look, Reviewed
from stackctl.promql.types.functions import FOR_COUNTERS, NOT_FOR_COUNTERS, OF_TWO
from stackctl.promql.types.raw import raw_counter
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.value import COUNTER, GAUGE, INFO, QUANTILE, STATE, SUM, SUMMARY

# What is right for a counter -> what is right for a gauge, and the other way round.
_FOR_GAUGES = {"rate": "deriv", "irate": "idelta", "increase": "delta"}
_FOR_COUNTERS = {"deriv": "rate", "idelta": "increase", "delta": "increase"}
_NOT_COUNTING = {
    GAUGE: "the gauge",
    INFO: "the constant",
    STATE: "the state",
    SUMMARY: "the quantile",
    QUANTILE: "the quantile",
}
# A part of a histogram or of a summary.
_PART = re.compile(r"_(bucket|sum|count)$")
# From so many seconds on `irate()`, which looks at two samples only, misses most of its window.
_LONG_SECONDS = 300.0
# A window of so many scrapes survives one that fails.
_GOOD_SCRAPES = 4


def _rates(reviewed: Reviewed) -> Iterator[Remark]:
    """`rate()` of what is not a counter."""
    for call in reviewed.calls:
        if call.name not in FOR_COUNTERS or not call.below:
            continue
        if not isinstance(call.below[0].node, p.MatrixSelector):
            yield from _rate_of_rate(reviewed, call)
            continue
        inside = call.below[0].value
        # What is selected by its quantile is one, also without a contract.
        is_named = not inside.is_sure
        if (is_named and inside.kind != SUMMARY) or inside.is_rate or inside.kind not in _NOT_COUNTING:
            continue
        if not inside.metric:
            continue
        what, at = f"{_NOT_COUNTING[inside.kind]} `{inside.metric}`", reviewed.at(call)
        if inside.kind == INFO:
            summary, remedy = f"`{call.name}()` of {what} is always 0", "Use its labels, or count its series."
            yield Remark("promql.rate-of-gauge", summary, remedy, part=at)
            continue
        fixed = reviewed.with_(call, f"{_FOR_GAUGES[call.name]}({text(call.below[0].node)})")
        summary = f"`{call.name}()` of {what} treats every decrease as a restart"
        yield Remark("promql.rate-of-gauge", summary, f"Write `{fixed}`.", part=at, fix=fixed, suggestion=is_named)


def _rate_of_rate(reviewed: Reviewed, call: Typed) -> Iterator[Remark]:
    """A rate goes up and down, and each time it goes down `rate()` sees a restart."""
    subquery = call.below[0]
    inner = subquery.below[0] if subquery.below else subquery
    while inner.is_aggregation:
        inner = inner.below[-1]
    if inner.is_call and inner.name in FOR_COUNTERS and subquery.value.kind == GAUGE:
        summary = f"`{call.name}()` of `{inner.name}()` treats every decrease as a restart"
        remedy = "Use `deriv()`, or `avg_over_time()` for an average."
        yield Remark("promql.rate-of-gauge", summary, remedy, certain=False, part=reviewed.at(call))


def _sums(reviewed: Reviewed) -> Iterator[Remark]:
    """`rate()` of what was added up before: a restart of one process is a fall of the sum."""
    for call in reviewed.calls:
        if call.name not in FOR_COUNTERS or not call.below:
            continue
        inside = call.below[0].value
        if inside.kind == SUM:
            summary = f"`{call.name}()` of a sum of counters takes the restart of one of them for a restart of all"
            remedy = f"Apply `{call.name}()` to each counter first, and add up the results."
            at, is_named = reviewed.at(call), not inside.is_sure
            yield Remark("promql.rate-of-sum", summary, remedy, certain=False, part=at, suggestion=is_named)


def _functions(reviewed: Reviewed) -> Iterator[Remark]:
    """Functions whose result means nothing for what only grows, and falls to 0 with a restart."""
    for call in reviewed.calls:
        if call.name not in NOT_FOR_COUNTERS or not call.below:
            continue
        argument = next((each for each in call.below if not each.number and each.value.kind in (COUNTER, SUM)), None)
        if argument is None:
            continue
        better = _FOR_COUNTERS.get(call.name, "")
        is_plain = isinstance(argument.node, p.MatrixSelector)
        fixed = reviewed.with_(call, f"{better}({text(argument.node)})") if better and is_plain else ""
        summary = f"`{call.name}()` of {_name(argument)} depends on when its process started"
        remedy = f"Write `{fixed}`." if fixed else "Take the `rate()` of the counter first."
        at, is_named = reviewed.at(call), not argument.value.is_sure
        code = "promql.counter-function"
        yield Remark(code, summary, remedy, certain=False, part=at, fix=fixed, suggestion=is_named)


def _comparisons(reviewed: Reviewed) -> Iterator[Remark]:
    """Counters compared with a number that they have passed sooner or later."""
    for _, side, _, number in reviewed.limits:
        counter = raw_counter(side)
        if counter is None or not number or side.value.range.high < inf:  # with a highest, it was compared before
            continue
        # In a panel, a table may well list what has restarted more than three times.
        if not counter.value.is_sure and not reviewed.is_alert:
            continue
        summary = f"{_name(counter)} is compared as it is: it counts since the start of its process"
        fixed = ""
        if counter.is_selector:
            fixed = reviewed.with_(counter, f"increase({text(counter.node)}[5m])")
        remedy = f"Compare what is new, as in `{fixed}`." if fixed else "Compare its `rate()` or `increase()`."
        is_named = not counter.value.is_sure
        at = reviewed.at(counter)
        yield Remark("promql.raw-counter", summary, remedy, certain=False, part=at, suggestion=is_named)


def _quotients(reviewed: Reviewed) -> Iterator[Remark]:
    """Counters divided as they are: what happens now hardly moves the quotient of all since the start."""
    for pair in reviewed.pairs:
        if pair.name != "/":
            continue
        left, right = pair.below
        if (above := raw_counter(left)) is None or (below := raw_counter(right)) is None or _is_comparable(pair):
            continue
        summary = "counters are divided as they are, so this is an average since the start of their processes"
        remedy = "Divide the `rate()` or `increase()` of each."
        is_sure = above.value.is_sure and below.value.is_sure and reviewed.is_alert
        at = reviewed.at(pair)
        yield Remark("promql.raw-counter", summary, remedy, certain=False, part=at, suggestion=not is_sure)


def _is_comparable(pair: Typed) -> bool:
    """Return whether counters may well be divided as they are: those of one histogram or summary, of which people show
    the average since the start, and with the value at another time.
    """
    selectors = [part for part in pair.walk() if part.is_selector]
    stems = {_PART.sub("", part.name) for part in selectors if _PART.search(part.name)}
    is_one = len(stems) == 1 and all(_PART.search(part.name) for part in selectors)
    return is_one or any(part.node.offset is not None or part.node.at is not None for part in selectors)


def _name(part: Typed) -> str:
    if not part.value.metric:
        return "a sum of counters"
    name = f"`{part.value.metric}`"
    return f"the counter {name}" if part.value.is_sure else f"{name}, a counter by its name,"


def _windows(reviewed: Reviewed) -> Iterator[Remark]:
    """Windows that do not hold two samples."""
    for call in reviewed.calls:
        matrix = next((each for each in call.below if isinstance(each.node, p.MatrixSelector)), None)
        if call.name not in OF_TWO or matrix is None:
            continue
        window, interval = matrix.node.range.total_seconds(), matrix.value.interval
        if not interval or window >= 2 * interval:
            continue
        certain = window < interval
        how = "never holds" if certain else "often does not hold"
        summary = (
            f"the window of {window:g} s {how} the two samples that `{call.name}()` needs: "
            f"`{matrix.below[0].name}` is scraped every {interval:g} s"
        )
        remedy = f"Use a window of at least `[{_duration(_GOOD_SCRAPES * interval)}]`."
        yield Remark("promql.short-window", summary, remedy, certain, reviewed.at(call))


def _steps(reviewed: Reviewed) -> Iterator[Remark]:
    """Subqueries whose window does not hold two steps."""
    for call in reviewed.calls:
        subquery: Any = next((each.node for each in call.below if isinstance(each.node, p.SubqueryExpr)), None)
        if call.name not in OF_TWO or subquery is None or subquery.step is None:
            continue
        window, step = subquery.range.total_seconds(), subquery.step.total_seconds()
        if window <= step:
            summary = (
                f"the window of {window:g} s never holds the two samples that `{call.name}()` needs: "
                f"the subquery has one every {step:g} s"
            )
            remedy = "Use a longer window, or a shorter step after the colon."
            yield Remark("promql.short-window", summary, remedy, certain=False, part=reviewed.at(call))


def _duration(seconds: float) -> str:
    whole = int(seconds + 0.999)
    return f"{whole // 60}m" if whole % 60 == 0 else f"{whole}s"


def _instants(reviewed: Reviewed) -> Iterator[Remark]:
    """`irate()` in an alert: two samples decide, wherever in the window they are."""
    for call in reviewed.calls if reviewed.is_alert else ():
        if call.name != "irate" or not call.below or not isinstance(call.below[0].node, p.MatrixSelector):
            continue
        window = call.below[0].node.range.total_seconds()
        if window > _LONG_SECONDS:
            fixed = reviewed.with_(call, f"rate({text(call.below[0].node)})")
            summary = f"`irate()` looks at the last two samples only, not at its window of {_duration(window)}"
            yield Remark(
                "promql.irate-in-alert",
                summary,
                f"Write `{fixed}`.",
                certain=False,
                part=reviewed.at(call),
                fix=fixed,
            )


LOOKS: tuple[Look, ...] = (_rates, _sums, _functions, _comparisons, _quotients, _windows, _steps, _instants)
