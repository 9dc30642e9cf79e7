"""`alertmanager.connected`, `alertmanager.config` and `alertmanager.receiver`: Prometheus sends alerts to it, it has
loaded the routing tree and all else of its configuration to the byte, and it has the receivers."""

from __future__ import annotations

from collections.abc import Iterable

from stackctl import conventions as c
from stackctl.checks.context import Context
from stackctl.checks.finding import Finding, Subject
from stackctl.checks.loaded import alertmanager_difference
from stackctl.clients.http import NoAnswer
from stackctl.model import Alertmanager as Model
from stackctl.scrape import component_address

CONNECTED = "alertmanager.connected"
CONFIG = "alertmanager.config"
RECEIVER = "alertmanager.receiver"
# Twice the time in which Prometheus hands what it has discovered to those who use it.
SYNC_SECONDS = 2 * c.TARGET_SYNC_SECONDS


def check(context: Context) -> Iterable[Finding]:
    """A finding for the connection, for the configuration and for each receiver, when there is an Alertmanager."""
    alertmanager = context.stack.alertmanager
    if alertmanager is None:
        return []
    return [_connected(context, alertmanager), _config(context, alertmanager), *_receivers(context, alertmanager)]


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


def _config(context: Context, alertmanager: Model) -> Finding:
    subject = Subject(CONFIG, c.ALERTMANAGER, alertmanager.origin)
    if c.ALERTMANAGER in context.skipped:
        return subject.skipped("Alertmanager does not run")
    client = context.alertmanager()
    lines = context.settle(lambda: alertmanager_difference(client, context.tree), lambda found: not found)
    if isinstance(lines, NoAnswer):
        return subject.failed(lines.summary, "See `stackctl logs alertmanager`.")
    if lines:
        summary = f"Alertmanager has loaded another configuration: {lines[0]}"
        return subject.failed(summary, "Run `stackctl reload`.", "\n".join(lines[:20]))
    loaded = context.settle(client.reload_ok, bool)
    if loaded is not True:
        summary = "its last reload failed: what is in force is older, and it would not start with what is written"
        return subject.failed(summary, "Run `stackctl reload`; `stackctl logs alertmanager` says why.", stage="loaded")
    return subject.passed("the loaded routes and receivers are the rendered ones")


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
