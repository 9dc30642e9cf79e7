"""Parts of expressions with what is known of their results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import promql_parser as p

from stackctl.promql.types.value import NUMBER, Value


@dataclass(frozen=True)
class Typed:
    """A part of an expression with what is known of its result.

    name   of a selector its metric, of a call its function, of an aggregation or a pair its operator, else ""
    below  the parts it is made of, in the order in which they are written; brackets are left out
    index  of a selector, a call or aggregation, or a pair: how many of its sort are written before it
    """

    node: Any
    name: str
    value: Value
    below: tuple[Typed, ...] = ()
    index: int = 0

    def walk(self) -> Iterator[Typed]:
        """Yield this part, and all below it."""
        yield self
        for part in self.below:
            yield from part.walk()

    @property
    def is_selector(self) -> bool:
        return isinstance(self.node, p.VectorSelector)

    @property
    def is_call(self) -> bool:
        return isinstance(self.node, p.Call)

    @property
    def is_aggregation(self) -> bool:
        return isinstance(self.node, p.AggregateExpr)

    @property
    def is_pair(self) -> bool:
        return isinstance(self.node, p.BinaryExpr)

    @property
    def number(self) -> float | None:
        """The value of a literal number, also with a sign; else None."""
        if isinstance(self.node, p.NumberLiteral):
            return float(self.node.val)
        return (
            self.value.range.low
            if self.value.kind == NUMBER and self.value.range.low == self.value.range.high
            else None
        )
