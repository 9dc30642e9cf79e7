"""Labels that an expression groups or matches by, which are slips of the labels that its metrics have.

Rules for many set-ups name labels that only some of these have. So a label that no series has is a failure only where
it is nearly one that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import promql_parser as p

from stackctl.backing.verdict import Verdict
from stackctl.promql.nearest import closest, is_slip
from stackctl.promql.nodes import find, metrics, parse, text, walk

# Labels as long as this are known with two letters mistyped; in shorter ones, as `code` and `node`, one is missing.
_LONG = 7
_MAKING = ("label_replace", "label_join")


def misspelt(expr: str, known: Collection[str], labels_of: Callable[[str], Collection[str]]) -> Verdict | None:
    """Return the failure of the first label of `expr` that is a slip, or None.

    `known` are the labels of all series, `labels_of` gives those of the series of one name. Raises ValueError when
    `expr` is not PromQL.
    """
    for named, below in _named(parse(expr)):
        unknown = [label for label in named if label not in known]
        if not unknown:
            continue
        names = frozenset[str]().union(*(metrics(text(each)) for each in below))
        if not names or "" in names or any(_makes_labels(each) for each in below):
            continue
        there = {label for name in names for label in labels_of(name)} - {*named, "__name__"}
        for label in unknown:
            near = closest(label, there, 0.75)
            if near and _is_slip(label, near):
                shown = ", ".join(f"`{name}`" for name in sorted(names))
                return Verdict(
                    "fail", f"no series has the label `{label}`", f"Did you mean `{near}`, which {shown} has?"
                )
    return None


def _named(tree: Any) -> Iterator[tuple[list[str], tuple[Any, ...]]]:
    """Yield the labels that are named for some parts, and these parts."""
    for node in find(tree, p.AggregateExpr):
        if node.modifier:
            yield list(node.modifier.labels), (node.expr,)
    for node in find(tree, p.BinaryExpr):
        modifier = node.modifier
        if modifier and modifier.matching:
            yield list(modifier.matching.labels), (node.lhs, node.rhs)
        if modifier and modifier.group_labels:
            yield list(modifier.group_labels), (node.lhs, node.rhs)


def _makes_labels(tree: Any) -> bool:
    """Return whether a part of an expression adds labels."""
    return any(
        (isinstance(node, p.Call) and node.func.name in _MAKING)
        or (isinstance(node, p.AggregateExpr) and str(node.op) == "count_values")
        for node in walk(tree)
    )


def _is_slip(label: str, meant: str) -> bool:
    if min(len(label), len(meant)) >= _LONG:
        return is_slip(label, meant)
    longer, shorter = sorted((label, meant), key=len, reverse=True)
    return len(longer) == len(shorter) + 1 >= 5 and any(
        longer[:at] + longer[at + 1 :] == shorter for at in range(len(longer))
    )
