"""The labels that the result of an expression can have, as far as they are known."""

from __future__ import annotations

from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import Catalogue
from stackctl.promql.nodes import bare, metric, parse

# None stands for any labels.
Labels = frozenset[str] | None

_NONE: frozenset[str] = frozenset()
# Aggregations whose result is some of the series that they are given.
_PICKING = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_WITHOUT_LABELS = frozenset({"vector", "scalar", "time", "pi"})
_ABSENT = frozenset({"absent", "absent_over_time"})
# Functions that give labels of their own: the argument that names the label.
_ADDING = {"label_replace": 1, "label_join": 1}
_GROUPED = (p.VectorMatchCardinality.ManyToOne, p.VectorMatchCardinality.OneToMany)
# Functions that bring labels of other series.
_OPEN = frozenset({"info"})


def result_labels(expr: str, catalogue: Catalogue) -> Labels:
    """All labels that a series of the result can have; None when it may be any."""
    try:
        return _labels(parse(expr), catalogue)
    except ValueError:
        return None


def _labels(node: Any, catalogue: Catalogue) -> Labels:
    node = bare(node)
    if isinstance(node, p.NumberLiteral | p.StringLiteral):
        return _NONE
    if isinstance(node, p.VectorSelector):
        known = catalogue.series.get(metric(node))
        return frozenset(known.labels) if known and known.labels is not None else None
    if isinstance(node, p.MatrixSelector):
        return _labels(node.vector_selector, catalogue)
    if isinstance(node, p.UnaryExpr | p.SubqueryExpr):
        return _labels(node.expr, catalogue)
    if isinstance(node, p.AggregateExpr):
        return _aggregated(node, catalogue)
    if isinstance(node, p.BinaryExpr):
        return _paired(node, catalogue)
    return _called(node, catalogue) if isinstance(node, p.Call) else None


def _aggregated(node: Any, catalogue: Catalogue) -> Labels:
    below = _labels(node.expr, catalogue)
    operation = str(node.op)
    if operation in _PICKING:
        return below
    modifier = node.modifier
    if modifier is None:
        kept: Labels = _NONE
    elif modifier.type == p.AggModifierType.By:
        kept = frozenset(modifier.labels) if below is None else below & frozenset(modifier.labels)
    else:
        kept = None if below is None else below - frozenset(modifier.labels)
    if operation == "count_values" and kept is not None:
        return kept | {node.param.val} if isinstance(node.param, p.StringLiteral) else None
    return kept


def _called(node: Any, catalogue: Catalogue) -> Labels:
    name = node.func.name
    if name in _OPEN:
        return None
    if name in _WITHOUT_LABELS or not node.args:
        return _NONE
    if name in _ABSENT:
        return _of_absent(node.args[0])
    below = [_labels(argument, catalogue) for argument in node.args if not isinstance(argument, p.StringLiteral)]
    if any(each is None for each in below):
        return None
    labels = _NONE.union(*(each for each in below if each is not None))
    if name in _ADDING:
        added = node.args[_ADDING[name]]
        return labels | {added.val} if isinstance(added, p.StringLiteral) else None
    return labels


def _of_absent(node: Any) -> Labels:
    """Return the labels of absent(): those that were selected, each with one value."""
    node = bare(node)
    selector = node.vector_selector if isinstance(node, p.MatrixSelector) else node
    if not isinstance(selector, p.VectorSelector):
        return _NONE
    return frozenset(each.name for each in selector.matchers.matchers if each.op == p.MatchOp.Equal) - {"__name__"}


def _paired(node: Any, catalogue: Catalogue) -> Labels:
    left, right = _labels(node.lhs, catalogue), _labels(node.rhs, catalogue)
    if _is_scalar(node.lhs):
        return right
    if _is_scalar(node.rhs):
        return left
    operation = str(node.op)
    if operation == "or":
        return None if left is None or right is None else left | right
    if operation in ("and", "unless"):
        return left
    modifier = node.modifier
    matching = modifier.matching if modifier else None
    if modifier is not None and modifier.card in (
        p.VectorMatchCardinality.ManyToOne,
        p.VectorMatchCardinality.OneToMany,
    ):
        return _grouped(modifier, left, right)
    if modifier is not None and (modifier.fill_values.lhs is not None or modifier.fill_values.rhs is not None):
        return None if left is None or right is None else left | right
    if matching is None:
        return right if left is None else left if right is None else left & right
    named = frozenset(matching.labels)
    if matching.type == p.LabelModifierType.Include:
        return named
    return None if left is None else left - named


def _grouped(modifier: Any, left: Labels, right: Labels) -> Labels:
    """With `group_left` or `group_right`: the labels of the side of the many, and those that it is given."""
    many = left if modifier.card == p.VectorMatchCardinality.ManyToOne else right
    return None if many is None else many | frozenset(modifier.group_labels or ())


def _is_scalar(node: Any) -> bool:
    node = bare(node)
    if isinstance(node, p.BinaryExpr):
        return _is_scalar(node.lhs) and _is_scalar(node.rhs)
    if isinstance(node, p.UnaryExpr):
        return _is_scalar(node.expr)
    return isinstance(node, p.NumberLiteral) or (
        isinstance(node, p.Call) and bool(node.func.return_type == p.ValueType.Scalar)
    )
