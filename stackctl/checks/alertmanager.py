"""`alertmanager.connected` and `alertmanager.receiver`: Prometheus sends alerts to it, and it has the receivers."""

from __future__ import annotations

from collections.abc import Iterable

from stackctl import conventions as c
from stackctl.checks.context import Context
from stackctl.checks.finding import Finding, Subject
from stackctl.clients.http import NoAnswer
from stackctl.model import Alertmanager as Model
from stackctl.scrape import component_address

CONNECTED = "alertmanager.connected"
RECEIVER = "alertmanager.receiver"
# Twice the time in which Prometheus hands what it has discovered to those who use it.
SYNC_SECONDS = 2 * c.TARGET_SYNC_SECONDS


def check(context: Context) -> Iterable[Finding]:
    """A finding for the connection and one for each declared receiver, when there is an Alertmanager."""
    alertmanager = context.stack.alertmanager
    if alertmanager is None:
        return []
    return [_connected(context, alertmanager), *_receivers(context, alertmanager)]


def _connected(context: Context, alertmanager: Model) -> Finding:
    subject = Subject(CONNECTED, c.ALERTMANAGER, alertmanager.origin)
    if c.ALERTMANAGER in context.skipped:
        return subject.skipped("Alertmanager does not run")
    address = component_address(alertmanager, context.runtime)
    client = context.prometheus()
    seen = context.settle(
        client.alertmanagers, lambda urls: any(f"//{address}/" in url for url in urls), within=SYNC_SECONDS
    )
    if isinstance(seen, NoAnswer):
        return subject.failed(seen.summary, "Run `stackctl up`.")
    if not any(f"//{address}/" in url for url in seen):
        return subject.failed(
            f"Prometheus does not send alerts to {address}", "Run `stackctl reload`.", "\n".join(seen)
        )
    return subject.passed(f"Prometheus sends alerts to {address}")


def _receivers(context: Context, alertmanager: Model) -> list[Finding]:
    subjects = [Subject(RECEIVER, receiver.name, receiver.origin) for receiver in alertmanager.receivers]
    if not subjects:
        return []
    if c.ALERTMANAGER in context.skipped:
        return [subject.skipped("Alertmanager does not run") for subject in subjects]
    seen = context.settle(context.alertmanager().receivers, lambda names: {s.name for s in subjects} <= set(names))
    return [_receiver(subject, seen) for subject in subjects]


def _receiver(subject: Subject, seen: tuple[str, ...] | NoAnswer) -> Finding:
    if isinstance(seen, NoAnswer):
        return subject.failed(seen.summary, "See `stackctl logs alertmanager`.")
    if subject.name not in seen:
        return subject.failed("Alertmanager has no such receiver", "Run `stackctl reload`.", ", ".join(seen))
    return subject.passed("loaded")
