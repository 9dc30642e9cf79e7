"""Results of an expression over series that stay at one level: enough to find where an alert begins to fire."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import promql_parser as p

from stackctl.promql.nodes import OPERATORS, metric, selectors
from stackctl.promql.selectors import Condition

# Functions of a counter, whose level is what it adds in a second.
PER_SECOND = frozenset({"rate", "irate", "deriv"})
OF_SLOPES = PER_SECOND | {"increase", "delta", "idelta"}
# Functions that give back a constant level.
_SAME = frozenset(
    {"avg_over_time", "min_over_time", "max_over_time", "last_over_time", "abs", "sort", "sort_desc", "vector",
     "scalar", "label_replace", "label_join", "predict_linear", "quantile_over_time", "round"}
)  # fmt: skip
_AGGREGATIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "sum": sum,
    "avg": lambda values: sum(values) / len(values),
    "min": min,
    "max": max,
    "count": lambda values: float(len(values)),
    "group": lambda _: 1.0,
}
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda one, other: one / other if other else math.nan,
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
Value = float | list[float]


class Unsupported(ValueError):
    """Raised for an expression that is not understood, with the reason in words."""


@dataclass(frozen=True)
class Series:
    """One series. `slope` says that its level is what it adds in a second.

    With `bounds`, in ascending order, it stands for the buckets of a histogram, whose level is what all observations
    are.
    """

    name: str
    labels: tuple[tuple[str, str], ...]
    slope: bool = False
    bounds: tuple[float, ...] = ()

    def is_selected(self, selector: Any) -> bool:
        return metric(selector) == self.name and accepted(selector, dict(self.labels))


def accepted(selector: Any, labels: Mapping[str, str]) -> bool:
    """Return whether a series with `labels` fulfils the matchers of a selector."""
    return all(each.accepts(labels.get(each.label, "")) for each in conditions(selector))


def conditions(selector: Any) -> list[Condition]:
    """Return the matchers of a selector, without that of the name."""
    return [
        Condition(each.name, OPERATORS[str(each.op)], each.value)
        for each in selector.matchers.matchers
        if each.name != "__name__"
    ]


def values(expr: Any, levels: Mapping[Series, float | None]) -> list[float]:
    """Return the values of the expression's result, whose series have these levels (None: there is no such series).

    Labels are not followed through: both sides of an operator match one to one. Raises Unsupported.
    """
    found = _value(expr, levels)
    return found if isinstance(found, list) else [found]


def _value(node: Any, levels: Mapping[Series, float | None]) -> Value:
    if isinstance(node, p.NumberLiteral):
        return float(node.val)
    if isinstance(node, p.ParenExpr):
        return _value(node.expr, levels)
    if isinstance(node, p.UnaryExpr):
        return _each(_value(node.expr, levels), operator.neg)
    if isinstance(node, p.MatrixSelector):
        return _value(node.vector_selector, levels)
    if isinstance(node, p.VectorSelector):
        if node.offset is not None or node.at is not None:
            raise Unsupported("its expression looks into the past, with `offset` or `@`")
        return [level for each, level in levels.items() if level is not None and each.is_selected(node)]
    if isinstance(node, p.AggregateExpr):
        return _aggregated(node, levels)
    if isinstance(node, p.Call):
        return _called(node, levels)
    if isinstance(node, p.BinaryExpr):
        return _paired(node, levels)
    raise Unsupported("its expression has a subquery" if isinstance(node, p.SubqueryExpr) else "it is not understood")


def _aggregated(node: Any, levels: Mapping[Series, float | None]) -> Value:
    found, name = values(node.expr, levels), str(node.op)
    if name in ("topk", "bottomk"):
        return found
    if name not in _AGGREGATIONS:
        raise Unsupported(f"its expression uses `{name}`, whose result depends on many series")
    return [_AGGREGATIONS[name](found)] if found else []


def _called(node: Any, levels: Mapping[Series, float | None]) -> Value:
    name, arguments = node.func.name, list(node.args)
    if name in ("absent", "absent_over_time"):
        return [] if values(arguments[0], levels) else [1.0]
    if name in ("rate", "irate", "deriv"):
        return values(arguments[0], levels)
    if name in OF_SLOPES and isinstance(arguments[0], p.MatrixSelector):
        seconds = arguments[0].range.total_seconds()
        return [each * seconds for each in values(arguments[0], levels)]
    if name in ("clamp_min", "clamp_max"):
        bound, limit = float(values(arguments[1], levels)[0]), max if name == "clamp_min" else min
        return _each(_value(arguments[0], levels), lambda each: limit(each, bound))
    if name in _SAME:
        at = 1 if name == "quantile_over_time" else 0
        return _value(arguments[at], levels)
    if name == "histogram_quantile":
        return _quantiles(float(values(arguments[0], levels)[0]), arguments[1], levels)
    if name == "time":
        raise Unsupported("its expression depends on the time, which begins at 0 in a test")
    raise Unsupported(f"its expression uses `{name}`, for which no levels can be derived")


def _quantiles(quantile: float, histogram: Any, levels: Mapping[Series, float | None]) -> list[float]:
    """Return quantiles of histograms whose observations are all the same, as far as their buckets tell."""
    below = list(selectors(histogram))
    if len(below) != 1 or not 0 <= quantile <= 1:
        raise Unsupported("its expression takes a quantile of something other than one histogram")
    return [
        _quantile(quantile, level, each.bounds)
        for each, level in levels.items()
        if each.bounds and level is not None and each.is_selected(below[0])
    ]


def _quantile(quantile: float, level: float, bounds: Sequence[float]) -> float:
    lower = max((each for each in bounds if each < level), default=0.0)
    upper = min((each for each in bounds if each >= level), default=lower)
    return lower + (upper - lower) * quantile


def _paired(node: Any, levels: Mapping[Series, float | None]) -> Value:
    name, left, right = str(node.op), _value(node.lhs, levels), _value(node.rhs, levels)
    if isinstance(left, list) and isinstance(right, list):
        if name == "or":
            return left or right
        if name == "unless":
            return [] if right else left
        if name == "and":
            return left if right else []
    if name in _COMPARISONS and not (node.modifier is not None and node.modifier.return_bool):
        compare = _COMPARISONS[name]
        if isinstance(left, list):
            return [each for each, other in _matched(left, right) if compare(each, other)]
        return [other for each, other in _matched(left, right) if compare(each, other)]
    if name not in _ARITHMETIC:
        raise Unsupported(f"its expression uses `{name}`, for which no levels can be derived")
    if not isinstance(left, list) and not isinstance(right, list):
        return _ARITHMETIC[name](left, right)
    return [_ARITHMETIC[name](*pair) for pair in _matched(left, right)]


def _matched(left: Value, right: Value) -> list[tuple[float, float]]:
    if isinstance(left, list):
        return list(zip(left, right if isinstance(right, list) else [right] * len(left), strict=False))
    return [(left, each) for each in (right if isinstance(right, list) else [right])]


def _each(value: Value, change: Callable[[float], float]) -> Value:
    return [change(each) for each in value] if isinstance(value, list) else change(value)
