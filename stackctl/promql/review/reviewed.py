"""The expression that all looks are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import promql_parser as p

from stackctl.promql.catalogue import Catalogue
from stackctl.promql.nodes import COMPARISONS, parse, replaced
from stackctl.promql.remark import Part, Remark
from stackctl.promql.types.functions import FOR_COUNTERS
from stackctl.promql.types.infer import infer
from stackctl.promql.types.typed import Typed

# An operator -> the same comparison, read from its right side.
SEEN_FROM_RIGHT = {">": "<", ">=": "<=", "<": ">", "<=": ">="}
# A comparison with a number: the pair, its other side, the operator seen from there, the number.
Limit: TypeAlias = tuple[Typed, Typed, str, float]
# The parts that looks ask for, in the order of their fields.
_SORTS = (p.VectorSelector, p.Call, p.AggregateExpr, p.BinaryExpr)


@dataclass(frozen=True)
class Reviewed:
    """An expression with what is known of its parts."""

    expr: str
    tree: Any
    typed: Typed
    catalogue: Catalogue
    is_alert: bool = False
    selectors: tuple[Typed, ...] = field(default=(), repr=False)
    calls: tuple[Typed, ...] = field(default=(), repr=False)
    aggregations: tuple[Typed, ...] = field(default=(), repr=False)
    pairs: tuple[Typed, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, expr: str, catalogue: Catalogue, *, is_alert: bool = False) -> Reviewed:
        """Raises ValueError when `expr` is not PromQL."""
        typed = infer(expr, catalogue)
        sorts: dict[type, list[Typed]] = {each: [] for each in _SORTS}
        for part in typed.walk():
            if (sort := sorts.get(type(part.node))) is not None:
                sort.append(part)
        return cls(expr, parse(expr), typed, catalogue, is_alert, *map(tuple, sorts.values()))

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """Each comparison with a number: the pair, its other side, the operator seen from there, the number."""
        return tuple(self._limits())

    def _limits(self) -> Iterator[Limit]:
        for pair in self.pairs:
            if pair.name not in COMPARISONS:
                continue
            left, right = pair.below
            if right.number is not None and left.number is None:
                yield pair, left, pair.name, right.number
            elif left.number is not None and right.number is None:
                yield pair, right, SEEN_FROM_RIGHT.get(pair.name, pair.name), left.number

    def at(self, part: Typed, label: str = "") -> Part | None:
        """Return where a part is written: a selector or a function at its name, a pair at its operator; or the first
        mention of a label after that.
        """
        if part.is_selector:
            return Part("selector", part.index, label)
        if part.is_pair:
            return Part("operator", part.index, label)
        if part.is_call or part.is_aggregation:
            return Part("call", part.index, label)
        return self.at(part.below[0], label) if part.below else None

    def is_certain_of(self, part: Typed) -> bool:
        """Return whether the labels of a part are certain. Where it is not known what all services serve, one of them
        may serve series that have the name of a record, with other labels.
        """
        records = self.catalogue.records
        return self.catalogue.complete or not any(each.is_selector and each.name in records for each in part.walk())

    def is_exported(self, part: Typed) -> bool:
        """Return whether a part selects what only the catalogue of a component knows."""
        selected = (self.catalogue.known(each.name) for each in part.walk() if each.is_selector)
        return any(known is not None and known.exported for known in selected)

    def with_(self, part: Typed, text: str) -> str:
        """Return the whole expression with `text` in place of a part."""
        return replaced(self.tree, part.node, text)


def window(part: Typed) -> Typed | None:
    """Return the window of a rate, or of a sum of rates; None of anything else."""
    while part.is_aggregation and part.name == "sum":
        part = part.below[-1]
    if part.is_call and part.name in FOR_COUNTERS and isinstance(part.below[0].node, p.MatrixSelector):
        return part.below[0]
    return None


def selected(part: Typed) -> Typed | None:
    """Return the selector of a rate, or of a sum of rates; None of anything else."""
    found = window(part)
    return found.below[0] if found else None


Look: TypeAlias = Callable[[Reviewed], Iterable[Remark]]
