"""The series that an expression can have as its result: the labels that tell them apart, and how many there can be."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from math import prod
from typing import Any

import promql_parser as p

from stackctl.promql import grafana
from stackctl.promql.catalogue import Catalogue
from stackctl.promql.nodes import parse

# More series than this need a table to be read; a list at the bottom wraps, and has no values.
FEW = 6

_KEEPS_SERIES = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_NO_LABELS = frozenset({"scalar", "vector", "time", "pi", "absent", "absent_over_time"})
_ADDS_LABEL = frozenset({"label_replace", "label_join"})
_COUNTS = frozenset({"count", "count_values", "group"})
_COUNT_FUNCTIONS = frozenset({"changes", "resets", "count_over_time"})
# Labels whose values are few by nature, and how many there usually are.
_USUAL = {
    "area": 2, "code": 5, "direction": 2, "edition": 1, "gc": 3, "generation": 3, "kind": 3, "outcome": 3,
    "quantile": 4, "result": 3, "severity": 3, "state": 6, "status": 5, "status_code": 5, "mode": 6,
}  # fmt: skip
_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_]\w*)\s*\}\}")
_PLAIN_ALTERNATIVES = re.compile(r"[\w-]+(\|[\w-]+)*")
# A limit that a variable holds.
_OPEN_LIMIT = re.compile(r"\b(?:topk|bottomk|limitk)(?:\s*(?:by|without)\s*\([^)]*\))?\s*\(\s*(?:\$|\[\[)")
# What every target serves, so that only `job` and `instance` together name one of its series.
_OF_EVERY_TARGET = re.compile(r"up|scrape_.*|process_.*|ALERTS|go_.*|python_.*")


@dataclass(frozen=True)
class Scope:
    """Facts about the stack that a dashboard asks.

    targets  job -> the number of its targets
    labels   metric with a contract -> its labels
    values   label -> the number of its values, where a contract closes them
    jobs     metric with a contract -> the jobs that serve it
    known    what contracts and recording rules say of the values
    datasource  the uid of the datasource of the stack's Prometheus, "" where it is the usual one
    """

    targets: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    values: Mapping[str, int] = field(default_factory=dict)
    jobs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prefixes: Mapping[str, str] = field(default_factory=dict)
    known: Catalogue = field(default_factory=Catalogue)
    datasource: str = ""

    def serving(self, metric: str) -> tuple[str, ...]:
        """The jobs that serve a metric; none when they are not known."""
        by_prefix = tuple(job for prefix, job in self.prefixes.items() if metric.startswith(prefix))
        return self.jobs.get(metric) or by_prefix


@dataclass(frozen=True)
class Result:
    """The series of a result.

    labels  tell them apart; None when they are those of the metrics, which the expression does not say
    most    how many there can be at most, by `topk` and the like; None without such a limit
    extra   series without a label of their own, as `or vector(0)` adds one
    """

    labels: tuple[str, ...] | None
    metrics: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    most: int | None = None
    extra: int = 0
    counts: bool = False

    @property
    def is_one(self) -> bool:
        return (self.labels == () or self.most == 1) and not self.extra


@lru_cache(10_000)
def result_of(expr: str) -> Result | None:
    """The series that `expr`, as a dashboard holds it, can have; None when it cannot be read."""
    try:
        found = _result(parse(grafana.runnable(expr, {})))
    except (ValueError, RecursionError):
        return None
    if _OPEN_LIMIT.search(expr):
        found = replace(found, most=None)
    # A label that a variable names cannot be known.
    hidden = found.labels is not None and "x" in found.labels and bool(grafana.references(expr))
    return Result(None, found.metrics, found.jobs, found.most) if hidden else found


def legend_of(result: Result | None, title: str, scope: Scope) -> str:
    """A legend that names each series by the labels that tell it from the others; `title` where there is one series."""
    if result is None:
        return ""
    labels = _labels(result, scope)
    return " ".join(f"{{{{{label}}}}}" for label in labels) if labels else title


def told_by(result: Result | None, legend: str) -> Result | None:
    """`result` with the labels that its legend names, where the expression itself does not say them.

    A legend without a label is the name of one series.
    """
    if result is None or result.labels is not None or legend in ("", "__auto"):
        return result
    return replace(result, labels=tuple(dict.fromkeys(_PLACEHOLDER.findall(legend))))


def possible(results: Iterable[Result | None], scope: Scope) -> int | None:
    """Return how many series there can be together; None when nothing limits them."""
    counts = [_possible(result, scope) for result in results]
    return None if any(count is None for count in counts) else sum(count or 0 for count in counts)


def _possible(result: Result | None, scope: Scope) -> int | None:
    if result is None:
        return None
    counts = [_values(label, result, scope) for label in _labels(result, scope)]
    known = None if None in counts else prod(count or 1 for count in counts)
    limits = [limit for limit in (known, result.most) if limit is not None]
    return min(limits) + result.extra if limits else None


def _values(label: str, result: Result, scope: Scope) -> int | None:
    """Return how many values a label has in a result; None when nothing limits them."""
    if label == "job":
        return len(_jobs(result, scope)) or len(scope.targets) or None
    if label == "instance":
        counts = [scope.targets.get(job) for job in _jobs(result, scope)]
        return None if not counts or None in counts else max(1, sum(count or 0 for count in counts))
    return scope.values.get(label, _USUAL.get(label))


def _jobs(result: Result, scope: Scope) -> tuple[str, ...]:
    """The jobs that serve what a result is made of; none when they are not known."""
    if result.jobs:
        return result.jobs
    served = [scope.serving(name) for name in result.metrics]
    return tuple(dict.fromkeys(job for jobs in served for job in jobs)) if all(served) else ()


def _labels(result: Result, scope: Scope) -> tuple[str, ...]:
    """The labels of a result; where the expression does not say, those of the metric's contract and of its target."""
    if result.labels is not None:
        return result.labels
    own = tuple(dict.fromkeys(label for name in result.metrics for label in scope.labels.get(name, ())))
    everywhere = any(_OF_EVERY_TARGET.fullmatch(name) for name in result.metrics)
    target = ("job", "instance") if everywhere and not result.jobs else ("instance",)
    return tuple(dict.fromkeys((*target, *own)))


# -- reading of the syntax tree ---------------------------------------------------------------------------------


def _result(node: Any) -> Result:
    match node:
        case p.AggregateExpr():
            return _aggregate(node)
        case p.BinaryExpr():
            return _binary(node)
        case p.Call():
            return _call(node)
        case p.ParenExpr() | p.SubqueryExpr() | p.UnaryExpr():
            return _result(node.expr)
        case p.MatrixSelector():
            return _selector(node.vector_selector)
        case p.VectorSelector():
            return _selector(node)
    return Result(())


def _selector(node: Any) -> Result:
    equal = {each.name: each.value for each in node.matchers.matchers if str(each.op) == "MatchOp.Equal"}
    name = node.name or equal.get("__name__", "")
    jobs = [equal["job"]] if "job" in equal else _alternatives(node)
    return Result(None, (name,) if name else (), tuple(jobs))


def _alternatives(node: Any) -> list[str]:
    """The jobs of a matcher like `job=~"api|worker"`; none where it is another regular expression."""
    matched = [each.value for each in node.matchers.matchers if each.name == "job" and str(each.op) == "MatchOp.Re"]
    return matched[0].split("|") if len(matched) == 1 and _PLAIN_ALTERNATIVES.fullmatch(matched[0]) else []


def _aggregate(node: Any) -> Result:
    inner, op = _result(node.expr), str(node.op)
    if op in _KEEPS_SERIES:
        limit = int(node.param.val) if op != "limit_ratio" and isinstance(node.param, p.NumberLiteral) else None
        return Result(inner.labels, inner.metrics, inner.jobs, limit, counts=inner.counts)
    by = node.modifier
    if by is not None and not str(by.type).endswith("By"):
        labels: tuple[str, ...] | None = None
    else:
        labels = tuple(by.labels) if by is not None else ()
    if op == "count_values" and labels is not None and isinstance(node.param, p.StringLiteral):
        labels = (*labels, node.param.val)
    counts = op in _COUNTS or (inner.counts and op != "avg")
    return Result(labels, inner.metrics, inner.jobs, counts=counts)


def _call(node: Any) -> Result:
    name = node.func.name
    if name in _NO_LABELS:
        return Result(())
    inner = next((found for found in map(_result, node.args) if found.labels != () or found.metrics), Result(()))
    labels = inner.labels
    if name == "histogram_quantile" and labels is not None:
        labels = tuple(label for label in labels if label != "le")
    if name in _ADDS_LABEL and labels is not None and isinstance(node.args[1], p.StringLiteral):
        labels = tuple(dict.fromkeys((*labels, node.args[1].val)))
    return Result(labels, inner.metrics, inner.jobs, inner.most, inner.extra, name in _COUNT_FUNCTIONS)


def _binary(node: Any) -> Result:
    left, right, op = _result(node.lhs), _result(node.rhs), str(node.op)
    if op == "or":
        return _union(left, right)
    if op in ("and", "unless") or _is_number(node.rhs):
        return Result(left.labels, left.metrics, left.jobs, left.most, left.extra, left.counts and op not in "/%*^")
    if _is_number(node.lhs):
        return Result(right.labels, right.metrics, right.jobs, right.most, right.extra)
    metrics, jobs = (
        tuple(dict.fromkeys(one + two)) for one, two in ((left.metrics, right.metrics), (left.jobs, right.jobs))
    )
    many = right if node.modifier is not None and str(node.modifier.card).endswith("OneToMany") else left
    matching = node.modifier.matching if node.modifier is not None else None
    labels = many.labels
    if matching is not None and many is left and "OneToOne" in str(node.modifier.card):
        named = tuple(matching.labels)
        include = str(matching.type).endswith("Include")
        labels = named if include else None if labels is None else tuple(each for each in labels if each not in named)
    counts = left.counts and right.counts and op in ("+", "-")
    return Result(labels, metrics, jobs, many.most, counts=counts)


def _union(left: Result, right: Result) -> Result:
    """`or`: what the right side adds has the labels of the left, or none (`or vector(0)`)."""
    metrics, jobs = _joined(left.metrics, right.metrics), _joined(left.jobs, right.jobs)
    counts = left.counts and (right.counts or not right.metrics)
    if left.labels == () and right.labels == ():
        return Result((), metrics, jobs, counts=counts)
    if right.labels == ():
        return Result(left.labels, metrics, jobs, left.most, left.extra + 1, counts)
    labels = None if left.labels is None or right.labels is None else tuple(dict.fromkeys(left.labels + right.labels))
    return Result(labels, metrics, jobs, counts=counts)


def _joined(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one + other))


def _is_number(node: Any) -> bool:
    """Return whether the node is a number, or a scalar made of numbers."""
    match node:
        case p.NumberLiteral():
            return True
        case p.ParenExpr() | p.UnaryExpr():
            return _is_number(node.expr)
        case p.BinaryExpr():
            return _is_number(node.lhs) and _is_number(node.rhs)
        case p.Call():
            return node.func.name in ("time", "scalar", "pi")
    return False
