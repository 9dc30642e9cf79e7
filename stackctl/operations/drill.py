"""A drill: alerts fire on the running stack, are followed to where they arrive, and leave nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import CheckFailed, InputError, Unavailable

if TYPE_CHECKING:
    from stackctl.checks.finding import Finding
    from stackctl.checks.notified import Failure
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.prometheus import Prometheus
    from stackctl.drill import Arrivals, Drilled, Place, Sink
    from stackctl.operations.live import Live
    from stackctl.operations.session import Session
    from stackctl.tree import Tree

# How long an arrival may take. Real receivers wait for their route's `group_wait` first.
_PATIENCE_SECONDS = 20.0
_LIVE_PATIENCE_SECONDS = 90.0
_CHANGE_SECONDS = 30.0
_END_SECONDS = 20.0


def run(
    manifest: Path,
    session: Session,
    names: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    *,
    live: bool = False,
    patience: float | None = None,
) -> tuple[Finding, ...]:
    """A finding for each alert under drill. The lock is held. Afterwards the stack is what it was.

    Raises InputError for a bad choice of alerts, CheckFailed when the stack is not what the manifest says, and
    Unavailable when a server does not answer.
    """
    from stackctl.drill import choose, finding, watch

    alerts = choose(session.stack, names, labels or {}, live=live)
    _refuse(session, live=live)
    servers = Servers.of(session)
    servers.await_connection()
    seconds = patience or (_LIVE_PATIENCE_SECONDS if live else _PATIENCE_SECONDS)
    led = _live(session, servers) if live else _led_aside(session)
    with led as (tree, ways, arrivals), _set_off(manifest, session, tree(alerts), alerts, servers):
        deliveries = watch(alerts, servers.prometheus, servers.alertmanager, ways, arrivals, seconds)
    return tuple(finding(delivery, seconds) for delivery in deliveries)


def put_out_left_behind(manifest: Path, live: Live) -> None:
    """End the drill that was cut short and left `live` behind, in the order that notifies nobody. The lock is held."""
    from stackctl.drill import before, put_out
    from stackctl.report import console

    left = live.left_by_a_drill()
    tree = live.state.read(left) if left else None
    if tree:
        console.note("a drill was cut short: ending it first")
        servers = Servers.of(live)
        _change_to(manifest, put_out(tree), drop=True)
        _end_alerts(servers)
        known = {one.id: one for one in live.state.generations()}
        whole = live.state.read(known[before(tree)]) if before(tree) in known else None
        if whole:
            _change_to(manifest, whole, drop=True)


def _refuse(session: Session, *, live: bool) -> None:
    """Raise what stands in the way of a drill."""
    from stackctl.drill import undrillable

    if session.stack.alertmanager is None:
        remedy = "Declare an `alertmanager` with a receiver."
        raise InputError.of("there is no Alertmanager: alerts go nowhere", position=session.stack.origin, remedy=remedy)
    if session.state.identify(session.tree) != session.current.id:
        remedy = "Run `stackctl reload`, then drill what is in force."
        raise CheckFailed.of("the running stack is not what the manifest says", remedy=remedy)
    session.refuse_stopped((c.PROMETHEUS, c.ALERTMANAGER))
    if not live and (problems := undrillable(session.tree)):
        raise InputError(*problems)


# -- who is told ----------------------------------------------------------------------------------------------

# Which tree the alerts are led by, the ways of a receiver, and what has arrived.
Led = tuple[
    Callable[[Sequence["Drilled"]], "Tree"],
    Callable[["Drilled", str], Mapping[str, str]],
    Callable[[], "Arrivals"],
]


@contextmanager
def _led_aside(session: Session) -> Iterator[Led]:
    """The receivers are stood in for by a sink of our own."""
    from stackctl.drill import Sink, led_aside, ways
    from stackctl.runtime.callback import callback

    listen, host = callback(session.runtime.name)
    sink, tree = Sink(), session.tree
    with _open(sink, listen, host) as place:
        yield (
            lambda alerts: led_aside(tree, alerts, place),
            lambda alert, receiver: ways(tree, alert, place).get(receiver, {}),
            sink.seen,
        )


@contextmanager
def _open(sink: Sink, listen: str, host: str) -> Iterator[Place]:
    with ExitStack() as stack:
        try:
            place = stack.enter_context(sink.open(listen, host))
        except OSError as error:
            raise Unavailable.of(
                f"cannot listen at {listen} for what the receivers are sent: {error.strerror}",
                remedy="Drill with --live, or see which address Docker's bridge has: `docker network inspect bridge`.",
            ) from error
        yield place


@contextmanager
def _live(session: Session, servers: Servers) -> Iterator[Led]:
    """The real receivers are notified. What they have taken is known by Alertmanager's own account."""
    from stackctl.clients.alertmanager import Account
    from stackctl.drill import Arrivals
    from stackctl.drill.live import blocks, delivered

    tree, begun = session.tree, time.time()
    before = servers.alertmanager.notifications()
    first: dict[str, float] = {}
    chosen: set[str] = set()

    def ways(_: Drilled, receiver: str) -> Mapping[str, str]:
        chosen.add(receiver)
        return blocks(tree, receiver)

    def taken() -> Arrivals:
        accounts, now = servers.alertmanager.notifications(), time.time()
        has_failed = any(each.failed > before.get(key, Account()).failed for key, each in accounts.items())
        failures = _failures(session, begun) if has_failed else []
        well = delivered(tree, chosen, before, accounts, failures)
        times = {way: first.setdefault(way, now) for way in well}
        faults = {f"{each.receiver}/{each.integration}": each.reason for each in failures}
        return Arrivals(times, {way: reason for way, reason in faults.items() if way not in times})

    yield lambda _: tree, ways, taken


def _failures(session: Session, since: float) -> list[Failure]:
    """The notifications that have failed since `since` (Unix time), with Alertmanager's reasons."""
    from stackctl.checks import server_log
    from stackctl.checks.notified import failing

    return failing(server_log.entries(session.runtime, session.stack, c.ALERTMANAGER), since)


# -- the servers ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Servers:
    """The two that an alert passes."""

    prometheus: Prometheus
    alertmanager: Alertmanager

    @classmethod
    def of(cls, live: Live) -> Servers:
        from stackctl.operations.live import alertmanager, prometheus

        units = {unit.name: unit for unit in live.current.units()}
        return cls(prometheus(units[c.PROMETHEUS], live.current), alertmanager(units[c.ALERTMANAGER], live.current))

    def await_connection(self) -> None:
        """Wait until Prometheus knows its Alertmanager, which takes it some seconds after a start.

        What fires before is sent a minute later only. If it never does, the drill will say so.
        """
        from stackctl.wait import TimedOut, wait_until

        with suppress(TimedOut):
            wait_until(self.prometheus.alertmanagers, bool, 2 * c.TARGET_SYNC_SECONDS)


@contextmanager
def _set_off(
    manifest: Path, session: Session, led: Tree, alerts: Sequence[Drilled], servers: Servers
) -> Iterator[None]:
    """The alerts fire inside. Whatever happens, afterwards everything is as before.

    Alertmanager comes first on the way in and last on the way out, so that an alert under drill never meets the
    routes of the real ones: a reload of both at once would be a race.
    """
    from stackctl.drill import set_off

    try:
        _change_to(manifest, led)
        try:
            _change_to(manifest, set_off(led, alerts, session.current.id), drop=led != session.tree)
            yield
        finally:
            _change_to(manifest, led, drop=True)
            _end_alerts(servers)
    finally:
        _change_to(manifest, session.tree, drop=True)


def _change_to(manifest: Path, tree: Tree, *, drop: bool = False) -> None:
    """Bring in `tree` by the same transaction as any other change. `drop`: what it replaces is of no use any more."""
    from stackctl.operations.live import Live, Target
    from stackctl.operations.transaction import change

    live = Live.open(manifest)
    old, known = live.current, {one.id for one in live.state.generations()}
    generation = live.state.write(tree)
    if generation.id != old.id:
        target = Target(generation, tree, fresh=generation.id not in known)
        change(live, target, _CHANGE_SECONDS, trusted=True)
        if drop:
            live.state.discard(old)


def _end_alerts(servers: Servers) -> None:
    """Tell Alertmanager that the drilled alerts are over: of an alert whose rule is gone, Prometheus says nothing."""
    from stackctl.drill import EVERY
    from stackctl.wait import wait_until

    left = servers.alertmanager.alerts(EVERY)
    if left:
        servers.alertmanager.end([alert.labels for alert in left])
        wait_until(
            lambda: servers.alertmanager.alerts(EVERY), lambda alerts: not alerts, _END_SECONDS,
            what="Alertmanager to let go of the alerts under drill", describe=lambda alerts: f"{len(alerts)} of them",
        )  # fmt: skip
