"""Counters that an expression shows as they are: all that was counted since their processes started."""

from __future__ import annotations

from stackctl.promql.types.typed import Typed
from stackctl.promql.types.value import COUNTER, SUM


def raw_counter(part: Typed) -> Typed | None:
    """Return the counter that a part shows as it is, also multiplied by a number or added to others; None for none.

    The difference of two counters may be what there is now: of what was created, what was not deleted.
    """
    if part.value.kind in (COUNTER, SUM):
        return part
    if not part.is_pair or part.name not in ("+", "*", "/"):
        return None
    left, right = part.below
    if part.name == "+":
        return raw_counter(left) if raw_counter(right) else None
    if right.number is not None:
        return raw_counter(left)
    return raw_counter(right) if part.name == "*" and left.number is not None else None
