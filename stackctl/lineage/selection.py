"""Selectors of an expression, with what keeps each of them from finding series."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from stackctl.promql.catalogue import UNKNOWN_PART, Catalogue
from stackctl.promql.nodes import matchers
from stackctl.promql.remark import Remark
from stackctl.promql.review import review
from stackctl.promql.selectors import Condition
from stackctl.promql.types.infer import infer

# Findings of a review that mean: an expression finds nothing, or Prometheus refuses to evaluate it.
_BREAKS = frozenset(
    f"promql.{name}"
    for name in (
        "bound",
        "histogram-name",
        "le-lost",
        "lost-label",
        "many-to-many",
        "never-true",
        "no-buckets",
        "no-match",
        "no-value",
        "unknown-label",
        "unknown-metric",
        "unknown-value",
    )
)


@dataclass(frozen=True)
class Selection:
    """A selector: the name of the series, "" for any, conditions on their labels, and why it finds none, or ""."""

    name: str
    conditions: tuple[Condition, ...] = ()
    fault: str = ""

    def accepts(self, label: str, value: str) -> bool:
        return all(each.accepts(value) for each in self.conditions if each.label == label)

    def may_have(self, labels: Mapping[str, str]) -> bool:
        """Return whether it may select series with these labels; the value of a template is not known yet."""
        return all(self.accepts(label, value) for label, value in labels.items() if "{{" not in value)

    def wants(self, label: str) -> bool:
        """Return whether only series that have the label can be selected."""
        return any(each.label == label and each.wants for each in self.conditions)

    def names(self, known: Collection[str]) -> list[str]:
        """Return the names of the series: its own, or all `known` ones that fulfil its conditions on the name."""
        if self.name:
            return [self.name]
        return [name for name in known if self.accepts("__name__", name)] if self.wants("__name__") else []


@dataclass(frozen=True)
class Reading:
    """The selectors of an expression, and the fault that keeps it as a whole from having a result, or ""."""

    selections: tuple[Selection, ...] = ()
    fault: str = ""


def read(expr: str, known: Catalogue, *, is_alert: bool = False) -> Reading:
    """Return what `expr` reads; nothing where it is not PromQL. Selectors whose names have variables are left out."""
    try:
        typed = infer(expr, known)
    except ValueError:
        return Reading()
    remarks = review(expr, known, is_alert=is_alert)
    broken = [each for each in remarks if each.code in _BREAKS and not each.suggestion]
    return Reading(
        tuple(
            Selection(
                part.name,
                tuple(Condition(*each) for each in sorted(matchers(part.node))),
                _said(each for each in broken if _is_about(each, part.index)),
            )
            for part in typed.walk()
            if part.is_selector and UNKNOWN_PART not in part.name
        ),
        _said(each for each in broken if each.part is None or each.part.sort != "selector"),
    )


def _is_about(remark: Remark, index: int) -> bool:
    return remark.part is not None and remark.part.sort == "selector" and remark.part.index == index


def _said(remarks: Iterable[Remark]) -> str:
    return ". ".join(dict.fromkeys(_sentences(remarks)))


def _sentences(remarks: Iterable[Remark]) -> Iterator[str]:
    """Yield a sentence for each remark. One of which `check` only warns may be meant, or is not certain."""
    for remark in remarks:
        sentence = f"{remark.summary}. {remark.remedy}".rstrip(". ")
        yield sentence if remark.certain else f"probably, {sentence}"
