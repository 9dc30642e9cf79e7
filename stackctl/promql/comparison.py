"""The comparison with a number that decides whether an alert fires."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import promql_parser as p

from stackctl.promql.nodes import COMPARISONS, bare, parse, text

# Operators whose result is of the series on their left.
_NARROWING = frozenset({"and", "unless"})


@dataclass(frozen=True)
class Comparison:
    """The expression on the left, the operator, and the number as it is written."""

    left: str
    operator: str
    limit: str


def comparison(expr: str) -> Comparison | None:
    """Return the comparison that an expression consists of, also where `and` or `unless` follow it; else None."""
    try:
        node = bare(parse(expr))
    except ValueError:
        return None
    while isinstance(node, p.BinaryExpr) and str(node.op) in _NARROWING:
        node = bare(node.lhs)
    if not isinstance(node, p.BinaryExpr) or str(node.op) not in COMPARISONS or _returns_bool(node):
        return None
    limit = bare(node.rhs)
    if not _is_number(limit) or _is_number(bare(node.lhs)):
        return None
    return Comparison(text(node.lhs), str(node.op), text(limit))


def _returns_bool(node: Any) -> bool:
    return bool(node.modifier and node.modifier.return_bool)


def _is_number(node: Any) -> bool:
    return isinstance(bare(node.expr) if isinstance(node, p.UnaryExpr) else node, p.NumberLiteral)
