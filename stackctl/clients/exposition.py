"""The metrics that a server serves of itself, read as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Exposition:
    """The text of a server's own metrics. What cannot be read as metrics has no series."""

    text: str

    def series(self, name: str) -> list[tuple[Mapping[str, str], float]]:
        """The labels and the value of each series of `name`."""
        return self._series.get(name, [])

    def total(self, name: str) -> float:
        """The sum over all series of `name`, 0.0 when there is none."""
        return sum(value for _, value in self.series(name))

    @cached_property
    def _series(self) -> Mapping[str, list[tuple[Mapping[str, str], float]]]:
        from prometheus_client.parser import text_string_to_metric_families

        found: dict[str, list[tuple[Mapping[str, str], float]]] = {}
        try:
            for family in text_string_to_metric_families(self.text):
                for sample in family.samples:
                    found.setdefault(sample.name, []).append((sample.labels, sample.value))
        except ValueError:
            return {}
        return found
