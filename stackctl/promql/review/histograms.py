"""Histograms and summaries: buckets that are no buckets any more, and quantiles that are calculated with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import Catalogue
from stackctl.promql.nodes import bare, metric, selectors, text
from stackctl.promql.remark import Remark
from stackctl.promql.review.reviewed import Look, Reviewed
from stackctl.promql.selectors import word
from stackctl.promql.types.functions import PICKING
from stackctl.promql.types.typed import Typed
from stackctl.promql.types.value import BUCKETS, COUNTER, GAUGE, INFO, QUANTILE, STATE, SUM, SUMMARY

# Functions that take a number between 0 and 1 first.
_QUANTILES = frozenset({"histogram_quantile", "quantile", "quantile_over_time"})
_NO_BUCKETS = frozenset({COUNTER, GAUGE, INFO, STATE, SUM, SUMMARY, QUANTILE})
# Functions that only native histograms can answer.
_NATIVE_ONLY = frozenset(
    {"histogram_avg", "histogram_count", "histogram_sum", "histogram_fraction", "histogram_stddev", "histogram_stdvar"}
)
_SUMMED_OVER_TIME = frozenset({"avg_over_time", "sum_over_time"})
# Aggregations that keep buckets of several histograms the buckets of one: each in the same proportion.
_ADDING = frozenset({"sum", "count", "group", *PICKING})


def _bare_names(reviewed: Reviewed) -> Iterator[Remark]:
    """`histogram_quantile()` of what are no buckets, and the bare name of a classic histogram anywhere else."""
    catalogue = reviewed.catalogue
    inside: set[str] = set()
    for call in reviewed.calls:
        if call.name != "histogram_quantile":
            continue
        whole = next((each for each in selectors(call.node) if _is_classic(metric(each), catalogue)), None)
        if whole is None:
            yield from _quantile_of_buckets(reviewed, call)
            continue
        name = metric(whole)
        inside.add(name)
        buckets = text(whole).replace(name, f"{name}_bucket", 1)
        window = f"sum by (le) (rate({buckets}[{_window(call.node)}]))"
        fixed = reviewed.with_(call, f"histogram_quantile({text(call.node.args[0])}, {window})")
        summary = f"the histogram `{name}` has no series of that name"
        at = next((reviewed.at(part) for part in call.walk() if part.is_selector and part.name == name), None)
        yield Remark("promql.histogram-name", summary, f"Write `{fixed}`.", part=at, fix=fixed)
    for selector in reviewed.selectors:
        name = selector.name
        if name not in inside and _is_classic(name, catalogue):
            remedy = (
                f"Write `{name}_count`, `{name}_sum` or `{name}_bucket`; for a native histogram, add `native: true` to "
                "its contract."
            )
            summary = f"the histogram `{name}` has no series of that name"
            yield Remark("promql.histogram-name", summary, remedy, part=reviewed.at(selector))


def _quantile_of_buckets(reviewed: Reviewed, call: Typed) -> Iterator[Remark]:
    """Buckets have to keep `le`, and to be counted over a while. A native histogram is no set of buckets."""
    argument, value = bare(call.node.args[1]), call.below[-1].value
    if not any(metric(each).endswith("_bucket") for each in selectors(argument)):
        yield from _no_buckets(reviewed, call)
    elif isinstance(argument, p.AggregateExpr) and _loses_le(argument):
        fixed = reviewed.with_(call.below[-1], _with_le(argument))
        summary = "the label `le` is lost before `histogram_quantile()` needs it"
        yield Remark("promql.le-lost", summary, f"Write `{fixed}`.", part=reviewed.at(call.below[-1]), fix=fixed)
    elif isinstance(argument, p.VectorSelector) or (value.kind == BUCKETS and not value.is_rate):
        fixed = reviewed.with_(call.below[-1], f"rate({text(argument)}[5m])") if call.below[-1].is_selector else ""
        summary = "these buckets count since the start of the process, so the quantile hardly moves"
        remedy = f"Write `{fixed}`." if fixed else "Take the `rate()` of the buckets first."
        at = reviewed.at(call.below[-1])
        yield Remark("promql.raw-buckets", summary, remedy, certain=False, part=at, fix=fixed)


def _no_buckets(reviewed: Reviewed, call: Typed) -> Iterator[Remark]:
    value = call.below[-1].value
    if not value.is_sure or value.kind not in _NO_BUCKETS or not value.metric:
        return
    stem = re.sub(r"_(sum|count|total)$", "", value.metric)
    buckets = f"{stem}_bucket"
    remedy = "Use the buckets of a histogram."
    if reviewed.catalogue.known(buckets) is not None:
        remedy = f"Use `{buckets}`."
    elif value.kind == SUMMARY:
        remedy = f'A summary has its quantiles already: select one, as in `{value.metric}{{quantile="0.9"}}`.'
    summary = f"`{value.metric}` is no histogram, so it has no quantiles to calculate"
    yield Remark("promql.no-buckets", summary, remedy, part=reviewed.at(call))


def _native_functions(reviewed: Reviewed) -> Iterator[Remark]:
    for call in reviewed.calls:
        if call.name not in _NATIVE_ONLY or not call.below:
            continue
        value = call.below[-1].value
        if value.is_sure and value.metric and value.kind in _NO_BUCKETS | {BUCKETS}:
            summary = f"`{call.name}()` is for native histograms, and `{value.metric}` is none"
            remedy = "Of a classic histogram, divide the `rate()` of its `_sum` by that of its `_count`."
            yield Remark("promql.no-buckets", summary, remedy, part=reviewed.at(call))


def _aggregated(reviewed: Reviewed) -> Iterator[Remark]:
    """Aggregations of buckets that add up what holds each other, and of quantiles."""
    quantiles = {id(part) for call in reviewed.calls if call.name == "histogram_quantile" for part in call.walk()}
    for part in reviewed.aggregations:
        inside = part.below[-1].value
        at = reviewed.at(part)
        if inside.kind == BUCKETS and inside.is_sure and part.name not in ("count", "group", *PICKING):
            keeps = part.value.labels.may_have("le")
            if keeps and part.name not in _ADDING:
                summary = f"`{part.name}()` of buckets: what is left is not the histogram of all of them"
                yield Remark(
                    "promql.bucket-sum", summary, "Add the buckets up with `sum by (le)`.", certain=False, part=at
                )
            elif not keeps and id(part) not in quantiles:
                total = re.sub(r"_bucket$", "_count", inside.metric)
                summary = "each bucket holds all smaller ones, so their sum counts most events several times"
                remedy = f'Use `{total}`, or select one bucket, as in `le="+Inf"`.'
                yield Remark("promql.bucket-sum", summary, remedy, certain=False, part=at)
        elif inside.kind in (SUMMARY, QUANTILE) and part.name in ("sum", "avg", "stddev"):
            is_named = inside.kind == SUMMARY and not inside.is_sure
            if _keeps_series(part, is_named=is_named):
                continue
            what = {"sum": "a sum", "avg": "an average"}.get(part.name, "a deviation")
            summary = f"{what} of quantiles is no quantile, and no time that any request took"
            remedy = "Add up the buckets with `sum by (le)` first, or take the `max()` of the quantiles."
            yield Remark("promql.quantile-average", summary, remedy, certain=False, part=at, suggestion=is_named)


def _keeps_series(aggregation: Typed, *, is_named: bool) -> bool:
    """Return whether an aggregation leaves each series alone: by all labels, or by one of each target where the others
    are not known.
    """
    possible, kept = aggregation.below[-1].value.labels.possible, aggregation.value.labels
    if possible is not None:
        return kept.possible == possible
    return is_named and any(kept.may_have(label) for label in ("instance", "pod"))


def _averaged_over_time(reviewed: Reviewed) -> Iterator[Remark]:
    """The average of a quantile over time, which smooths a line, and is no quantile of all that happened."""
    for call in reviewed.calls:
        if call.name not in _SUMMED_OVER_TIME or not call.below:
            continue
        inside = call.below[0].value
        if inside.kind in (SUMMARY, QUANTILE):
            summary = f"`{call.name}()` of a quantile is no quantile of that time: quiet minutes count like busy ones"
            remedy = "Calculate the quantile over the longer window, or take `max_over_time()`."
            at = reviewed.at(call)
            yield Remark("promql.quantile-average", summary, remedy, certain=False, part=at, suggestion=True)


def _between_0_and_1(reviewed: Reviewed) -> Iterator[Remark]:
    for part in (*reviewed.calls, *reviewed.aggregations):
        if part.name not in _QUANTILES or len(part.below) < 2:
            continue
        wanted = part.below[0].number
        if wanted is not None and not 0 <= wanted <= 1:
            fixed = reviewed.with_(part.below[0], f"{wanted / 100:g}") if 1 < wanted <= 100 else ""
            summary = f"`{part.name}()` takes a number between 0 and 1; for {wanted:g} the result is infinite"
            remedy = f"Write `{wanted / 100:g}`." if fixed else "Write a number between 0 and 1."
            yield Remark("promql.quantile-range", summary, remedy, part=reviewed.at(part), fix=fixed)


def _is_classic(name: str, catalogue: Catalogue) -> bool:
    known = catalogue.known(name)
    return known is not None and known.kind == "histogram"


def _window(node: Any) -> str:
    """The range in which `node` looks back already, or five minutes."""
    found = re.search(r"\[([^\]:]+)\]", str(node))
    return found[1] if found else "5m"


def _loses_le(aggregate: Any) -> bool:
    """Return whether an aggregation takes the label `le` away; those that pick series keep their labels.

    VictoriaMetrics' own histograms have `vmrange` in its place.
    """
    modifier = aggregate.modifier
    if str(aggregate.op) in PICKING or (modifier is not None and "vmrange" in modifier.labels):
        return False
    if modifier is None:
        return True
    return ("le" in modifier.labels) is not (modifier.type == p.AggModifierType.By)


def _with_le(aggregate: Any) -> str:
    modifier, inner = aggregate.modifier, text(aggregate.expr)
    if modifier is None:
        return f"{aggregate.op} by (le) ({inner})"
    if modifier.type == p.AggModifierType.By:
        return f"{aggregate.op} by ({', '.join(map(word, (*modifier.labels, 'le')))}) ({inner})"
    rest = [label for label in modifier.labels if label != "le"]
    return f"{aggregate.op} without ({', '.join(map(word, rest))}) ({inner})"


LOOKS: tuple[Look, ...] = (_bare_names, _native_functions, _aggregated, _averaged_over_time, _between_0_and_1)
