"""Contracts: the metrics that a service promises."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stackctl.source import Position


@dataclass(frozen=True)
class Label:
    """A label of a metric. `values` are all that it may have, () when they are open; then `examples` may be known."""

    name: str
    values: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class Metric:
    """A metric that a service promises. `kind` is a type of OpenMetrics ("counter", "histogram", "stateset", ...).

    buckets    upper bounds of a histogram, ascending, without +Inf; () leaves them to the client library
    quantiles  of a summary
    states     of a state set
    range      what it measures when the service is at rest, and when it is saturated: for `simulate`
    native     whether it is a native histogram, which has series of its own name; with `buckets` it is both
    """

    name: str
    kind: str
    origin: Position
    labels: tuple[Label, ...] = ()
    unit: str = ""
    help: str = ""
    buckets: tuple[float, ...] = ()
    quantiles: tuple[float, ...] = ()
    states: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    native: bool = False

    @property
    def samples(self) -> tuple[str, ...]:
        """The names under which its series are found."""
        if self.native and not self.buckets:
            return (self.name,)
        parts = {"histogram": ("_bucket", "_sum", "_count"), "summary": ("", "_sum", "_count")}.get(self.kind, ("",))
        return tuple(f"{self.name}{part}" for part in parts)


@dataclass(frozen=True)
class Contract:
    """The metrics that a service promises.

    `file` is the file that holds them, "" where the manifest does; `values` are those of its placeholders.
    """

    metrics: tuple[Metric, ...]
    origin: Position
    file: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
