"""Selectors of an expression, and what the rest of it says about an empty result."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import promql_parser as p

from stackctl.promql.catalogue import accepts
from stackctl.promql.nodes import COMPARISONS, OPERATORS, PLAIN_NAME, children, parse, text, walk

# Functions that need two samples of a series in their window.
_OF_TWO = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear"})
# Functions that are about what is not there.
OF_NONE = frozenset({"absent", "absent_over_time"})
# The step of a subquery that does not say one, as far as it is not configured otherwise, in seconds.
_DEFAULT_STEP = 60.0
# Nodes that may ask for another time.
_TIMED = (p.VectorSelector, p.SubqueryExpr)
_FILTERING = COMPARISONS | {"and", "unless"}


@dataclass(frozen=True)
class Condition:
    """Condition of a selector on a label: `operator` is "=", "!=", "=~" or "!~"."""

    label: str
    operator: str
    value: str

    @property
    def wants(self) -> bool:
        """Return whether only series that have the label fulfil it."""
        return self.operator in ("=", "=~") and not self.accepts("")

    def accepts(self, value: str) -> bool:
        if self.operator in ("=", "!="):
            return (value == self.value) == (self.operator == "=")
        return accepts(self.value, [value]) == (self.operator == "=~")

    def __str__(self) -> str:
        return f"{word(self.label)}{self.operator}{json.dumps(self.value, ensure_ascii=False)}"


@dataclass(frozen=True)
class Selector:
    """The series of one name ("" for any) under conditions.

    window  in seconds, 0.0 without one; `of_two` when it must hold two samples of a series
    absent  whether the expression is about there being none
    excluded  whether only what it finds is left out: it is on the right of `unless`
    """

    name: str
    conditions: tuple[Condition, ...] = ()
    window: float = 0.0
    of_two: bool = False
    absent: bool = False
    excluded: bool = False

    @property
    def text(self) -> str:
        """As PromQL, without the window and the offset."""
        plain = bool(PLAIN_NAME.fullmatch(self.name))
        named = [] if plain or not self.name else [json.dumps(self.name, ensure_ascii=False)]
        inside = ", ".join([*named, *map(str, self.conditions)])
        return f"{self.name if plain else ''}{{{inside}}}" if inside else self.name

    def accepts(self, labels: Mapping[str, str]) -> bool:
        """Return whether a series of that name with these labels fulfils the conditions."""
        return all(each.accepts(labels.get(each.label, "")) for each in self.conditions)

    def only(self, *conditions: Condition) -> Selector:
        """The series of the same name under other conditions."""
        return Selector(self.name, conditions)


@dataclass(frozen=True)
class Asked:
    """An expression, read.

    plain     whether it is a number, a text or a window, of which series cannot be counted
    filters   whether it keeps only some of what it finds: an empty result is one of its answers
    joins     whether it matches series of two sides with each other
    fallback  whether it has a result whatever its selectors find: `... or vector(0)`
    excludes  whether it leaves out what another side has, and so has a result without that side: `... unless x`
    past      whether it asks for another time than now
    step      the longest step of its subqueries, in seconds, 0.0 without one
    scalars   the expressions of which `scalar()` takes the only series
    """

    selectors: tuple[Selector, ...]
    plain: bool
    filters: bool
    joins: bool
    fallback: bool
    excludes: bool
    past: bool
    step: float = 0.0
    scalars: tuple[str, ...] = ()


def of_jobs(jobs: Sequence[str]) -> Condition:
    """The condition that series of one of `jobs` fulfil, by their label `job`."""
    if len(jobs) == 1:
        return Condition("job", "=", jobs[0])
    return Condition("job", "=~", "|".join(map(re.escape, sorted(jobs))))


def of_other_jobs(jobs: Sequence[str]) -> Condition:
    """The condition that series of all but `jobs` fulfil, by their label `job`."""
    return Condition("job", "!~", "|".join(map(re.escape, sorted(jobs))))


@lru_cache(10_000)
def read(expr: str) -> Asked:
    """Parse the selectors of `expr`. Raises ValueError when it is not PromQL."""
    tree = parse(expr)
    nodes = list(walk(tree))
    pairs = [node for node in nodes if isinstance(node, p.BinaryExpr)]
    return Asked(
        selectors=tuple(dict.fromkeys(_selectors(tree, "", False))),
        plain=_plain(tree),
        filters=any(str(pair.op) in _FILTERING and not _is_bool(pair) for pair in pairs)
        or any(isinstance(node, p.Call) and node.func.name in OF_NONE for node in nodes),
        joins=any(not is_scalar(pair.lhs) and not is_scalar(pair.rhs) for pair in pairs),
        fallback=any(str(pair.op) == "or" and _made(pair.rhs) for pair in pairs),
        excludes=any(str(pair.op) == "unless" for pair in pairs),
        past=any(node.offset or node.at for node in nodes if isinstance(node, _TIMED)),
        step=max((_step(node) for node in nodes if isinstance(node, p.SubqueryExpr)), default=0.0),
        scalars=tuple(text(node.args[0]) for node in nodes if isinstance(node, p.Call) and node.func.name == "scalar"),
    )


def _step(subquery: Any) -> float:
    return float(subquery.step.total_seconds()) if subquery.step else _DEFAULT_STEP


def _selectors(node: Any, function: str, absent: bool, excluded: bool = False) -> Iterator[Selector]:
    if isinstance(node, p.MatrixSelector):
        window = node.range.total_seconds()
        yield _selector(node.vector_selector, window, function in _OF_TWO, absent, excluded)
        return
    if isinstance(node, p.VectorSelector):
        yield _selector(node, 0.0, False, absent, excluded)
        return
    name = node.func.name if isinstance(node, p.Call) else ""
    is_unless = isinstance(node, p.BinaryExpr) and str(node.op) == "unless"
    for child in children(node):
        yield from _selectors(child, name, absent or name in OF_NONE, excluded or (is_unless and child is node.rhs))


def _selector(node: Any, window: float, of_two: bool, absent: bool, excluded: bool) -> Selector:
    conditions = [Condition(m.name, OPERATORS[str(m.op)], m.value) for m in node.matchers.matchers]
    named = next((each.value for each in conditions if (each.label, each.operator) == ("__name__", "=")), "")
    name = node.name or named
    kept = tuple(each for each in conditions if not (named and each.label == "__name__" and each.operator == "="))
    return Selector(name, kept, window, of_two, absent, excluded)


def _plain(node: Any) -> bool:
    return is_scalar(node) or isinstance(node, p.StringLiteral | p.MatrixSelector | p.SubqueryExpr)


def is_scalar(node: Any) -> bool:
    """Return whether a node is a number, and not series."""
    if isinstance(node, p.ParenExpr | p.UnaryExpr):
        return is_scalar(node.expr)
    if isinstance(node, p.BinaryExpr):
        return is_scalar(node.lhs) and is_scalar(node.rhs)
    if isinstance(node, p.Call):
        return bool(node.func.return_type == p.ValueType.Scalar)
    return isinstance(node, p.NumberLiteral)


def _made(node: Any) -> bool:
    """Return whether a side is made of numbers only."""
    return not any(isinstance(each, p.VectorSelector) for each in walk(node))


def _is_bool(pair: Any) -> bool:
    return pair.modifier is not None and bool(pair.modifier.return_bool)


def may_be_nan(expr: str) -> bool:
    """Return whether an expression has a part that is NaN of ordinary samples: a division, or a quantile of nothing."""
    for node in walk(parse(expr)):
        if isinstance(node, p.BinaryExpr) and str(node.op) in ("/", "%"):
            return True
        if isinstance(node, p.Call) and node.func.name.startswith("histogram_"):
            return True
        if isinstance(node, p.VectorSelector) and any(each.name == "quantile" for each in node.matchers.matchers):
            return True
    return False


def word(name: str) -> str:
    """A label's name as PromQL has it: one that is not a plain word is in quotes."""
    return name if PLAIN_NAME.fullmatch(name) else json.dumps(name, ensure_ascii=False)
