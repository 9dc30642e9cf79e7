"""The expression that all looks are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from stackctl.promql.catalogue import Catalogue
from stackctl.promql.nodes import parse, replaced
from stackctl.promql.remark import Part, Remark
from stackctl.promql.types.infer import infer
from stackctl.promql.types.typed import Typed


@dataclass(frozen=True)
class Reviewed:
    """An expression with what is known of its parts."""

    expr: str
    tree: Any
    typed: Typed
    catalogue: Catalogue
    is_alert: bool = False
    parts: tuple[Typed, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, expr: str, catalogue: Catalogue, *, is_alert: bool = False) -> Reviewed:
        """Raises ValueError when `expr` is not PromQL."""
        typed = infer(expr, catalogue)
        return cls(expr, parse(expr), typed, catalogue, is_alert, tuple(typed.walk()))

    @property
    def selectors(self) -> Iterator[Typed]:
        return (part for part in self.parts if part.is_selector)

    @property
    def calls(self) -> Iterator[Typed]:
        return (part for part in self.parts if part.is_call)

    @property
    def aggregations(self) -> Iterator[Typed]:
        return (part for part in self.parts if part.is_aggregation)

    @property
    def pairs(self) -> Iterator[Typed]:
        return (part for part in self.parts if part.is_pair)

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

    def with_(self, part: Typed, text: str) -> str:
        """Return the whole expression with `text` in place of a part."""
        return replaced(self.tree, part.node, text)


Look: TypeAlias = Callable[[Reviewed], Iterable[Remark]]
