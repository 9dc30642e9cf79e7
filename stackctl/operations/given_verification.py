"""Proving that servers work which somebody else runs: what they have loaded is what is declared."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from stackctl import conventions as c
from stackctl.access import Access
from stackctl.clients.http import Answer, Http, NoAnswer
from stackctl.diagnostic import Diagnostic
from stackctl.source import Position

if TYPE_CHECKING:
    from stackctl.clients.grafana import FoundDatasource, Grafana
    from stackctl.model import Dashboard, Stack, Waiver
    from stackctl.report.report import Report
    from stackctl.scrape import Job
    from stackctl.tree import Tree
    from stackctl.verification.context import Context
    from stackctl.verification.given import Loaded

T = TypeVar("T")

# The longest time to wait for scrapes and evaluations, in seconds, unless --timeout gives another: servers that run for
# days have jobs that are scraped once an hour.
_LONGEST_SECONDS = 60.0
# The reports of their configuration that are missed where a manifest says what is loaded: rules and targets have rows.
CONFIGURATIONS = ("prometheus.config", "alertmanager.config")
# So many dashboards are read at once.
_CONCURRENCY = 8


def verify_given(
    given: Mapping[str, Access],
    wait_seconds: float | None,
    only: Sequence[str],
    *,
    history: bool = False,
    ignored: Sequence[Waiver] = (),
) -> Report:
    """Every finding about the servers in `given`, or those of the checks in `only`; as `verify_stack`.

    Raises InputError for an unknown check.
    """
    from contextlib import nullcontext

    from stackctl.bounds.deadline import within
    from stackctl.clients.http import TIMEOUT_SECONDS

    with nullcontext() if wait_seconds is None else within(wait_seconds + TIMEOUT_SECONDS):
        return _verified(given, wait_seconds, only, history=history, ignored=ignored)


def _verified(
    given: Mapping[str, Access],
    wait_seconds: float | None,
    only: Sequence[str],
    *,
    history: bool,
    ignored: Sequence[Waiver],
) -> Report:
    from stackctl.checks import registry
    from stackctl.checks.panels import PANEL
    from stackctl.operations.checker_errors import accept
    from stackctl.operations.selection import refuse_unknown_checks
    from stackctl.report import panel_history as panels
    from stackctl.report.report import Report
    from stackctl.verification import given as servers
    from stackctl.verification.given_words import in_their_words

    refuse_unknown_checks(only, [id for _, ids in registry.GIVEN for id in ids])
    begun, start = time.time(), time.monotonic()
    loaded, unread = read_loaded(given)
    stack = servers.stack_of(given, loaded)
    jobs = servers.jobs_of(loaded, stack.prometheus.origin)
    context = servers_context(given, stack, servers.tree_of(stack, loaded), jobs, wait_seconds)
    found = with_unread(registry.run(context, only), unread, only)
    found += _undelivered(stack, loaded, only) + _empty(stack, jobs, [*found, *unread], only)
    findings = accept(map(in_their_words, found), ignored)
    seconds = time.monotonic() - start
    charts = panels.look(context) if history and any(finding.code == PANEL for finding in findings) else None
    return Report(stack.name, servers.NAME, "", tuple(findings), seconds, begun, charts)


def with_unread(
    found: Sequence[Diagnostic], unread: Iterable[Diagnostic], only: Sequence[str], codes: Collection[str] = ()
) -> list[Diagnostic]:
    """Return findings with those about what servers do not report, of some `codes` (of all when empty), unless a
    failure of the same subject explains them."""
    known = {each.subject for each in found if each.status == "fail"}
    chosen = (each for each in unread if not codes or each.code in codes)
    return [*found, *(each for each in chosen if each.subject not in known and is_wanted(each, only))]


def is_wanted(finding: Diagnostic, only: Sequence[str]) -> bool:
    """Return whether a finding is of the checks in `only`, or of any where there are none."""
    return not only or finding.code in only or finding.family in only


def _undelivered(stack: Stack, loaded: Loaded, only: Sequence[str]) -> list[Diagnostic]:
    """A warning for each alert that the loaded routes lead to nobody."""
    from stackctl.manifest.delivery import delivery_warnings

    found = [each for each in delivery_warnings(stack) if each.code == "rule.undelivered"] if loaded.rules else []
    return [replace(each, status="warn", subject=stack.name) for each in found if is_wanted(each, only)]


def _empty(stack: Stack, jobs: Sequence[Job], others: Sequence[Diagnostic], only: Sequence[str]) -> list[Diagnostic]:
    """A failure where the servers have nothing that can be verified: without it, such a report would be green.

    Where one of the `others` has failed, that may be why.
    """
    from stackctl.verification.subject import Subject

    if jobs or stack.rules or stack.dashboards or any(each.status == "fail" for each in others):
        return []
    asked = "and Grafana shows no dashboards" if stack.grafana else "and no Grafana was given"
    summary = f"it has no scrape jobs and no rules, {asked}: there is nothing to verify"
    remedy = (
        "Give the Prometheus that scrapes or evaluates rules, or with `--grafana` the Grafana whose dashboards query"
        " this server."
    )
    found = Subject("prometheus.empty", c.PROMETHEUS, stack.prometheus.origin).failed(summary, remedy)
    return [found] if is_wanted(found, only) else []


def servers_context(
    given: Mapping[str, Access],
    stack: Stack,
    tree: Tree,
    jobs: tuple[Job, ...],
    wait_seconds: float | None,
    **more: Any,
) -> Context:
    """Return the context of the checks of servers that somebody else runs; `more` are further fields of it.

    Without `wait_seconds`, it waits as long as scrapes and evaluations need.
    """
    from stackctl.runtimes.dial import directly
    from stackctl.verification import given as servers
    from stackctl.verification.context import Context

    prometheus = given[c.PROMETHEUS]
    here = servers.is_here(prometheus)
    fields: dict[str, Any] = {"skipped": {}, **more}
    context = Context(
        stack=stack,
        runtime=servers.facts_of(prometheus),
        tree=tree,
        jobs=jobs,
        current="",
        declared="",
        seconds=wait_seconds or 0.0,
        server=prometheus,
        fetch=_fetch,
        place=servers.Elsewhere(directly if here else None),
        dial=servers.dial_for(prometheus, directly),
        given=given,
        **fields,
    )
    return context if wait_seconds is not None else replace(context, seconds=_patience(context))


def _patience(context: Context) -> float:
    """Return how long to wait for a scrape or an evaluation, in seconds."""
    from stackctl.promql import duration

    intervals = [*map(context.interval, context.jobs), duration.seconds(context.stack.prometheus.evaluation_interval)]
    return min(2 * (max(intervals) + c.TARGET_SYNC_SECONDS), _LONGEST_SECONDS)


def _fetch(url: str) -> Answer:
    base, slash, path = url.partition("://")
    host, _, rest = path.partition("/")
    return Http(Access(f"{base}{slash}{host}")).ask(f"/{rest}")


# -- what is loaded -------------------------------------------------------------------------------------------


def read_loaded(given: Mapping[str, Access]) -> tuple[Loaded, list[Diagnostic]]:
    """Return what the servers have loaded, and a finding for each part that one of them does not tell."""
    from stackctl.clients.alertmanager import Alertmanager
    from stackctl.clients.prometheus import Prometheus
    from stackctl.verification.given import Loaded, loaded_config

    unread: list[Diagnostic] = []
    prometheus = Prometheus(Http(given[c.PROMETHEUS], is_foreign=True))

    def tried(code: str, name: str, ask: Callable[[], T], otherwise: T) -> T:
        try:
            return ask()
        except NoAnswer as error:
            unread.append(_unread(code, name, given[name], error))
            return otherwise

    loaded = Loaded(
        prometheus=tried("prometheus.config", c.PROMETHEUS, lambda: loaded_config(prometheus), ""),
        rules=tried("rule.loaded", c.PROMETHEUS, prometheus.rules, ()),
        targets=tried("target.up", c.PROMETHEUS, prometheus.targets, ()),
    )
    if c.ALERTMANAGER in given:
        alertmanager = Alertmanager(Http(given[c.ALERTMANAGER], is_foreign=True))
        text = tried("alertmanager.config", c.ALERTMANAGER, lambda: loaded_config(alertmanager), "")
        loaded = replace(loaded, alertmanager=text)
    if c.GRAFANA in given:
        from stackctl.clients.grafana import Grafana

        grafana = Grafana(Http(given[c.GRAFANA], is_foreign=True))
        nothing: tuple[tuple[Dashboard, ...], list[Diagnostic]] = ((), [])
        read = tried("grafana.dashboard", c.GRAFANA, lambda: _dashboards(grafana, given[c.PROMETHEUS]), nothing)
        dashboards, more = read
        loaded = replace(loaded, dashboards=dashboards)
        unread += more
    return loaded, unread


def _unread(code: str, name: str, access: Access, error: NoAnswer) -> Diagnostic:
    """The finding about what a server does not tell: a skip where it does not serve that, a failure otherwise."""
    from stackctl.verification.subject import Subject

    return Subject(code, name, Position(access.url)).unanswered(error)


def _dashboards(grafana: Grafana, prometheus: Access) -> tuple[tuple[Dashboard, ...], list[Diagnostic]]:
    """The dashboards that the login sees, and a finding for each that cannot be read. Raises NoAnswer for no list."""
    from concurrent.futures import ThreadPoolExecutor

    from stackctl.manifest.classic import read_loaded
    from stackctl.verification.subject import Subject

    listed = grafana.dashboards()
    sources = _sources(grafana)
    origin = Position(grafana.http.base)
    unread: list[Diagnostic] = []

    def read(uid: str, shown: str, folder: str) -> Dashboard | None:
        subject = Subject("grafana.dashboard", shown, origin)
        try:
            dashboard = read_loaded(grafana.dashboard_text(uid), shown, folder, origin)
        except NoAnswer as error:
            unread.append(subject.unanswered(error))
            return None
        if dashboard is None:
            unread.append(subject.skipped("it is not of Grafana's classic form, so its panels were not checked"))
        return dashboard

    with ThreadPoolExecutor(_CONCURRENCY) as pool:
        found = pool.map(lambda each: read(each.uid, f"{each.folder}/{each.title}".lstrip("/"), each.folder), listed)
        return tuple(_bound(each, sources, prometheus, origin) for each in found if each), unread


def _sources(grafana: Grafana) -> tuple[FoundDatasource, ...]:
    """The datasources that are asked in PromQL; none where the login may not list them, which is reported elsewhere."""
    try:
        return tuple(each for each in grafana.datasources() if each.is_prometheus)
    except NoAnswer:
        return ()


def _bound(dashboard: Dashboard, sources: Sequence[FoundDatasource], prometheus: Access, origin: Position) -> Dashboard:
    """The dashboard with its queries by the uids of their datasources; one of which that is not known is another."""
    from stackctl.model import OtherQuery

    own = _own_source(sources, prometheus)
    known = {name: each for each in sources for name in (each.uid, each.name)}
    queries, others = [], [replace(each, origin=origin) for each in dashboard.others]
    for query in dashboard.queries:
        source = known.get(query.datasource, own)
        uid = source.uid if source else query.datasource
        if uid:
            elsewhere = bool(source and own and source.uid != own.uid)
            queries.append(replace(query, datasource=uid, is_elsewhere=elsewhere, origin=origin, passage=None))
        else:
            others.append(OtherQuery(query.panel, "default", origin))
    other_names = {query.panel for query in queries if query.is_elsewhere}
    return replace(
        dashboard,
        queries=tuple(queries),
        others=tuple(dict.fromkeys(others)),
        variables=tuple(each for each in dashboard.variables if f"${each.name}" not in other_names),
    )


def _own_source(sources: Sequence[FoundDatasource], prometheus: Access) -> FoundDatasource | None:
    """The datasource that is the given Prometheus: the only one, the one with its address, or the default one."""
    here = urlsplit(prometheus.url)
    ranked: Iterable[FoundDatasource] = sorted(
        sources,
        key=lambda each: (urlsplit(each.url).netloc == here.netloc, each.is_default),
        reverse=True,
    )
    return next(iter(ranked), None)
