"""Catalogues of components: the metrics that each is known to serve, in `NAME.metrics` next to its file.

A line is a type, a name and labels: `counter node_cpu_seconds_total cpu mode=idle|user`. After a label, `?` says that
not all series have it, and `=` lists all the values that it can have. `*` stands for labels that are not known, and at
the end of a name for any rest of it: such metrics depend on the machine, the server or a setting. The type `unknown` is
also that of what is exported as a gauge and only grows. In `counter[milliseconds]` the unit is said that the name does
not say. The first lines say what was asked, and when.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from stackctl.bounds import files

_HERE = Path(__file__).parent
_TYPE = re.compile(r"(counter|gauge|info|histogram|summary|unknown)(?:\[(\w+)\])?")


@dataclass(frozen=True)
class ServedMetric:
    """A metric of a component.

    kind      "counter", "gauge", "info", "histogram", "summary", or "" where it is not known
    labels    label -> all its values, () where they are not known
    optional  those labels that not all series have
    is_open   whether it may have other labels
    """

    kind: str
    labels: Mapping[str, tuple[str, ...]]
    optional: frozenset[str] = frozenset()
    is_open: bool = False
    unit: str = ""


@dataclass(frozen=True)
class ServedMetrics:
    """All that is known of the metrics of a component; `families` are the beginnings of names that may go on anyhow."""

    metrics: Mapping[str, ServedMetric]
    families: tuple[str, ...] = ()


NOTHING = ServedMetrics({})


@cache
def served(component: str) -> ServedMetrics:
    """Return the catalogue of a component, an empty one where it has none."""
    path = _HERE / f"{component}.metrics"
    return parsed(files.read_text(path)) if path.is_file() else NOTHING


def parsed(text: str) -> ServedMetrics:
    """Return what the lines of a catalogue say. Raises ValueError for a type that is none."""
    metrics: dict[str, ServedMetric] = {}
    families: list[str] = []
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        written, name, *labels = line.split()
        if name.endswith("*"):
            families.append(name[:-1])
            continue
        if not (found := _TYPE.fullmatch(written)):
            raise ValueError(f"not a type of a metric: {written}")
        kind, unit = found[1], found[2] or ""
        pairs = [label.partition("=") for label in labels if label != "*"]
        metrics[name] = ServedMetric(
            "" if kind == "unknown" else kind,
            {label.rstrip("?"): tuple(values.split("|")) if values else () for label, _, values in pairs},
            frozenset(label[:-1] for label, _, _ in pairs if label.endswith("?")),
            "*" in labels,
            unit,
        )
    return ServedMetrics(metrics, tuple(families))
