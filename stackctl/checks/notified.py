"""`alertmanager.notifications`: what Alertmanager has sent to each receiver was taken, by its own account.

A receiver counts as failing while its last attempt has failed: what failed once and was delivered since is mentioned.
Alertmanager follows a redirect with a request without the message, and counts it: such a receiver fails too.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl.clients.alertmanager import Account
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import Labels, Series
from stackctl.diagnostic import Diagnostic
from stackctl.scrape import component_address
from stackctl.verification import server_log, targets
from stackctl.verification.context import Context
from stackctl.verification.receivers import posted_urls, rendered_receivers
from stackctl.verification.redirects import redirect_of
from stackctl.verification.server_log import Entry
from stackctl.verification.subject import Subject

ID = "alertmanager.notifications"
# The beginning of what is said of a receiver that was never notified.
UNUSED = "no notification was sent"
# How far back Prometheus is asked for the order of failures and successes, and in which steps.
_PAST_SECONDS = 3600.0
_STEP_SECONDS = 15.0
_LIMIT = 200
_REMEDY = (
    "Correct the address or the login of this receiver, or start its server; `stackctl drill --live` tries it again."
)
_SCRAPE = (
    "Let Prometheus scrape Alertmanager, as its series say when attempts fail; `stackctl drill --live` tries it again."
)
# The start of the error of a notification that was given up: `oncall/slack[0]: notify retry canceled ...`.
_GIVEN_UP = re.compile(r"(?P<receiver>.+?)/(?P<integration>\w+\[\d+\]): (?P<reason>.*)")

# The receiver, "" where the version does not say it, and the integration.
Key = tuple[str, str]


@dataclass(frozen=True)
class Failure:
    """An attempt that failed: the receiver, the integration and its number (`slack[0]`), and Alertmanager's words."""

    receiver: str
    integration: str
    reason: str

    @property
    def kind(self) -> str:
        return self.integration.partition("[")[0]


def failing(log: Iterable[Entry], since: float) -> list[Failure]:
    """The integrations of which the log says that their last attempt since `since` (Unix time) failed."""
    found: dict[tuple[str, str], Failure] = {}
    for entry in log:
        if entry.time < since:
            continue
        receiver, integration = entry.fields.get("receiver", ""), entry.fields.get("integration", "")
        if receiver and integration and entry.error:
            found[receiver, integration] = Failure(receiver, integration, entry.error)
        elif receiver and integration and entry.message == "Notify success":
            found.pop((receiver, integration), None)
        for line in entry.error.splitlines():  # one entry may be about several that were given up
            if given_up := _GIVEN_UP.fullmatch(line):
                failure = Failure(*given_up.group("receiver", "integration", "reason"))
                found[failure.receiver, failure.integration] = failure
    return list(found.values())


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every receiver that notifies anybody."""
    subjects = [
        (Subject(ID, receiver.name, receiver.origin), receiver.kinds)
        for receiver in rendered_receivers(context.stack, context.tree)
        if receiver.kinds
    ]
    if not subjects:
        return []
    if c.ALERTMANAGER in context.skipped:
        return [subject.skipped(context.why_skipped(c.ALERTMANAGER, "Alertmanager")) for subject, _ in subjects]
    try:
        accounts = context.alertmanager().notifications()
        order: Mapping[Key, Order] = {}
        if any(each.failed for each in accounts.values()):
            accounts, order = _order(context, accounts)
        own = [_own(subject, kinds, accounts) for subject, kinds in subjects]
        alerts = [
            context.alertmanager().states(subject.name) if _is_unused(each) else {}
            for (subject, _), each in zip(subjects, own, strict=True)
        ]
    except NoAnswer as error:
        return [subject.unanswered(error) for subject, _ in subjects]
    log = server_log.entries(context.place, context.stack, c.ALERTMANAGER) if order else []
    shared = _shared([kinds for _, kinds in subjects])
    if not accounts:
        summary = "Alertmanager does not report its notifications"
        return [subject.failed(summary, "Run `stackctl reload`.") for subject, _ in subjects]
    failures = failing(log, 0.0)
    found = [
        _receiver(subject, each, order, failures, shared, states)
        for (subject, _), each, states in zip(subjects, own, alerts, strict=True)
    ]
    return [
        (each.status == "pass" and not _is_unused(accounts) and _redirected(context, subject)) or each
        for (subject, _), accounts, each in zip(subjects, own, found, strict=True)
    ]


def _redirected(context: Context, subject: Subject) -> Diagnostic | None:
    """The failure of a receiver whose notifications are lost at a redirect, though Alertmanager counts them."""
    for block, url in posted_urls(context.tree, subject.name).items():
        if to := redirect_of(context.place.dial, url):
            kind = block.partition("[")[0]
            summary = f"the notifications by {kind} are lost: its URL redirects to {to}, without their content"
            return subject.failed(summary, "Write the URL that it redirects to.", stage="loaded")
    return None


def _shared(kinds: Iterable[Sequence[str]]) -> frozenset[str]:
    """The integrations that several receivers use."""
    used = Counter(kind for each in kinds for kind in set(each))
    return frozenset(kind for kind, count in used.items() if count > 1)


@dataclass(frozen=True)
class Order:
    """The Unix time of the last success and of the last failure, 0.0 for none in the past that is known."""

    success: float = 0.0
    failure: float = 0.0


def _order(context: Context, accounts: Mapping[Key, Account]) -> tuple[Mapping[Key, Account], Mapping[Key, Order]]:
    """Return when each was last delivered and last failed, as scraped by Prometheus, and the accounts as they are then.

    They are read again, so that none is lower than what was scraped of it: that means a restart.
    """
    client, own = context.prometheus(), _own_series(context)
    now = time.time()
    if not own:
        return accounts, {key: _last(None, None, account, now) for key, account in accounts.items()}
    names = [f"alertmanager_notification_requests_{name}total" for name in ("", "failed_")]
    queries = [f"{name}{own}" for name in names]
    found = [client.over(query, now - _PAST_SECONDS, now, _STEP_SECONDS, _LIMIT) for query in queries]
    tried, failed = ({_key(each.labels): each for each in series} for series in found)
    accounts = context.alertmanager().notifications()
    return accounts, {key: _last(tried.get(key), failed.get(key), account, now) for key, account in accounts.items()}


def _own_series(context: Context) -> str:
    """The matchers of what Prometheus scrapes of this Alertmanager; "" where it does not scrape it."""
    server, access = context.stack.alertmanager, context.given.get(c.ALERTMANAGER)
    if server and server.job and access is None:
        return f'{{job="{server.job}"}}'
    address = urlsplit(access.url).netloc if access else component_address(server, context.runtime) if server else ""
    seen = targets.settle(context)
    places = [
        f'{{job="{each.labels.get("job", "")}",instance="{each.instance}"}}'
        for each in (() if isinstance(seen, NoAnswer) else seen.targets)
        if urlsplit(each.scrape_url).netloc == address
    ]
    if not places and access and (found := by_start(context)):
        places = [f'{{job="{found[0]}",instance="{found[1]}"}}']
    return next(iter(places), "")


def by_start(context: Context) -> tuple[str, str] | None:
    """The job and the instance of the one Alertmanager whose process began when the given one did; None for none or
    several. An ingress or a proxy has another address than what Prometheus scrapes. Raises NoAnswer."""
    started = context.alertmanager().process_started()
    if started is None:
        return None
    query = f"alertmanager_build_info and on (job, instance) (process_start_time_seconds == {started!r})"
    found = {targets.place_of(labels) for labels, _ in context.prometheus().values(query)}
    return found.pop() if len(found) == 1 else None


def _key(labels: Labels) -> Key:
    return labels.get("receiver_name", ""), labels.get("integration", "")


def _last(tried: Series | None, failed: Series | None, account: Account, now: float) -> Order:
    failures = dict(failed.points) if failed else {}
    points = [(at, count, failures.get(at, 0.0)) for at, count in (tried.points if tried else ())]
    points.append((now, account.tried, account.failed))
    success = failure = 0.0
    for (_, count, lost), (at, later, more) in pairwise(points):
        new, new_lost = (later - count, more - lost) if later >= count else (later, more)  # a restart counts from 0
        failure = at if new_lost > 0 else failure
        success = at if new > new_lost else success
    return Order(success, failure)


def _own(subject: Subject, kinds: Sequence[str], accounts: Mapping[Key, Account]) -> dict[Key, Account]:
    return {key: account for key, account in accounts.items() if key[1] in kinds and key[0] in ("", subject.name)}


def _is_unused(own: Mapping[Key, Account]) -> bool:
    return bool(own) and not any(account.tried for account in own.values())


def _receiver(
    subject: Subject,
    own: Mapping[Key, Account],
    order: Mapping[Key, Order],
    failures: Sequence[Failure],
    shared: Set[str],
    alerts: Mapping[str, int],
) -> Diagnostic:
    if not own:  # it builds those only that a route leads to
        return subject.passed("no route leads to it, so it is never notified")
    blamed = {each.kind: each for each in failures if each.receiver == subject.name}
    others = {each.kind for each in failures} - blamed.keys()
    for key, account in own.items():
        last = order.get(key, Order())
        is_failing = last.failure >= last.success and (last.failure or account.failed >= account.tried)
        # Without the receiver in the counters, its log says whose failures they are.
        is_own = bool(key[0]) or key[1] in blamed or key[1] not in others
        if account.failed and is_failing and is_own:
            is_doubtful = not key[0] and key[1] in shared and key[1] not in blamed
            others_too = ", of this receiver or another that uses it" if is_doubtful else ""
            reason = f": {blamed[key[1]].reason}" if key[1] in blamed else others_too
            summary = f"the last notification by {key[1]} failed{reason}"
            evidence = f"{account.failed:g} of {account.tried:g} attempts have failed"
            return subject.failed(summary, _REMEDY, evidence, stage="loaded")
    if _is_unused(own):
        return subject.passed(_unused(alerts))
    for key, account in own.items():
        if order.get(key) == Order() and 2 * account.failed >= account.tried:
            counts = f"{account.failed:g} of {account.tried:g} attempts by {key[1]} failed"
            return subject.warned(f"{counts}, and nothing says whether the last one did", _SCRAPE)
    tried, failed = (sum(getattr(each, name) for each in own.values()) for name in ("tried", "failed"))
    lost = f", {failed:g} attempts failed before" if failed else ""
    return subject.passed(f"{tried - failed:g} notifications were accepted{lost}")


def _unused(alerts: Mapping[str, int]) -> str:
    """Return why a receiver was not notified yet, by the states of its alerts."""
    active, suppressed = alerts.get("active", 0), alerts.get("suppressed", 0)
    if active:
        why = "it still collects them (`group_wait`), or has sent them before (`repeat_interval`)"
        return f"{UNUSED} since Alertmanager started, {active} of its alerts wait: {why}"
    if suppressed:
        return f"{UNUSED}: all its {suppressed} alerts are silenced, inhibited or muted"
    return f"{UNUSED} yet: Alertmanager has had no alert for it; `stackctl drill --live` sends one"
