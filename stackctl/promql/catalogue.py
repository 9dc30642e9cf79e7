"""What is known of the metrics that a stack has, as far as judging an expression needs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

# The parts of a histogram and of a summary are counters, but for the quantiles.
_PARTS = {
    "histogram": {"_bucket": "counter", "_sum": "counter", "_count": "counter"},
    "summary": {"_sum": "counter", "_count": "counter"},
}
_PART_LABELS = {"histogram": ("_bucket", "le"), "summary": ("", "quantile")}


@dataclass(frozen=True)
class Known:
    """One series name: its type ("histogram" for the bare name of one), and its labels with their closed sets.

    `labels` is None when a series may have labels that nobody has declared.
    """

    kind: str
    labels: Mapping[str, tuple[str, ...]] | None


@dataclass(frozen=True)
class Catalogue:
    """The metrics of a stack.

    series     every series name that a contract promises
    names      names that others own: recording rules, and what Prometheus makes itself
    prefixes   how the names of components' metrics begin
    complete   whether a name that is nowhere here cannot exist
    """

    series: Mapping[str, Known] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    complete: bool = False

    def owns(self, name: str) -> bool:
        """Whether somebody serves series of that name."""
        return name in self.series or name in self.names or name.startswith(self.prefixes or ("\0",))

    def nearest(self, name: str) -> str:
        """The known series whose name is most like `name`, or ""."""
        from difflib import get_close_matches

        return next(iter(get_close_matches(name, [*self.series, *self.names], n=1, cutoff=0.8)), "")


def promised(metric: str, kind: str, labels: Mapping[str, tuple[str, ...]] | None) -> Iterable[tuple[str, Known]]:
    """The series names of a metric with what is known of each."""
    parts = _PARTS.get(kind, {})
    own, label = _PART_LABELS.get(kind, ("-", ""))
    for suffix, part in {"": "gauge" if kind == "summary" else kind, **parts}.items():
        extra = {label: ()} if suffix == own else {}
        yield f"{metric}{suffix}", Known(part, None if labels is None else {**labels, **extra})


def merged(one: Known, other: Known) -> Known:
    """Two services may promise a metric of the same name: what holds for either holds."""
    if one.labels is None or other.labels is None or one.kind != other.kind:
        return Known(one.kind, None)
    labels = {
        name: (*one.labels.get(name, ()), *other.labels.get(name, ()))
        if one.labels.get(name, (0,)) and other.labels.get(name, (0,))
        else ()
        for name in {**one.labels, **other.labels}
    }
    return Known(one.kind, labels)


def accepts(regex: str, values: Iterable[str]) -> bool:
    """Whether an anchored regular expression matches one of `values`; yes when that cannot be told."""
    try:
        compiled = re.compile(regex)
    except re.error:
        return True
    return any(compiled.fullmatch(value) for value in values)
