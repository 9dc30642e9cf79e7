"""The changes that a drill is made of, on the two servers that an alert passes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c

if TYPE_CHECKING:
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.prometheus import Prometheus
    from stackctl.operations.live import Live
    from stackctl.progress import Progress
    from stackctl.tree import Tree

_CHANGE_SECONDS = 30.0
_END_SECONDS = 20.0


@dataclass(frozen=True)
class Servers:
    """The two that an alert passes, with all replicas of each, by the names that people know them by."""

    prometheus: Mapping[str, Prometheus]
    alertmanagers: Mapping[str, Alertmanager]

    @classmethod
    def of(cls, live: Live) -> Servers:
        from stackctl.operations.live import alertmanager, prometheus

        units = {unit.name: unit for unit in live.current.units()}
        return cls(
            {"Prometheus": prometheus(units[c.PROMETHEUS], live.current)},
            {"Alertmanager": alertmanager(units[c.ALERTMANAGER], live.current)},
        )

    def await_connection(self) -> None:
        """Wait until Prometheus knows its Alertmanager, which takes it some seconds after a start.

        What fires before is sent a minute later only. If it never does, the drill will say so.
        """
        from stackctl.wait import TimedOut, wait_until

        with suppress(TimedOut):
            wait_until(
                lambda: min(len(each.alertmanagers()) for each in self.prometheus.values()),
                lambda fewest: fewest >= len(self.alertmanagers),
                2 * c.TARGET_SYNC_SECONDS,
                what="Prometheus to find Alertmanager",
            )


def change_to(manifest: Path, tree: Tree, progress: Progress, *, drop: bool = False) -> None:
    """Bring in `tree` by the same transaction as any other change. `drop`: what it replaces is of no use any more."""
    from stackctl.operations.live import Live, Target
    from stackctl.operations.transaction import change

    live = Live.open(manifest)
    old, known = live.current, {one.id for one in live.state.generations()}
    generation = live.state.write(tree)
    if generation.id != old.id or live.running.partly:
        target = Target(generation, tree, fresh=generation.id not in known)
        change(live, target, _CHANGE_SECONDS, progress, trusted=True)
        if drop:
            live.state.discard(old)


def end_alerts(alertmanagers: Iterable[Alertmanager], matcher: str) -> None:
    """Tell each Alertmanager that the drilled alerts, which `matcher` fits, are over: of one whose rule is gone,
    Prometheus says nothing."""
    from stackctl.wait import wait_until

    for each in alertmanagers:
        left = each.alerts(matcher)
        if left:
            each.end([alert.labels for alert in left])
            wait_until(
                partial(each.alerts, matcher), lambda alerts: not alerts, _END_SECONDS,
                what="Alertmanager to resolve the drill's alerts", describe=lambda alerts: f"{len(alerts)} of them",
            )  # fmt: skip
