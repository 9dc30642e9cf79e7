"""Conditions on labels that exclude each other."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from stackctl.promql.selectors import Condition

# A regular expression that is a choice of plain words.
_WORDS = re.compile(r"[\w:/ -]+(\|[\w:/ -]+)*")


def contradict(wanted: Collection[tuple[str, str, str]], closed: Mapping[str, tuple[str, ...]]) -> bool:
    """Return whether no series can fulfil all of the conditions. `closed` has labels with all that they may be."""
    conditions = [Condition(*each) for each in wanted]
    return any(
        no_value([each for each in conditions if each.label == label], closed.get(label, ()))
        for label in {each.label for each in conditions}
    )


def no_value(conditions: Collection[Condition], closed: Collection[str]) -> bool:
    """Return whether the conditions on one label exclude each other; where that is not certain, they do not."""
    for each in conditions:
        if (values := closed or listed_values(each)) and not any(all(c.accepts(v) for c in conditions) for v in values):
            return True
    patterns = {each.value for each in conditions if each.operator == "=~"}
    return any(each.operator == "!~" and each.value in patterns for each in conditions)


def listed_values(condition: Condition) -> list[str]:
    """Return all values that a condition accepts, or [] where they cannot be listed."""
    if condition.operator == "=":
        return [condition.value]
    listed = condition.operator == "=~" and _WORDS.fullmatch(condition.value)
    return condition.value.split("|") if listed else []
