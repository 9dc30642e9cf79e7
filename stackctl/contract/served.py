"""Metrics that the targets of a service serve, in the terms of a contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import isfinite, nan

from stackctl.exposition import Exposition, Sample
from stackctl.model import Label, Metric
from stackctl.source import Position

# The part of a name that OpenMetrics keeps out of the TYPE line.
_SUFFIXES = {"counter": "_total", "info": "_info"}
# The label that a type has next to those of the contract.
_PARTS = {"histogram": "le", "summary": "quantile"}
_KINDS = frozenset({"counter", "gauge", "histogram", "summary", "info", "stateset"})


@dataclass(frozen=True)
class Served:
    """A metric of a scrape. `labels`: name -> its values; None as long as there is no series.

    `parts` are the bounds of its buckets, its quantiles or its states.
    """

    name: str
    kind: str
    help: str = ""
    labels: Mapping[str, frozenset[str]] | None = None
    parts: tuple[str, ...] = ()
    is_always_one: bool = False

    @property
    def numbers(self) -> tuple[float, ...]:
        """Its buckets without the last one, or its quantiles."""
        return tuple(sorted({number for part in self.parts if isfinite(number := _number(part))}))

    def promise(self) -> Metric:
        """Return it as a contract promises it.

        The older text format has no type for infos and state sets: a gauge that looks like one is taken for one.
        """
        labels, kind, states = self.labels or {}, self.kind, self.parts if self.kind == "stateset" else ()
        if kind == "gauge" and self.name in labels:
            kind, states = "stateset", tuple(sorted(labels[self.name]))
        elif kind == "gauge" and self.is_always_one and self.name.endswith("_info"):
            kind = "info"
        return Metric(
            name=self.name,
            kind=kind,
            origin=Position(""),
            labels=tuple(Label(label) for label in sorted(labels) if label != self.name),
            help=self.help,
            buckets=self.numbers if kind == "histogram" else (),
            quantiles=self.numbers if kind == "summary" else (),
            states=states,
        )


def served(found: Sequence[Exposition], taken: Set[str]) -> dict[str, Served]:
    """Return the metrics of the scrapes `found`, by name. Prometheus renames labels that are `taken`.

    A metric that has no type, or one that contracts do not know, is left out.
    """
    kinds = {name: kind for each in reversed(found) for name, kind in each.kinds.items()}
    helps = {name: text for each in reversed(found) for name, text in each.helps.items()}
    samples: dict[str, list[Sample]] = {}
    for sample in (sample for each in found for sample in each.samples):
        samples.setdefault(sample.name, []).append(sample)
    metrics: dict[str, Served] = {}
    for announced, kind in kinds.items():
        if kind in _KINDS and not is_creation_time(announced, kinds):
            name = _full_name(announced, kind, samples)
            own = [sample for each in Metric(name, kind, Position("")).samples for sample in samples.get(each, ())]
            metrics[name] = _metric(name, kind, helps.get(announced, ""), own, taken)
    return metrics


def without_type(found: Sequence[Exposition]) -> list[str]:
    """Return the names of series that no TYPE line announces, or only as untyped."""
    known = {
        name
        for each in found
        for announced, kind in each.kinds.items()
        if kind in _KINDS
        for base in (announced, f"{announced}{_SUFFIXES.get(kind, '')}")
        for name in (*Metric(base, kind, Position("")).samples, f"{announced}_created")
    }
    return sorted({sample.name for each in found for sample in each.samples} - known)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return nan


def _full_name(announced: str, kind: str, samples: Mapping[str, Sequence[Sample]]) -> str:
    longer = f"{announced}{_SUFFIXES.get(kind, '')}"
    return longer if longer in samples and announced not in samples else announced


def is_creation_time(name: str, kinds: Mapping[str, str]) -> bool:
    """Return whether a metric only says when another one was created, which client libraries add."""
    base = name.removesuffix("_created")
    return base != name and (base in kinds or f"{base}_total" in kinds)


def _metric(name: str, kind: str, text: str, samples: Sequence[Sample], taken: Set[str]) -> Served:
    part = name if kind == "stateset" else _PARTS.get(kind, "")
    return Served(
        name,
        kind,
        text,
        _labels(samples, taken | {part}, taken) if samples else None,
        tuple(dict.fromkeys(sample.labels[part] for sample in samples if part in sample.labels)),
        all(sample.value in ("1", "1.0") for sample in samples),
    )


def _labels(samples: Iterable[Sample], hidden: Set[str], taken: Set[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for sample in samples:
        for label, value in sample.labels.items():
            if label in taken:
                found.setdefault(f"exported_{label}", set()).add(value)
            elif label not in hidden and value:
                found.setdefault(label, set()).add(value)
    return {label: frozenset(values) for label, values in found.items()}
