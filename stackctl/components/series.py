"""The metrics that a component is simulated by, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from stackctl.model import Label, Metric
from stackctl.source import Position

Range: TypeAlias = tuple[float, float]
GIB = 1024.0**3
_NOWHERE = Position("")


def counter(name: str, range: Range, /, **labels: Sequence[str]) -> Metric:
    """Return a counter that grows by `range` in a second: at rest, and when saturated."""
    return _metric(name, "counter", range, labels)


def gauge(name: str, range: Range | None = None, /, **labels: Sequence[str]) -> Metric:
    """Return a gauge with the values `range`: at rest, and when saturated."""
    return _metric(name, "gauge", range, labels)


def _metric(name: str, kind: str, range: Range | None, labels: dict[str, Sequence[str]]) -> Metric:
    return Metric(name, kind, _NOWHERE, tuple(Label(key, tuple(values)) for key, values in labels.items()), range=range)
