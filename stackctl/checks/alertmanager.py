"""`alertmanager.connected`, `alertmanager.config` and `alertmanager.receiver`: Prometheus sends alerts to it, it has
loaded the routing tree and all else of its configuration to the byte, and it has the receivers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from stackctl import conventions as c
from stackctl.checks import arrivals
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.scrape import component_address
from stackctl.verification.context import Context
from stackctl.verification.loaded import alertmanager_difference
from stackctl.verification.receivers import rendered_receivers
from stackctl.verification.subject import Subject

CONNECTED = "alertmanager.connected"
CONFIG = "alertmanager.config"
RECEIVER = "alertmanager.receiver"
# Twice the time in which Prometheus hands what it has discovered to those who use it.
SYNC_SECONDS = 2 * c.TARGET_SYNC_SECONDS
_SHOWN = 5


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for the connection, for the configuration and for each receiver, when there is an Alertmanager."""
    alertmanager = context.stack.alertmanager
    if alertmanager is None:
        return []
    subjects = [
        Subject(CONNECTED, c.ALERTMANAGER, alertmanager.origin),
        Subject(CONFIG, c.ALERTMANAGER, alertmanager.origin),
        *(Subject(RECEIVER, each.name, each.origin) for each in rendered_receivers(context.stack, context.tree)),
    ]
    if c.ALERTMANAGER in context.skipped:
        return [subject.skipped(context.why_skipped(c.ALERTMANAGER, "Alertmanager")) for subject in subjects]
    of_own, config, *receivers = subjects
    loaded = _look(context, {receiver.name for receiver in receivers})
    address = component_address(alertmanager, context.runtime)
    sent_to = context.settle(
        context.prometheus().alertmanagers,
        lambda urls: any(f"//{address}/" in url for url in urls),
        within=SYNC_SECONDS,
    )
    return [
        _connected(context, of_own, address, sent_to),
        *_others(context, address, sent_to),
        _config(config, loaded),
        *(_receiver(receiver, loaded) for receiver in receivers),
    ]


@dataclass(frozen=True)
class Loaded:
    """Alertmanager's report of its configuration: the differences from the rendered one, and the receivers.

    `reload_ok` is whether the last reload went well; what was loaded before it is in force when not.
    """

    differences: list[str]
    reload_ok: bool
    receivers: tuple[str, ...]


def _look(context: Context, receivers: Set[str]) -> Loaded | NoAnswer:
    """One look at all of it, so that a server that does not answer is waited for once."""
    client = context.alertmanager()
    return context.settle(
        lambda: Loaded(alertmanager_difference(client, context.tree), client.reload_ok(), client.receivers()),
        lambda seen: not seen.differences and seen.reload_ok and receivers <= set(seen.receivers),
    )


def _connected(context: Context, subject: Subject, address: str, seen: Sequence[str] | NoAnswer) -> Diagnostic:
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen)
    if not any(f"//{address}/" in url for url in seen):
        return subject.failed(
            f"Prometheus does not send alerts to {address}", "Run `stackctl reload`.", "\n".join(seen)
        )
    arrival = arrivals.look(context)
    if isinstance(arrival, NoAnswer):
        return subject.unanswered(arrival)
    if arrival.lost:
        names = ", ".join(arrival.lost[:_SHOWN])
        summary = f"Prometheus does not deliver alerts to {address}: {names}"
        remedy = "Correct `alerting` of Prometheus; `stackctl logs prometheus` says why each attempt failed."
        return subject.failed(summary, remedy, arrival.reason, stage="loaded")
    later = (
        f"; not arrived yet, and sent again within a minute: {', '.join(arrival.late[:_SHOWN])}" if arrival.late else ""
    )
    return subject.passed(f"Prometheus sends alerts to {address}{later}")


def _others(context: Context, own: str, seen: Sequence[str] | NoAnswer) -> list[Diagnostic]:
    """A finding for every other Alertmanager that the rendered configuration lists, or that Prometheus has discovered:
    whether it answers there and takes what it is sent."""
    alerting = context.tree.yaml(c.PROMETHEUS_FILE).get("alerting") or {}
    listed = [
        f"{block.get('scheme') or 'http'}://{target}{str(block.get('path_prefix') or '').rstrip('/')}"
        for block in alerting.get("alertmanagers") or ()
        for group in block.get("static_configs") or ()
        for target in group.get("targets") or ()
    ]
    found = [] if isinstance(seen, NoAnswer) else [arrivals.base_of(url) for url in seen]
    urls = [url for url in dict.fromkeys([*listed, *found]) if url.partition("://")[2] != own]
    accounts = arrivals.accounts(context, [f"{url}{arrivals.API}" for url in urls]) if urls else {}
    origin = context.stack.prometheus.origin
    return [
        _other(context, Subject(CONNECTED, url, origin), url, accounts.get(f"{url}{arrivals.API}", arrivals.Account()))
        for url in urls
    ]


def _other(context: Context, subject: Subject, url: str, account: arrivals.Account) -> Diagnostic:
    answer = context.settle(lambda: context.fetch(f"{url}/-/ready"), lambda seen: seen.ok)
    remedy = "Start it, or correct its address in `prometheus: {extra: {alerting: ...}}`."
    if isinstance(answer, NoAnswer):
        return subject.failed(answer.summary, remedy)
    if not answer.ok and answer.status != 401:  # a login is for Prometheus to give
        return subject.failed(f"{url}/-/ready returns {answer.status}", remedy, stage="loaded")
    if account.sent and account.failed >= account.sent and arrivals.is_settled(context):
        summary = "the alerts that Prometheus sends to it are not accepted"
        return subject.failed(summary, remedy, f"{account.failed:.0f} attempts failed", stage="loaded")
    return subject.passed(f"it answers at {url}")


def _config(subject: Subject, loaded: Loaded | NoAnswer) -> Diagnostic:
    if isinstance(loaded, NoAnswer):
        return subject.unanswered(loaded, "See `stackctl logs alertmanager`.")
    if loaded.differences:
        summary = f"Alertmanager has loaded a different configuration: {loaded.differences[0]}"
        return subject.failed(summary, "Run `stackctl reload`.", "\n".join(loaded.differences[:20]))
    if not loaded.reload_ok:
        summary = "its last reload failed: it runs an older configuration, and would not start with the current files"
        return subject.failed(summary, "Run `stackctl reload`; `stackctl logs alertmanager` says why.", stage="loaded")
    return subject.passed("the loaded routes and receivers match the rendered ones")


def _receiver(subject: Subject, loaded: Loaded | NoAnswer) -> Diagnostic:
    if isinstance(loaded, NoAnswer):
        return subject.unanswered(loaded, "See `stackctl logs alertmanager`.")
    if subject.name not in loaded.receivers:
        return subject.failed(
            "Alertmanager has no such receiver", "Run `stackctl reload`.", ", ".join(loaded.receivers)
        )
    return subject.passed("loaded")
