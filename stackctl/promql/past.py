"""The time from which an expression reads samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import promql_parser as p

from stackctl.promql.duration import shown
from stackctl.promql.nodes import children, parse
from stackctl.promql.remark import Remark


@dataclass(frozen=True)
class Past:
    """The age in seconds of the newest and of the oldest sample that a selector may read."""

    newest: float
    oldest: float


def past_of(expr: str) -> tuple[Past, ...]:
    """Return the past of each selector of `expr`, but of those at a fixed time. Raises ValueError when it is not
    PromQL."""
    return tuple(_past(parse(expr), Past(0.0, 0.0)))


def _past(node: Any, outside: Past, lookback: timedelta | None = None) -> Iterator[Past]:
    """The past of each selector below a node. One without a window looks back so far, if it is to count."""
    if getattr(node, "at", None) is not None:
        return
    if isinstance(node, p.MatrixSelector):
        yield from _past(node.vector_selector, _before(outside, node.range, None))
    elif isinstance(node, p.VectorSelector):
        yield _before(outside, lookback, node.offset)
    else:
        if isinstance(node, p.SubqueryExpr):
            outside = _before(outside, node.range, node.offset)
        for child in children(node):
            yield from _past(child, outside, lookback)


def _before(past: Past, window: timedelta | None, offset: timedelta | None) -> Past:
    longer, earlier = (each.total_seconds() if each else 0.0 for each in (window, offset))
    return Past(past.newest + earlier, past.oldest + earlier + longer)


def ahead(expr: str, lookback: float) -> Remark | None:
    """Return the remark on a rule that reads only samples from after its evaluation; None on another.

    `lookback` is for how many seconds Prometheus looks back for a sample.
    """
    try:
        found = [each for each in _past(parse(expr), Past(0.0, 0.0), timedelta(seconds=lookback)) if each.oldest < 0]
    except ValueError:
        return None  # which is reported elsewhere
    if not found:
        return None
    summary = f"it queries samples from {shown(-found[0].newest)} after its evaluation: it finds nothing"
    return Remark("promql.future", summary, "Write the offset without the minus, or leave it out.", certain=False)


def finds_nothing(expr: str, kept: float) -> bool:
    """Return whether a selector of `expr` reads only samples that are no longer kept. Raises as `past_of`."""
    return any(each.newest > kept for each in past_of(expr))


def beyond(expr: str, kept: float) -> Remark | None:
    """Return the remark on an expression that reads samples which are no longer kept, of which the worst; else None.

    `kept` is for how many seconds Prometheus keeps samples.
    """
    try:
        found = [each for each in past_of(expr) if each.oldest > kept]
    except ValueError:
        return None  # which is reported elsewhere
    if not found:
        return None
    worst = max(found, key=lambda each: (each.newest, each.oldest))
    is_empty = worst.newest > kept
    asked = f"queries samples of {shown(worst.newest)} ago" if is_empty else f"looks back {shown(worst.oldest)}"
    result = "it finds nothing" if is_empty else "older ones are missing in the result"
    summary = f"it {asked}, and Prometheus keeps samples for {shown(kept)}: {result}"
    remedy = f"Set `prometheus: {{retention: {{time: {shown(worst.oldest)}}}}}`, or look back less."
    return Remark("promql.retention", summary, remedy, certain=False)
