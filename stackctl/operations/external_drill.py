"""A drill of servers that somebody else runs, by Alertmanager's API: alerts are handed to it, and the real receivers
get them. None of its files is changed, and the alerts end with the drill, or by themselves when stackctl is killed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from stackctl import conventions as c
from stackctl.clients.http import NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.errors import Unavailable, raise_if_any

if TYPE_CHECKING:
    from stackctl.access import Access
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.drill import Arrivals, Drilled
    from stackctl.drill.tracking import Delivery
    from stackctl.model import Stack
    from stackctl.progress import Progress
    from stackctl.report.report import Report
    from stackctl.tree import Tree
    from stackctl.verification.given import Loaded

# How long Alertmanager may take to show an alert, and to notify of it once its group has waited.
_TAKEN_SECONDS = 20.0
# How long each further one of a cluster waits for those before it.
_PEER_SECONDS = 15.0
_LONGEST_SECONDS = 24 * 3600.0
_LOGIN = (401, 403)


def drill_external(
    stack: Stack,
    progress: Progress,
    names: Sequence[str],
    labels: Mapping[str, str],
    *,
    live: bool,
    patience: float | None,
    problems: Sequence[Diagnostic] = (),
) -> Report:
    """Hand the alerts `names` (all when empty), whose series have `labels` too, to the Alertmanager of `external`, and
    report which receivers have taken them.

    `patience` is how long that may take, in seconds; without it, as long as the routes make it wait. `problems` are
    those of the command line that are known already. Raises InputError with all of them, and Unavailable.
    """
    from stackctl.drill import choose
    from stackctl.errors import InputError
    from stackctl.operations.external import accesses, drill_problems
    from stackctl.verification.given_words import in_words_of_manifest

    found = [*problems, *drill_problems(stack.external, live=live)]
    try:
        alerts = choose(stack, names, labels, live=True)
    except InputError as error:
        raise InputError(*found, *error.problems) from None
    raise_if_any(found)
    servers = accesses(stack)
    findings = _run(stack, servers, _loaded(servers), stack, alerts, progress, patience)
    return _report(stack, findings, in_words_of_manifest)


def given_problems(given: Mapping[str, str], names: Sequence[str], *, live: bool) -> Iterator[Diagnostic]:
    """Yield what is in the way of a drill of alerts of the servers at the URLs `given`."""
    if not live:
        remedy = "Add `--live`: alerts are handed to Alertmanager, and the real receivers get them."
        yield Diagnostic("usage.option", "a drill of these servers needs --live", remedy=remedy)
    if c.ALERTMANAGER not in given:
        remedy = "Add `--alertmanager URL`, with that of the Alertmanager that this Prometheus sends its alerts to."
        yield Diagnostic("usage.option", "a drill of these servers needs --alertmanager", remedy=remedy)
    if not names:
        remedy = "Name them, like `stackctl drill --live ApiDown`: all that this Prometheus has would be too many."
        yield Diagnostic("usage.option", "a drill of these servers needs the names of alerts", remedy=remedy)


def drill_given(
    servers: Mapping[str, Access],
    progress: Progress,
    names: Sequence[str],
    labels: Mapping[str, str],
    *,
    patience: float | None,
) -> Report:
    """Drill alerts that a Prometheus has loaded, with the routes that an Alertmanager has loaded; as `drill_external`.

    Raises InputError for names that no alert has, and Unavailable.
    """
    from stackctl.clients.http import Http
    from stackctl.clients.prometheus import Prometheus
    from stackctl.drill import choose
    from stackctl.verification import given
    from stackctl.verification.given_words import in_their_words

    loaded = _loaded(servers)
    if not loaded.rules:
        Prometheus(Http(servers[c.PROMETHEUS])).rules()  # raises why they are not known
    stack = given.stack_of(servers, loaded)
    alerts = choose(stack, names, labels, live=True)
    return _report(stack, _run(stack, servers, loaded, None, alerts, progress, patience), in_their_words)


def _loaded(servers: Mapping[str, Access]) -> Loaded:
    """Return what the servers have loaded. Raises Unavailable where Alertmanager does not report that."""
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.http import Http
    from stackctl.operations.given_verification import read_loaded
    from stackctl.verification import given

    loaded, _ = read_loaded({name: access for name, access in servers.items() if name != c.GRAFANA})
    if not loaded.alertmanager:
        given.loaded_config(Alertmanager(Http(servers[c.ALERTMANAGER])))  # raises why it is not known
    return loaded


def _report(stack: Stack, findings: Iterator[Diagnostic], worded: Callable[[Diagnostic], Diagnostic]) -> Report:
    """Return the report of a drill, which takes place while its `findings` are read."""
    from stackctl.report.report import DRILL, Report
    from stackctl.verification import given

    begun, start = time.time(), time.monotonic()
    found = tuple(map(worded, findings))
    return Report(stack.name, given.NAME, "", found, time.monotonic() - start, begun, command=DRILL)


def _run(
    stack: Stack,
    servers: Mapping[str, Access],
    loaded: Loaded,
    declared: Stack | None,
    alerts: Sequence[Drilled],
    progress: Progress,
    patience: float | None,
) -> Iterator[Diagnostic]:
    """Yield the findings. Raises Unavailable where Alertmanager does not answer or takes no alerts."""
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.http import Http
    from stackctl.drill import watch
    from stackctl.drill.live import blocks
    from stackctl.drill.posted import dropped_finding, left_out, posted_finding
    from stackctl.verification import given

    client = Alertmanager(Http(servers[c.ALERTMANAGER]))
    found = given.stack_of(servers, loaded)
    tree = given.tree_of(replace(found, rules=()), loaded)
    drill = _Drill(client, tree, loaded, _lost(servers[c.ALERTMANAGER], declared))
    sent, dropped = _sent(alerts, loaded, drill.token)
    for alert, step in dropped:
        yield dropped_finding(alert, step)
    with drill.firing(sent, progress):
        start, since = time.monotonic(), time.time()
        deliveries = watch(
            sent,
            {},
            {c.ALERTMANAGER: client},
            lambda _, receiver: blocks(drill.tree, receiver),
            drill.arrivals,
            patience or _LONGEST_SECONDS,
            drill.is_over if patience is None else lambda _: False,
        )
        waited = patience or round(time.monotonic() - start)
    for delivery in deliveries:
        led_to = _declared_receivers(declared, delivery.alert)
        is_doubtful = not drill.doubtful.isdisjoint(delivery.receivers)
        yield posted_finding(delivery, waited, since, led_to, is_doubtful=is_doubtful)
    yield left_out(stack.prometheus.origin)


def _sent(alerts: Sequence[Drilled], loaded: Loaded, token: str) -> tuple[list[Drilled], list[tuple[Drilled, int]]]:
    """Return the alerts as Prometheus would send them, and those that it would not send, each with the number of the
    step of its `alert_relabel_configs` that drops it."""
    from stackctl.diagnosis.relabel import relabelled
    from stackctl.drill.posted import MARK, filled

    external = {
        name: str(value) for name, value in ((loaded.config.get("global") or {}).get("external_labels") or {}).items()
    }
    steps = (loaded.config.get("alerting") or {}).get("alert_relabel_configs") or ()
    sent, dropped = [], []
    for alert in map(filled, alerts):
        labels = {**external, **alert.labels}
        with suppress(ValueError):  # of a regular expression that only Prometheus can read
            outcome = relabelled(labels, steps)
            if outcome.dropped_by is not None:
                dropped.append((alert, outcome.dropped_by + 1))
                continue
            labels = dict(outcome.labels)
        marks = {c.DRILL: c.DRILL_LIVE, MARK: f"{token}-{alert.number}"}
        sent.append(replace(alert, labels={**labels, **marks}))
    return sent, dropped


def _declared_receivers(declared: Stack | None, alert: Drilled) -> frozenset[str]:
    """Return the receivers to which the manifest certainly leads an alert with the labels that it was sent with."""
    from stackctl.manifest.routed_alike import led_to

    return led_to(declared, alert.origin, alert.labels) if declared else frozenset()


def _lost(access: Access, declared: Stack | None) -> dict[str, str]:
    """Return the ways of declared receivers that lose what they get at a redirect; servers do not show their URLs.

    They are asked where Alertmanager is on this machine: elsewhere an address may mean another server.
    """
    from stackctl.drill.live import redirected
    from stackctl.export.external import external_tree
    from stackctl.runtimes.dial import directly
    from stackctl.verification import given

    if declared is None or declared.alertmanager is None or not given.is_here(access):
        return {}
    tree = external_tree(declared)
    found = [redirected(tree, each.name, directly) for each in declared.alertmanager.receivers]
    return {way: reason for each in found for way, reason in each.items()}


class _Drill:
    """The alerts of one drill at an Alertmanager, and what its receivers have taken of them.

    `lost` are the ways by which nothing arrives though Alertmanager counts it, with the reasons.
    """

    def __init__(self, client: Alertmanager, tree: Tree, loaded: Loaded, lost: Mapping[str, str]) -> None:
        import secrets

        from stackctl.drill.posted import resolve_seconds

        self.token = secrets.token_hex(4)
        self.tree = tree
        self.doubtful: set[str] = set()  # receivers whose counters have counted messages of real alerts, too
        self._lost = lost
        self._client, self._routing = client, loaded.routing
        self._process, self._before = client.process_notifications()
        self._peers = client.peers()
        # An alert ends by itself after some time: it is handed over again before that.
        self._lasts_seconds = resolve_seconds(self._routing)
        self._first: dict[str, float] = {}
        self._begun = self._renewed = time.monotonic()
        self._alerts: list[dict[str, Mapping[str, str]]] = []

    @contextmanager
    def firing(self, alerts: Sequence[Drilled], progress: Progress) -> Iterator[None]:
        """Fire `alerts` inside, and end them afterwards."""
        self._alerts = [{"labels": each.labels, "annotations": each.annotations} for each in alerts]
        try:
            self._fire()
            yield
        finally:
            self._end(progress)

    def arrivals(self) -> Arrivals:
        """Return what receivers have taken until now. Raises Unavailable where another Alertmanager answers."""
        from stackctl.drill import Arrivals
        from stackctl.drill.live import delivered, doubtful, due, failed_attempts

        if time.monotonic() - self._renewed > self._lasts_seconds / 3:
            self._fire()
        process, accounts = self._client.process_notifications()
        if process != self._process:
            summary = f"another process than before answers at {self._client.http.base}"
            remedy = "Give the address of one Alertmanager itself, and run the drill again after a restart."
            raise Unavailable.of("server.no-answer", summary, remedy=remedy)
        groups, now = self._client.groups(), time.time()
        messages = due(groups, self._is_own)
        disturbed = {each.receiver for each in groups if not all(map(self._is_own, each.active))}
        ways = doubtful(self.tree, messages, accounts, disturbed)
        self.doubtful |= {way.rpartition("/")[0] for way in ways}
        well = delivered(self.tree, messages, self._before, accounts, (), disturbed) - self._lost.keys()
        faults = {**failed_attempts(self.tree, messages, self._before, accounts), **self._lost}
        times = {way: self._first.setdefault(way, now) for way in well}
        return Arrivals(times, {way: reason for way, reason in faults.items() if way not in times})

    def is_over(self, seen: Sequence[Delivery]) -> bool:
        """Return whether there is nothing more to wait for, though not all has arrived: the groups have waited as long
        as the routes say, and a receiver that refuses a message has been tried again."""
        from stackctl.drill.posted import patience

        waited = time.monotonic() - self._begun
        if any(each.received is None for each in seen):
            return waited > _TAKEN_SECONDS
        wait, interval = patience(self._routing, [name for each in seen for name in each.receivers])
        spare = _TAKEN_SECONDS + _PEER_SECONDS * (self._peers - 1)
        return waited > wait + spare + (0.0 if any(each.faults for each in seen) else interval)

    def _is_own(self, labels: Mapping[str, str]) -> bool:
        from stackctl.drill.posted import MARK

        return labels.get(MARK, "").startswith(f"{self.token}-")

    def _fire(self) -> None:
        """Raise Unavailable where Alertmanager does not accept alerts."""
        self._renewed = time.monotonic()
        try:
            if self._alerts:
                self._client.fire(self._alerts)
        except NoAnswer as error:
            is_login = error.status in _LOGIN
            remedy = "Give a login that may post alerts." if is_login else "Read the log of Alertmanager."
            raise Unavailable.of("server.no-answer", error.summary, remedy=remedy) from None

    def _end(self, progress: Progress) -> None:
        from stackctl.drill.posted import MARK
        from stackctl.operations.drill_changes import end_alerts

        try:
            end_alerts([self._client], f'{MARK}=~"{self.token}-.*"')
        except Unavailable as error:
            progress.warn(f"the end of the drill is not confirmed: {error.problems[0].summary}")
            lasts = f"{self._lasts_seconds:g} s (Alertmanager's `resolve_timeout`)"
            progress.warn(f"its alerts end by themselves after {lasts}")
