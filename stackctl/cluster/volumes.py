"""The volumes in which servers of a stack keep their data, as their workloads name them. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from stackctl.bounds.json_text import loads
from stackctl.cluster.objects import Thing
from stackctl.cluster.waiting import OPERATED


@dataclass(frozen=True)
class Kept:
    """A server that keeps data: its workload, the number of its pods, and the user that the data belongs to."""

    component: str
    workload: Thing
    replicas: int
    user: int

    @property
    def claims(self) -> tuple[str, ...]:
        """The claim of the volume of each pod: those of its servers the operator names by their pods."""
        if self.workload.kind not in OPERATED:
            return (self.workload.name,)
        return tuple(f"{self._full}-db-{self.pod(number)}" for number in range(self.replicas))

    @property
    def sub_path(self) -> str:
        """The folder of the volume with the data, "" for all of it."""
        return f"{self.workload.kind.lower()}-db" if self.workload.kind in OPERATED else ""

    def pod(self, number: int) -> str:
        """Return the name of a pod of a server that the operator runs."""
        return f"{self._full}-{number}"

    @property
    def _full(self) -> str:
        return f"{self.workload.kind.lower()}-{self.workload.name}"


@dataclass(frozen=True)
class Entry:
    """A backup or a restore that has begun.

    operation    the command
    token        part of the name of all that it makes
    stopped      the workloads that were stopped and have to run again, each with the number of its pods
    snapshot_at  when Prometheus was asked for a snapshot, as Unix time by its own clock; 0 when it was not
    staged       the components in whose volumes data is staged, or about to be
    is_whole     all data is staged and its servers are stopped: it is put in place from then on, and removed until then
    """

    operation: str
    token: str
    stopped: Mapping[str, int] = field(default_factory=dict)
    snapshot_at: float = 0.0
    staged: tuple[str, ...] = ()
    is_whole: bool = False


def written(entry: Entry) -> str:
    """Return an entry as text."""
    return json.dumps(asdict(entry))


def read(text: str) -> Entry | None:
    """Return the entry in a text, None where it is damaged."""
    try:
        found: dict[str, Any] = loads(text)
        stopped = {str(name): int(number) for name, number in found.pop("stopped").items()}
        return Entry(stopped=stopped, staged=tuple(found.pop("staged")), **found)
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
