"""Watching drilled alerts on their course, hop by hop, and what is said of each at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from stackctl import conventions as c
from stackctl.checks.finding import Finding, Subject
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Prometheus
from stackctl.drill.alerts import Drilled
from stackctl.wait import TimedOut, wait_until

ID = "drill.delivered"
# Matches every alert under drill.
EVERY = f'{c.DRILL}!=""'
_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Delivery:
    """How far one alert came, with the Unix time of each hop by the clock of who tells it, None for one not seen.

    fired       when the evaluation was that makes it fire
    received    when Alertmanager took it, and chose `receivers`
    arrived     what was to be notified -> when that was
    """

    alert: Drilled
    fired: float | None = None
    received: float | None = None
    receivers: tuple[str, ...] = ()
    arrived: Mapping[str, float | None] = field(default_factory=dict)

    @property
    def complete(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.received is not None and None not in self.arrived.values()


@dataclass
class _Log:
    """What was seen first at which time, by the number of the alert."""

    fired: dict[int, float] = field(default_factory=dict)
    received: dict[int, float] = field(default_factory=dict)
    receivers: dict[int, tuple[str, ...]] = field(default_factory=dict)


def watch(
    alerts: Sequence[Drilled],
    prometheus: Prometheus,
    alertmanager: Alertmanager,
    ways: Callable[[Drilled, str], Mapping[str, str]],
    arrivals: Callable[[], Mapping[str, float]],
    deadline_seconds: float,
) -> tuple[Delivery, ...]:
    """How far each alert comes within `deadline_seconds`.

    `ways(alert, receiver)` are the ways by which a receiver that Alertmanager has chosen is notified, with the names
    that people know; `arrivals` says when each was used first, as Unix time.
    """
    log = _Log()

    def look() -> tuple[Delivery, ...]:
        _see(log, alerts, prometheus, alertmanager)
        came = arrivals()
        return tuple(_delivery(alert, log, ways, came) for alert in alerts)

    try:
        return wait_until(
            look, lambda seen: all(each.complete for each in seen), deadline_seconds, interval=_LOOK_SECONDS
        )
    except TimedOut:
        return look()


def _all_complete(seen: Sequence[Delivery]) -> bool:
    return all(each.complete for each in seen)


def _see(log: _Log, alerts: Sequence[Drilled], prometheus: Prometheus, alertmanager: Alertmanager) -> None:
    """Note what is new at each server. One that does not answer has nothing new."""
    try:
        for labels, since in prometheus.firing():
            for alert in alerts:
                if _is(alert, labels):
                    log.fired.setdefault(alert.number, since)
        for active in alertmanager.alerts(EVERY):
            for alert in alerts:
                if _is(alert, active.labels):
                    log.received.setdefault(alert.number, active.updated)
                    log.receivers.setdefault(alert.number, active.receivers)
    except NoAnswer:
        return


def _is(alert: Drilled, labels: Mapping[str, str]) -> bool:
    wanted = {"alertname": alert.name, **alert.labels}
    return all(labels.get(name) == value for name, value in wanted.items() if "{{" not in value)


def _delivery(
    alert: Drilled,
    log: _Log,
    ways: Callable[[Drilled, str], Mapping[str, str]],
    came: Mapping[str, float],
) -> Delivery:
    chosen = log.receivers.get(alert.number, ())
    expected = {way: name for receiver in chosen for way, name in ways(alert, receiver).items()}
    return Delivery(
        alert,
        log.fired.get(alert.number),
        log.received.get(alert.number),
        chosen,
        {name: came.get(way) for way, name in expected.items()},
    )


def finding(delivery: Delivery, waited_seconds: float) -> Finding:
    """What the drill says of one alert."""
    subject = Subject(ID, delivery.alert.subject, delivery.alert.origin)
    if delivery.fired is None and delivery.received is None:
        summary = f"Prometheus did not fire it within {waited_seconds:g} s"
        return subject.failed(summary, "See `stackctl logs prometheus`, and whether `stackctl verify` is green.")
    if delivery.received is None:
        return subject.failed(
            f"fired, and did not reach Alertmanager within {waited_seconds:g} s",
            "Run `stackctl verify --only alertmanager`: it says whether Prometheus sends alerts there.",
        )
    course = f"fired, at Alertmanager {_later(delivery.received, delivery.fired)}"
    missing = [name for name, moment in delivery.arrived.items() if moment is None]
    if missing:
        return subject.failed(
            f"{course}, and did not arrive at {', '.join(missing)} within {waited_seconds:g} s",
            "See `stackctl logs alertmanager`: it names each notification that failed, with the reason.",
        )
    if not delivery.arrived:
        return subject.warned(
            f"{course}, and routed to a receiver that notifies nobody",
            "Give the receiver an integration, or the alert a route to one that has.",
        )
    hops = [f"at {name} {_later(moment, delivery.received)}" for name, moment in delivery.arrived.items()]
    return subject.passed(", ".join([course, *hops]))


def _later(moment: float | None, before: float | None) -> str:
    """The time of a hop, for people. Clocks of two servers may disagree by a little, but nothing arrives too early."""
    seconds = max((moment or 0.0) - (before or moment or 0.0), 0.0)
    return f"after {seconds * 1000:.0f} ms" if seconds < 1 else f"after {seconds:.1f} s"
