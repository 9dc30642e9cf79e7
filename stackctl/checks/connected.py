"""`alertmanager.connected` and `alertmanager.config` of servers that somebody else runs: whom a Prometheus sends its
alerts to, whether they take them, and whether the Alertmanager that was given is one of these.

Prometheus counts what it has sent to each, and what of that has failed. Where it has not sent anything yet, the
Alertmanager is asked from this machine; an address that only Prometheus can reach is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl.access import Access
from stackctl.checks import arrivals
from stackctl.checks.alertmanager import CONFIG, CONNECTED, SYNC_SECONDS
from stackctl.checks.arrivals import Account, accounts, base_of
from stackctl.checks.notified import by_start
from stackctl.clients.alertmanager import Alertmanager
from stackctl.clients.http import Http, NoAnswer
from stackctl.clients.probe import Reply, probe
from stackctl.diagnostic import Diagnostic
from stackctl.model import Server
from stackctl.verification import targets
from stackctl.verification.addresses import addresses
from stackctl.verification.context import PROBE_SECONDS, Context
from stackctl.verification.redirects import redirect_of
from stackctl.verification.subject import Subject

_REMEDY = "Start this Alertmanager, or correct its address in `alerting` of prometheus.yml."
_LOST = "Correct `alerting` of prometheus.yml; the log of Prometheus says why each attempt failed."
# What every Alertmanager answers, and the answers that ask for a login.
_STATUS = "/api/v2/status"
_LOGIN = (401, 403)
_SHOWN = 5


def check(context: Context) -> Iterable[Diagnostic]:
    """A finding for every Alertmanager that Prometheus sends alerts to, and two for the given one."""
    subject = Subject(CONNECTED, c.PROMETHEUS, context.stack.prometheus.origin)
    alertmanager = context.stack.alertmanager
    configured = bool((context.tree.yaml(c.PROMETHEUS_FILE).get("alerting") or {}).get("alertmanagers"))
    # One that was just configured is found a few seconds later.
    within = SYNC_SECONDS if configured else 0.0
    client = context.prometheus()
    active = context.settle(client.alertmanagers, lambda urls: bool(urls) or not configured, within=within)
    nobody = None if active else _nobody(context, subject, configured)
    own = _own(context, alertmanager, active, nobody) if alertmanager else []
    if isinstance(active, NoAnswer):
        return [subject.unanswered(active), *own]
    if nobody:
        return [nobody, *own]
    found = accounts(context, active)
    return [*(_one(context, replace(subject, name=base_of(url)), url, found) for url in active), *own]


def _nobody(context: Context, subject: Subject, configured: bool) -> Diagnostic:
    """The finding of a Prometheus that sends its alerts to nobody: no failure where that is on purpose."""
    if configured:
        summary = "Prometheus has found none of the Alertmanagers that its configuration describes"
        return subject.failed(summary, "Correct `alerting` of prometheus.yml, or the discovery in it.", stage="loaded")
    alerts = sum(rule.kind == "alert" for file in context.stack.rules for rule in file.rules)
    summary = f"Prometheus is configured without an Alertmanager: nobody is notified of its {alerts} alerts"
    return Diagnostic(CONNECTED, summary, subject.position, status="info", subject=subject.name)


def _one(context: Context, subject: Subject, url: str, known: Mapping[str, Account]) -> Diagnostic:
    away = context.away.get(c.ALERTMANAGER)
    if away and _same_place(context.alertmanager().http.base, subject.name):
        return subject.depends(away.summary, away.check)
    account = known.get(url, Account())
    asked = probe(f"{subject.name}{_STATUS}", context.dial, PROBE_SECONDS)
    evidence = f"from this machine: {asked}" if asked.failure != "unable" else ""
    # Prometheus counts alerts as sent, and errors by attempt or by alert, as its version does it.
    if account.failed and (account.failed >= account.sent or asked.failure == "refused"):
        summary = "the alerts that Prometheus sends to it are not accepted"
        return subject.failed(summary, _REMEDY, evidence, stage="loaded")
    if account.sent and (to := redirect_of(context.dial, url)):
        summary = f"the alerts that Prometheus sends to it are lost: it redirects to {to}, without their content"
        return subject.failed(summary, "Write that address in `alerting` of prometheus.yml.", evidence, stage="loaded")
    if account.sent:
        lost = f", {account.failed:.0f} attempts failed before" if account.failed >= 1 else ""
        return subject.passed(f"Prometheus sends its alerts to it{lost}")
    if asked.reply is not None and (why := _is_another(asked.reply)):
        return subject.failed(f"no alert was sent to it yet, and it is not an Alertmanager: {why}", _REMEDY, evidence)
    if asked.reply is not None:
        return subject.passed("no alert was sent to it yet; it answers")
    if asked.failure == "refused":
        return subject.failed("no alert was sent to it yet, and it refuses connections", _REMEDY, evidence)
    summary = "no alert was sent to it yet, and it cannot be asked from this machine"
    return subject.skipped(summary, "Run `stackctl verify` where its address can be reached.")


def _is_another(reply: Reply) -> str:
    """Return why what answers is not an Alertmanager, "" where it may be one: a login is for Prometheus to give."""
    if reply.status in _LOGIN:
        return ""
    if not 200 <= reply.status < 300:
        return f"{_STATUS} returns {reply.status}"
    return "" if '"config"' in reply.body else f"{_STATUS} returns something else"


# -- the one that was given -----------------------------------------------------------------------------------


def _own(
    context: Context, server: Server, active: Sequence[str] | NoAnswer, nobody: Diagnostic | None
) -> list[Diagnostic]:
    client = context.alertmanager()
    connected = Subject(CONNECTED, c.ALERTMANAGER, server.origin)
    if nobody and nobody.status == "fail":
        found = connected.depends("Prometheus finds no Alertmanager at all", f"{CONNECTED} {c.PROMETHEUS}")
    else:
        found = _connected(context, connected, client, active)
    return [found, _config(replace(connected, code=CONFIG), client)]


def _connected(
    context: Context, subject: Subject, client: Alertmanager, active: Sequence[str] | NoAnswer
) -> Diagnostic:
    if isinstance(active, NoAnswer):
        return subject.unanswered(active)
    if away := context.away.get(c.ALERTMANAGER):
        return subject.depends(away.summary, away.check)
    base = client.http.base
    if any(_same_place(base, base_of(url)) for url in active):
        return _arrived(context, subject, "Prometheus sends its alerts to it")
    try:
        started = client.started()
    except NoAnswer as error:
        return subject.unanswered(error)
    others = [_started(context, base_of(url), client.http.access) for url in active]
    if started in others or _scraped_at(context) & {urlsplit(base_of(url)).netloc for url in active}:
        return _arrived(context, subject, "Prometheus sends its alerts to it, at another address")
    evidence = "\n".join(map(base_of, active))
    if None in others:
        summary = "Prometheus sends its alerts to addresses that this machine cannot reach: this may be one of them"
        return subject.skipped(summary, f"It sends them to: {', '.join(map(base_of, active))}.")
    summary = "Prometheus does not send its alerts to this Alertmanager"
    return subject.failed(summary, "Add it to `alerting` of prometheus.yml, or give the right URL.", evidence)


def _scraped_at(context: Context) -> set[str]:
    """The address at which Prometheus scrapes the given Alertmanager, which it is known by where it is asked through a
    proxy: that of the process that began at the same time."""
    seen = targets.settle(context)
    try:
        found = by_start(context)
    except NoAnswer:
        return set()
    known = () if isinstance(seen, NoAnswer) else seen.targets
    return {urlsplit(each.scrape_url).netloc for each in known if targets.place_of(each.labels) == found}


def _arrived(context: Context, subject: Subject, summary: str) -> Diagnostic:
    """The finding about the alerts that fire: each is there, or had no time yet to arrive."""
    arrival = arrivals.look(context)
    if isinstance(arrival, NoAnswer):
        return subject.unanswered(arrival)
    if arrival.lost:
        names = ", ".join(arrival.lost[:_SHOWN])
        return subject.failed(f"alerts fire and do not arrive here: {names}", _LOST, stage="loaded")
    later = f"; not arrived yet, and sent again before long: {', '.join(arrival.late[:_SHOWN])}" if arrival.late else ""
    return subject.passed(f"{summary}{later}")


def _same_place(one: str, other: str) -> bool:
    return _places(one) & _places(other) != set()


def _places(url: str) -> set[tuple[str, int, str]]:
    """The addresses, the port and the path of a URL."""
    return {(host, port, urlsplit(url).path.rstrip("/")) for host, port in addresses(url)}


def _started(context: Context, url: str, own: Access) -> str | None:
    """The start of the Alertmanager at `url`, which no two have in common; None where it does not say it.

    The login is for the given URL only.
    """
    if probe(f"{url}{_STATUS}", context.dial, PROBE_SECONDS).failure == "unable":
        return None
    try:
        return Alertmanager(Http(Access(url, ca=own.ca), PROBE_SECONDS)).started()
    except NoAnswer:
        return None


def _config(subject: Subject, client: Alertmanager) -> Diagnostic:
    try:
        is_loaded = client.reload_ok()
    except NoAnswer as error:
        return subject.unanswered(error, "See `stackctl logs alertmanager`.")
    if not is_loaded:
        summary = "its last reload failed: it runs an older configuration, and would not start with the current files"
        return subject.failed(summary, "See `stackctl logs alertmanager`.", stage="loaded")
    return subject.passed("the last load of the configuration succeeded")
