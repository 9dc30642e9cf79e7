"""Watching drilled alerts on their course, hop by hop, and what is said of each at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from stackctl import conventions as c
from stackctl.clients.alertmanager import ActiveAlert, Alertmanager
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import TEMPLATE_ERROR, Prometheus
from stackctl.clock import clock
from stackctl.diagnostic import Diagnostic
from stackctl.drill.alerts import Drilled
from stackctl.drill.sink import Arrivals
from stackctl.verification.subject import Subject
from stackctl.wait import TimedOut, wait_until

ID = "drill.delivered"
# Matches every alert under drill.
EVERY = f'{c.DRILL}!=""'
_LOOK_SECONDS = 0.05
# Alertmanagers that do not know each other notify at the same time, each for itself.
_REPEATED_SECONDS = 3.0


@dataclass(frozen=True)
class Delivery:
    """Progress of one alert, with the Unix time of each hop by the clock of its reporter, None for one not seen.

    fired       when the evaluation was that makes it fire
    received    when Alertmanager took it, and chose `receivers`
    arrived     what was to be notified -> when that was
    faults      what was to be notified -> why nothing of use has arrived there, where that is known
    annotations those of the alert as Prometheus has expanded them
    absent      the replicas at which it was not seen, of servers that have several
    repeated    what was notified more than once -> how often
    kept_back   what keeps Alertmanager from notifying anybody of it, in words; "" when nothing does
    """

    alert: Drilled
    fired: float | None = None
    received: float | None = None
    receivers: tuple[str, ...] = ()
    arrived: Mapping[str, float | None] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    kept_back: str = ""
    absent: tuple[str, ...] = ()
    repeated: Mapping[str, int] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Return whether there is nothing more to wait for."""
        return (
            self.received is not None
            and not self.absent
            and (bool(self.kept_back) or None not in self.arrived.values())
        )


@dataclass
class _Log:
    """First observations and their times, by the number of the alert."""

    fired: dict[int, float] = field(default_factory=dict)
    received: dict[int, float] = field(default_factory=dict)
    receivers: dict[int, tuple[str, ...]] = field(default_factory=dict)
    annotations: dict[int, Mapping[str, str]] = field(default_factory=dict)
    kept_back: dict[int, str] = field(default_factory=dict)
    seen: set[tuple[str, int]] = field(default_factory=set)

    def absent(self, alert: Drilled, *servers: Mapping[str, object]) -> tuple[str, ...]:
        """Return the replicas at which an alert was not seen, of servers that have several."""
        several = [name for names in servers if len(names) > 1 for name in names]
        return tuple(name for name in several if (name, alert.number) not in self.seen)


def watch(
    alerts: Sequence[Drilled],
    prometheus: Mapping[str, Prometheus],
    alertmanagers: Mapping[str, Alertmanager],
    ways: Callable[[Drilled, str], Mapping[str, str]],
    arrivals: Callable[[], Arrivals],
    deadline_seconds: float,
    is_over: Callable[[Sequence[Delivery]], bool] = lambda _: False,
) -> tuple[Delivery, ...]:
    """Track how far each alert gets within `deadline_seconds`, or until `is_over` of what was seen, at all replicas of
    the servers, by their names.

    `ways(alert, receiver)` are the ways by which a receiver that Alertmanager has chosen is notified, with the names
    that people know; `arrivals` says when each was used first, and what is wrong with those of no use. Without
    any of `prometheus`, alerts are handed to Alertmanager otherwise.
    """
    log = _Log()

    def look() -> tuple[Delivery, ...]:
        for name, server in prometheus.items():
            _see_fired(log, alerts, name, server)
        for name, each in alertmanagers.items():
            _see_received(log, alerts, name, each)
        came = arrivals()
        if len(alertmanagers) == 1:
            came = replace(came, counts={})
        absent = {alert.number: log.absent(alert, prometheus, alertmanagers) for alert in alerts}
        return tuple(_delivery(alert, log, ways, came, absent[alert.number]) for alert in alerts)

    def is_complete(seen: Sequence[Delivery]) -> bool:
        """Return whether all is complete, and a second message of another Alertmanager would have come."""
        if not all(each.complete for each in seen):
            return False
        moments = [moment for each in seen for moment in each.arrived.values() if moment is not None]
        return len(alertmanagers) == 1 or time.time() - max(moments, default=0.0) >= _REPEATED_SECONDS

    try:
        return wait_until(
            look,
            lambda seen: is_complete(seen) or is_over(seen),
            deadline_seconds,
            what="alerts to arrive",
            describe=lambda seen: f"{sum(each.complete for each in seen)} of {len(seen)} have",
            interval=_LOOK_SECONDS,
        )
    except TimedOut:
        return look()


def _see_fired(log: _Log, alerts: Sequence[Drilled], name: str, prometheus: Prometheus) -> None:
    """Note what fires at a Prometheus. One that does not answer has nothing new."""
    with suppress(NoAnswer):
        for one in prometheus.firing():
            for alert in alerts:
                if _is(alert, one.labels):
                    log.seen.add((name, alert.number))
                    log.fired.setdefault(alert.number, one.since)
                    log.annotations.setdefault(alert.number, one.annotations)


def _see_received(log: _Log, alerts: Sequence[Drilled], name: str, alertmanager: Alertmanager) -> None:
    """Note what has come to an Alertmanager. One that does not answer has nothing new."""
    with suppress(NoAnswer):
        for active in alertmanager.alerts(EVERY):
            for alert in alerts:
                if _is(alert, active.labels):
                    log.seen.add((name, alert.number))
                    log.received.setdefault(alert.number, active.updated)
                    log.receivers.setdefault(alert.number, active.receivers)
                    if not log.kept_back.get(alert.number):
                        log.kept_back[alert.number] = _kept_back(active, alertmanager)


def _kept_back(active: ActiveAlert, alertmanager: Alertmanager) -> str:
    """Return the words for what keeps an alert from its receivers, "" when nothing does."""
    if active.silences:
        silence = alertmanager.silence(active.silences[0])
        return f"a silence of `{silence.author}` holds until {clock(silence.ends)} (`{silence.comment}`)"
    if active.inhibited:
        return "another alert that is firing inhibits it"
    return f"the time interval `{active.muted[0]}` mutes it" if active.muted else ""


def _is(alert: Drilled, labels: Mapping[str, str]) -> bool:
    wanted = {"alertname": alert.name, **alert.labels}
    return all(labels.get(name) == value for name, value in wanted.items() if "{{" not in value)


def _delivery(
    alert: Drilled,
    log: _Log,
    ways: Callable[[Drilled, str], Mapping[str, str]],
    came: Arrivals,
    absent: tuple[str, ...],
) -> Delivery:
    chosen = log.receivers.get(alert.number, ())
    expected = {way: name for receiver in chosen for way, name in ways(alert, receiver).items()}
    return Delivery(
        alert,
        log.fired.get(alert.number),
        log.received.get(alert.number),
        chosen,
        {name: came.times.get(way) for way, name in expected.items()},
        {name: came.faults[way] for way, name in expected.items() if way in came.faults},
        log.annotations.get(alert.number, {}),
        log.kept_back.get(alert.number, ""),
        absent,
        {name: came.counts[way] for way, name in expected.items() if came.counts.get(way, 1) > 1},
    )


def finding(delivery: Delivery, waited_seconds: float) -> Diagnostic:
    """Return the drill's finding on one alert."""
    subject = Subject(ID, delivery.alert.subject, delivery.alert.origin)
    if delivery.fired is None and delivery.received is None:
        summary = f"Prometheus did not fire it within {waited_seconds:g} s"
        return subject.failed(summary, "See `stackctl logs prometheus`, and check that `stackctl verify` passes.")
    if delivery.received is None:
        return subject.failed(
            f"fired, but did not reach Alertmanager within {waited_seconds:g} s",
            "Run `stackctl verify --only alertmanager`: it says whether Prometheus sends alerts there.",
        )
    if delivery.absent:
        names = ", ".join(delivery.absent)
        summary = f"it did not get to {names} within {waited_seconds:g} s, and to the other replicas it did"
        return subject.failed(summary, "Run `stackctl verify --only cluster`: it says what differs between replicas.")
    course = f"fired, reached Alertmanager {later(delivery.received, delivery.fired)}"
    return of_receivers(subject, delivery, course, waited_seconds, delivery.received)


def of_receivers(
    subject: Subject, delivery: Delivery, course: str, waited_seconds: float, since: float | None
) -> Diagnostic:
    """Return the finding on an alert that Alertmanager has taken. `course` is its way until then, in words, and `since`
    the Unix time from which that of its arrivals counts."""
    missing = [name for name, moment in delivery.arrived.items() if moment is None]
    # What a receiver has taken meanwhile was about another alert.
    if delivery.arrived and delivery.kept_back:
        return subject.skipped(f"not delivered: {course}, where {delivery.kept_back}", _NOTHING_IN_THE_WAY)
    if missing:
        reasons = "\n".join(f"{name}: {delivery.faults[name]}" for name in missing if name in delivery.faults)
        return subject.failed(
            f"{course}, but did not arrive at {', '.join(missing)} within {waited_seconds:g} s",
            _FIX_RECEIVER if reasons else _SEE_LOG,
            reasons,
            stage="loaded",
        )
    if delivery.faults:
        name, wrong = next(iter(delivery.faults.items()))
        return subject.failed(f"{course} and {name}, where {wrong}", _FIX_TEMPLATE, stage="loaded")
    if delivery.repeated:
        times = ", ".join(f"{name} was notified {number} times" for name, number in delivery.repeated.items())
        summary = f"{course}, but {times}: the replicas of Alertmanager do not know what the others have sent"
        return subject.failed(summary, "Run `stackctl verify --only cluster`: it says which of them is alone.")
    if broken := _broken(delivery.annotations):
        summary = f"{course}, but its annotation `{broken[0]}` cannot be expanded"
        return subject.failed(summary, "Correct the template of this annotation.", broken[1], stage="loaded")
    if not delivery.arrived:
        return subject.warned(
            f"{course}, but was routed to a receiver that notifies nobody",
            "Add an integration to the receiver, or route the alert to a receiver that has one.",
        )
    hops = [f"at {name} {later(moment, since)}" for name, moment in delivery.arrived.items()]
    return subject.passed(", ".join([course, *hops]))


_SEE_LOG = "See `stackctl logs alertmanager`: it names each notification that failed, with the reason."
_NOTHING_IN_THE_WAY = "Drill it again when that is over, or expire the silence before."
_FIX_RECEIVER = "Correct the address, the login or the templates of these receivers, and run `stackctl reload`."
_FIX_TEMPLATE = "Correct the templates of this receiver: `stackctl check` says which of them fails."
# A drilled alert has none of the labels that its series bring, and to read "" as a number fails for that alone.
_MISSING_LABEL = 'parsing ""'


def _broken(annotations: Mapping[str, str]) -> tuple[str, str] | None:
    """The first annotation whose template failed, with what came of it."""
    failed = (pair for pair in annotations.items() if TEMPLATE_ERROR in pair[1] and _MISSING_LABEL not in pair[1])
    return next(failed, None)


def later(moment: float | None, before: float | None) -> str:
    """The time of a hop, for people. Clocks of two servers may disagree by a little, but nothing arrives too early."""
    seconds = max((moment or 0.0) - (before or moment or 0.0), 0.0)
    return f"after {seconds * 1000:.0f} ms" if seconds < 1 else f"after {seconds:.1f} s"
