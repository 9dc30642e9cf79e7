"""The registry of checks: all families, run in parallel against a running stack, in the order of the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from stackctl import conventions as c
from stackctl.checks import (
    alert_labels,
    alertmanager,
    cluster,
    components,
    config,
    connected,
    containers,
    contracts,
    drift,
    exporters,
    expressions,
    external,
    grafana,
    grafana_notifications,
    grafana_rules,
    health,
    jobs,
    notified,
    panels,
    pushed,
    reached,
    received,
    remote_read,
    remote_write,
    replicas,
    rules,
    series,
    servers,
    storage,
    stored,
    targets,
    view,
)
from stackctl.clients.http import Away
from stackctl.diagnostic import Diagnostic
from stackctl.verification.context import Context

Family = Callable[[Context], Iterable[Diagnostic]]

# The families in the order in which they are reported, each with the ids it answers for.
FAMILIES: tuple[tuple[Family, tuple[str, ...]], ...] = (
    (components.check, (components.ID,)),
    (containers.check, (containers.ID,)),
    (config.check, (config.GENERATION, config.FILES, config.CONFIG, config.RETENTION)),
    (storage.check, (storage.ID,)),
    (jobs.check, (jobs.ID,)),
    (targets.check, (targets.ID,)),
    (stored.check, (stored.ID,)),
    (pushed.check, (pushed.ID,)),
    (series.check, (series.ID,)),
    (remote_write.check, (remote_write.ID,)),
    (received.check, (received.ID,)),
    (remote_read.check, (remote_read.ID,)),
    (contracts.check, (contracts.METRIC, contracts.LABELS, contracts.UNLISTED)),
    (health.check, (health.ID,)),
    (reached.check_stack, (exporters.WORKS, exporters.PROBE)),
    (rules.check, (rules.LOADED, rules.HEALTHY)),
    (expressions.check, (expressions.ID,)),
    (alert_labels.check, (alert_labels.ID,)),
    (alertmanager.check, (alertmanager.CONNECTED, alertmanager.CONFIG, alertmanager.RECEIVER)),
    (notified.check, (notified.ID,)),
    (grafana.check_health, (grafana.HEALTH,)),
    (grafana.check_login, (grafana.LOGIN,)),
    (grafana.check, (grafana.DATASOURCE, grafana.DASHBOARD)),
    (grafana_rules.check, (grafana_rules.RULE,)),
    (grafana_notifications.check, (grafana_notifications.CONTACT_POINT, grafana_notifications.POLICY)),
    (panels.check, (panels.PANEL, panels.VARIABLE)),
    (drift.check, (drift.JOB, drift.TARGET, drift.RULE, drift.RECEIVER, drift.DASHBOARD)),
)
OWN_IDS = tuple(id for _, ids in FAMILIES for id in ids)
# The same for servers that somebody else runs. That these have loaded what is declared says nothing: it is what they
# have loaded.
GIVEN: tuple[tuple[Family, tuple[str, ...]], ...] = (
    (servers.check, (components.ID,)),
    (config.check_given, (config.CONFIG,)),
    (storage.check, (storage.ID,)),
    (jobs.check, (jobs.ID,)),
    (targets.check, (targets.ID,)),
    (stored.check, (stored.ID,)),
    (pushed.check, (pushed.ID,)),
    (remote_write.check, (remote_write.ID,)),
    (remote_read.check, (remote_read.ID,)),
    (reached.check, (exporters.WORKS, exporters.PROBE)),
    (rules.check_given, (rules.HEALTHY,)),
    (expressions.check, (expressions.ID,)),
    (alert_labels.check, (alert_labels.ID,)),
    (connected.check, (alertmanager.CONNECTED, alertmanager.CONFIG)),
    (notified.check, (notified.ID,)),
    (grafana.check_health, (grafana.HEALTH,)),
    (grafana.check_given_login, (grafana.LOGIN,)),
    (grafana.check_given, (grafana.DATASOURCE,)),
    (panels.check, (panels.PANEL, panels.VARIABLE)),
)
# The same where a manifest declares what they have to load (`runtime: external`): what it declares is proven, and that
# the servers work. What else is loaded there is somebody else's.
EXTERNAL: tuple[tuple[Family, tuple[str, ...]], ...] = (
    (servers.check, (components.ID,)),
    (config.check_given, (config.CONFIG,)),
    (storage.check, (storage.ID,)),
    (external.check_jobs, (jobs.ID,)),
    (targets.check, (targets.ID,)),
    (stored.check, (stored.ID,)),
    (contracts.check, (contracts.METRIC, contracts.LABELS, contracts.UNLISTED)),
    (health.check, (health.ID,)),
    (reached.check_declared, (exporters.WORKS, exporters.PROBE)),
    (external.check_rules, (rules.LOADED, rules.HEALTHY)),
    (expressions.check, (expressions.ID,)),
    (alert_labels.check, (alert_labels.ID,)),
    (connected.check, (alertmanager.CONNECTED, alertmanager.CONFIG)),
    (external.check_receivers, (alertmanager.RECEIVER,)),
    (external.check_notifications, (notified.ID,)),
    (grafana.check_health, (grafana.HEALTH,)),
    (grafana.check_given_login, (grafana.LOGIN,)),
    (external.check_dashboards, (grafana.DATASOURCE, grafana.DASHBOARD)),
    (panels.check, (panels.PANEL, panels.VARIABLE)),
)


# The same for a cluster that runs the stack: the Prometheus Operator makes a job of each object that selects targets.
CLUSTER: tuple[tuple[Family, tuple[str, ...]], ...] = (
    (cluster.check_objects, (cluster.OBJECT,)),
    (cluster.check_workloads, (cluster.WORKLOAD,)),
    (replicas.check, (replicas.ID,)),
    (view.check, (view.ID,)),
    (cluster.check_servers, (components.ID,)),
    (config.check_given, (config.CONFIG,)),
    (storage.check, (storage.ID,)),
    (cluster.check_jobs, (jobs.ID,)),
    (cluster.check_targets, (targets.ID,)),
    (stored.check, (stored.ID,)),
    (pushed.check, (pushed.ID,)),
    (contracts.check, (contracts.METRIC, contracts.LABELS, contracts.UNLISTED)),
    (remote_write.check, (remote_write.ID,)),
    (remote_read.check, (remote_read.ID,)),
    (reached.check, (exporters.WORKS, exporters.PROBE)),
    (cluster.check_rules, (rules.LOADED, rules.HEALTHY)),
    (expressions.check, (expressions.ID,)),
    (alert_labels.check, (alert_labels.ID,)),
    (connected.check, (alertmanager.CONNECTED, alertmanager.CONFIG)),
    (cluster.check_receivers, (alertmanager.RECEIVER,)),
    (external.check_notifications, (notified.ID,)),
    (grafana.check_health, (grafana.HEALTH,)),
    (grafana.check_given_login, (grafana.LOGIN,)),
    (cluster.check_dashboards, (grafana.DATASOURCE, grafana.DASHBOARD)),
    (grafana_rules.check, (grafana_rules.RULE,)),
    (grafana_notifications.check, (grafana_notifications.CONTACT_POINT, grafana_notifications.POLICY)),
    (panels.check, (panels.PANEL, panels.VARIABLE)),
)


IDS = tuple(dict.fromkeys(id for table in (FAMILIES, CLUSTER) for _, ids in table for id in ids))


# What everything else depends on is checked first, in this order. A failure of these makes the rest that asks the same
# server a skip, so that one cause is one failure; and a wrong password is tried once.
_FIRST: tuple[Family, ...] = (components.check, grafana.check_health, grafana.check_login)
_FIRST_OF_GIVEN: tuple[Family, ...] = (servers.check, grafana.check_health, grafana.check_given_login)
_FIRST_OF_CLUSTER: tuple[Family, ...] = (
    *(cluster.check_objects, cluster.check_workloads, cluster.check_servers),
    *(grafana.check_health, grafana.check_given_login, view.check),
)
# The families that log in to Grafana, and those of them that find out whether that works.
_LOGINS = frozenset({grafana.check_login, grafana.check_given_login})
_LOGGED_IN = _LOGINS | {
    grafana.check,
    grafana.check_given,
    external.check_dashboards,
    cluster.check_dashboards,
    grafana_rules.check,
    grafana_notifications.check,
    panels.check,
    drift.check,
}


def run(context: Context, only: Sequence[str] = ()) -> list[Diagnostic]:
    """The findings of all families, or of those that answer for the ids (or families, `target`) in `only`.

    A failure on which one of these depends is among them, whether it was asked for or not.
    """
    families, first = _families(context)
    chosen = [family for family, ids in families if not only or any(_named(id, only) for id in ids)]
    known: dict[Family, list[Diagnostic]] = {}
    for family in first:
        if family in _LOGINS and not _LOGGED_IN & {*chosen}:
            continue
        known[family] = _timed(family, replace(context))
        context = replace(context, away={**context.away, **_away(known[family])})
    later = replace(context)  # what families look at together is looked at again in each run
    with ThreadPoolExecutor(len(families)) as pool:
        results = list(pool.map(lambda family: known[family] if family in known else _timed(family, later), chosen))
    found = [finding for findings in results for finding in findings if not only or _named(finding.code, only)]
    causes = {finding.depends_on for finding in found}
    reported = [each for findings in known.values() for each in findings if _row(each) in causes and each not in found]
    return [*reported, *found]


def _families(context: Context) -> tuple[Sequence[tuple[Family, tuple[str, ...]]], Sequence[Family]]:
    """The families for a context, and those of them that are checked first."""
    if not context.given:
        return FAMILIES, _FIRST
    if context.cluster:
        return CLUSTER, _FIRST_OF_CLUSTER
    return (EXTERNAL if context.has_manifest else GIVEN), _FIRST_OF_GIVEN


def _away(findings: Iterable[Diagnostic]) -> dict[str, Away]:
    """The components that these findings show to be of no use."""
    failed = [finding for finding in findings if finding.status == "fail"]
    found = {each.subject: Away(f"{each.subject} does not work: {each.summary}", _row(each)) for each in failed}
    if lost := next((each for each in findings if each.code == view.ID and each.status != "pass"), None):
        found[c.PROMETHEUS] = Away("Thanos Query does not have every replica", lost.depends_on or _row(lost))
    return found


def _row(finding: Diagnostic) -> str:
    return f"{finding.code} {finding.subject}"


def _named(id: str, only: Sequence[str]) -> bool:
    return any(id == name or id.startswith(f"{name}.") for name in only)


def _timed(family: Family, context: Context) -> list[Diagnostic]:
    """The findings of one family; the time is that of the family, which looks at all its subjects together."""
    start = time.monotonic()
    findings = list(family(context))
    seconds = round(time.monotonic() - start, 3)
    return [replace(finding, duration_seconds=seconds) for finding in findings]
