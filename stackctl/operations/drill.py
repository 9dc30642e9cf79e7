"""A drill: alerts fire on the running stack, are followed to where they arrive, and leave nothing behind."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.errors import CheckFailed, InputError, Unavailable
from stackctl.operations.drill_changes import Servers, change_to, end_alerts

if TYPE_CHECKING:
    from stackctl.checks.notified import Failure
    from stackctl.diagnostic import Diagnostic
    from stackctl.drill import Arrivals, Drilled, Place, Sink
    from stackctl.model import Stack, Waiver
    from stackctl.operations.session import Session
    from stackctl.progress import Progress
    from stackctl.report.report import Report
    from stackctl.tree import Tree

# How long an arrival may take. Real receivers wait for their route's `group_wait` first.
_PATIENCE_SECONDS = 20.0
_LIVE_PATIENCE_SECONDS = 90.0


def drill_stack(
    manifest: Path,
    progress: Progress,
    names: Sequence[str],
    labels: Mapping[str, str],
    *,
    live: bool,
    patience: float | None,
) -> Report:
    """Fire the alerts `names` (all when empty), whose series have `labels` too, and report where they arrived.

    With `live` the real receivers are notified. `patience` is how long an arrival may take, in seconds. Raises as
    `run`, and what opening the stack raises.
    """
    from stackctl.operations.locked import locked
    from stackctl.operations.session import Session
    from stackctl.report.report import DRILL, Report

    begun = time.time()
    with locked(Session.open, manifest, "drill", progress) as session:
        findings = run(manifest, session, progress, names, labels, live=live, patience=patience)
        spent = time.time() - begun
        return Report(
            session.stack.name, session.runtime.name, session.current.id, findings, spent, begun, command=DRILL
        )


def with_drill(
    manifest: Path, verification: Report, progress: Progress, ignored: Sequence[Waiver], in_cluster: Stack | None
) -> Report:
    """The verification with a finding for each alert under drill. Raises as `drill_stack`."""
    from stackctl.operations.cluster.drill import drill_cluster
    from stackctl.operations.locked import locked
    from stackctl.operations.session import Session

    begun = time.monotonic()
    if in_cluster:
        findings = drill_cluster(manifest, in_cluster, progress).diagnostics
    else:
        with locked(partial(Session.open, ignored=ignored), manifest, "drill", progress) as session:
            findings = run(manifest, session, progress)
    seconds = verification.seconds + time.monotonic() - begun
    return replace(verification, diagnostics=(*verification.diagnostics, *findings), seconds=seconds)


def run(
    manifest: Path,
    session: Session,
    progress: Progress,
    names: Sequence[str] = (),
    labels: Mapping[str, str] | None = None,
    *,
    live: bool = False,
    patience: float | None = None,
) -> tuple[Diagnostic, ...]:
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
    with (
        _intended(session),
        led as (tree, ways, arrivals),
        _set_off(manifest, session, tree(alerts), alerts, servers, progress),
    ):
        deliveries = watch(alerts, servers.prometheus, servers.alertmanagers, ways, arrivals, seconds)
    return tuple(finding(delivery, seconds) for delivery in deliveries)


def _refuse(session: Session, *, live: bool) -> None:
    """Raise what is in the way of a drill."""
    from stackctl.drill import undrillable

    if session.stack.alertmanager is None:
        remedy = "Declare an `alertmanager` with a receiver."
        raise InputError.of(
            "drill.no-alertmanager",
            "there is no Alertmanager, so alerts are not delivered",
            position=session.stack.origin,
            remedy=remedy,
        )
    if session.state.identify(session.tree) != session.current.id:
        remedy = "Run `stackctl reload`, then run the drill again."
        raise CheckFailed.of("stack.drifted", "the running stack differs from the manifest", remedy=remedy)
    session.refuse_stopped((c.PROMETHEUS, c.ALERTMANAGER))
    if not live and (problems := undrillable(session.tree)):
        raise InputError(*problems)


@contextmanager
def _intended(session: Session) -> Iterator[None]:
    """Keep the drill in the journal until everything is as before; what fails to be is left to the next command."""
    from stackctl.state import Entry

    state, before = session.state, session.current
    state.begin(Entry("drill", time.time(), session.runtime.name, session.tree.stack, before=before.id))
    try:
        yield
    finally:
        entry = state.intent()
        if entry and not entry.going_to and state.current() == before:
            state.end()


# -- notifications ----------------------------------------------------------------------------------------------

# Which tree the alerts are led by, the ways of a receiver, and what has arrived.
Led = tuple[
    Callable[[Sequence["Drilled"]], "Tree"],
    Callable[["Drilled", str], Mapping[str, str]],
    Callable[[], "Arrivals"],
]


@contextmanager
def _led_aside(session: Session) -> Iterator[Led]:
    """The receivers are stood in for by a sink of our own."""
    from stackctl.drill import Sink, reroute_to_sink, ways

    listen, host = session.runtime.callback()
    sink, tree = Sink(), session.tree
    with _open(sink, listen, host) as place:
        yield (
            lambda alerts: reroute_to_sink(tree, alerts, place),
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
                "port.taken",
                f"cannot listen on {listen} for the notifications: {error.strerror}",
                remedy="Drill with --live, or check the address of Docker's bridge: `docker network inspect bridge`.",
            ) from error
        yield place


@contextmanager
def _live(session: Session, servers: Servers) -> Iterator[Led]:
    """The real receivers are notified. What they have taken is known by Alertmanager's own account."""
    from stackctl.clients.alertmanager import Account
    from stackctl.drill import Arrivals
    from stackctl.drill.live import blocks, delivered, due, redirected

    tree, begun = session.tree, time.time()
    (alertmanager,) = servers.alertmanagers.values()
    before = alertmanager.notifications()
    first: dict[str, float] = {}
    lost: dict[str, dict[str, str]] = {}  # by receiver

    def ways(_: Drilled, receiver: str) -> Mapping[str, str]:
        return blocks(tree, receiver)

    def taken() -> Arrivals:
        accounts, now = alertmanager.notifications(), time.time()
        messages = due(alertmanager.groups(), lambda labels: labels.get(c.DRILL) == c.DRILL_LIVE)
        has_failed = any(each.failed > before.get(key, Account()).failed for key, each in accounts.items())
        failures = _failures(session, begun) if has_failed else []
        lost.update({each: redirected(tree, each, session.runtime.dial) for each in messages.keys() - lost.keys()})
        elsewhere = {way: reason for each in lost.values() for way, reason in each.items()}
        well = delivered(tree, messages, before, accounts, failures) - elsewhere.keys()
        times = {way: first.setdefault(way, now) for way in well}
        faults = {**{f"{each.receiver}/{each.integration}": each.reason for each in failures}, **elsewhere}
        return Arrivals(times, {way: reason for way, reason in faults.items() if way not in times})

    yield lambda _: tree, ways, taken


def _failures(session: Session, since: float) -> list[Failure]:
    """The notifications that have failed since `since` (Unix time), with Alertmanager's reasons."""
    from stackctl.checks.notified import failing
    from stackctl.verification import server_log

    return failing(server_log.entries(session.runtime, session.stack, c.ALERTMANAGER), since)


# -- firing -------------------------------------------------------------------------------------------------


@contextmanager
def _set_off(
    manifest: Path, session: Session, led: Tree, alerts: Sequence[Drilled], servers: Servers, progress: Progress
) -> Iterator[None]:
    """The alerts fire inside. Whatever happens, afterwards everything is as before.

    Alertmanager comes first when it is set up and last when it is removed, so that an alert under drill never meets the
    routes of the real ones: a reload of both at once would be a race.
    """
    from stackctl.drill import EVERY, set_off

    try:
        change_to(manifest, led, progress)
        try:
            change_to(manifest, set_off(led, alerts), progress, drop=led != session.tree)
            yield
        finally:
            change_to(manifest, led, progress, drop=True)
            end_alerts(servers.alertmanagers.values(), EVERY)
    finally:
        change_to(manifest, session.tree, progress, drop=True)
