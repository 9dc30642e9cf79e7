"""`job.loaded`, `rule.loaded`, `alertmanager.receiver` and `grafana.dashboard` of a manifest for servers that somebody
else runs: what it declares is loaded there, next to whatever else is.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from stackctl import conventions as c
from stackctl.checks import grafana, notified, rival_records, rules
from stackctl.checks.alertmanager import RECEIVER
from stackctl.checks.jobs import ID as JOB
from stackctl.clients.grafana import Grafana
from stackctl.clients.http import NoAnswer
from stackctl.clients.prometheus import FiringAlert, LoadedRule
from stackctl.diagnostic import Diagnostic
from stackctl.model import Dashboard, Receiver
from stackctl.promql import duration
from stackctl.scrape import Job
from stackctl.tree import load_yaml
from stackctl.verification import external, targets
from stackctl.verification.context import Context
from stackctl.verification.given import loaded_config
from stackctl.verification.loaded import dashboards_difference, dashboards_in
from stackctl.verification.subject import Subject
from stackctl.verification.targets import TargetStates
from stackctl.verification.written_rules import OTHER_EXPRESSION

_JOBS = (
    "`stackctl render --out DIR` writes the job to `DIR/prometheus/jobs.yml`: name that file in `scrape_config_files` "
    "of its prometheus.yml, or correct the job there, and reload it."
)
_RULES = (
    "`stackctl render --out DIR` writes the rules to `DIR/prometheus/rules`: name that folder in `rule_files` of its "
    "prometheus.yml, or correct the rule there, and reload it."
)
_RECEIVERS = (
    "`stackctl render --out DIR` writes receivers and routes to `DIR/alertmanager/alertmanager.yml`: bring them into "
    "the configuration of that Alertmanager, and reload it."
)
_DATASOURCE = "Set it back in Grafana, or let it read its provisioning again: delete its pod."
_DASHBOARDS = (
    "`stackctl render --out DIR` writes the dashboards to `DIR/grafana/dashboards`: provision or import them in that "
    "Grafana."
)


# -- jobs -----------------------------------------------------------------------------------------------------


def check_jobs(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared job: it is loaded, and with the settings and labels that the manifest declares."""
    if not context.jobs:
        return []
    seen = targets.settle(context)
    subjects = [(Subject(JOB, job.name, job.origin), job) for job in context.jobs]
    if isinstance(seen, NoAnswer):
        return [subject.unanswered(seen) for subject, _ in subjects]
    declared = external.loaded_blocks(context.tree.yaml(c.EXTERNAL_JOBS_FILE))
    loaded = external.loaded_blocks(context.tree.yaml(c.PROMETHEUS_FILE))
    return [_job(context, subject, job, declared[job.name], loaded.get(job.name), seen) for subject, job in subjects]


def _job(
    context: Context,
    subject: Subject,
    job: Job,
    declared: Mapping[str, Any],
    loaded: Mapping[str, Any] | None,
    seen: TargetStates,
) -> Diagnostic:
    if targets.is_skipped(context, job):
        found = {target.job for target in seen.targets}
        return subject.failed("Prometheus has no such job", _JOBS, f"it has: {', '.join(sorted(found))[:400]}")
    if loaded is None:
        other = external.told_differences(declared, job, seen.targets)
    else:
        other = external.job_differences(declared, loaded)
    other += external.label_differences(declared, job, seen.targets)
    if other:
        return subject.failed(f"Prometheus has loaded another job of this name: {other[0]}", _JOBS, _lines(other))
    if loaded is None:
        return subject.passed("loaded; of its settings Prometheus reports only those of its targets")
    return subject.passed("loaded with the declared settings")


def _lines(differences: Sequence[str]) -> str:
    return "\n".join(differences[:20])


# -- rules ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Seen:
    """The loaded rules and the active alerts, as far as the rows of rules need them."""

    rules: tuple[LoadedRule, ...]
    alerts: tuple[FiringAlert, ...]


def check_rules(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared rule, that it is loaded as written, and for each that is, that it evaluates."""
    expected = rules.expected_rules(context.stack.rules)
    if not expected:
        return []
    client, until = context.prometheus(), time.time() + context.seconds
    written = [context.rules()[each.key][each.ordinal] for each in expected]
    intervals = _own_intervals(context)
    info = context.settle(client.runtime_info, lambda _: True)
    state = rules.Seen({}, 0.0 if isinstance(info, NoAnswer) else info.started, 0.0)

    def settled(seen: _Seen) -> bool:
        found = [rule for rule, _ in external.matched(written, seen.rules, intervals) if rule]
        return all(rule.health != "unknown" or rules.is_slow(rule, state, until) for rule in found)

    seen = context.settle(lambda: _Seen(client.rules(), client.alerts()), settled, within=context.seconds)
    subjects = [Subject(rules.LOADED, each.subject, each.rule.origin) for each in expected]
    if isinstance(seen, NoAnswer):
        return [subject.unanswered(seen) for subject in subjects]
    rivals = rival_records.rivals(context, [(each.subject, each.rule) for each in expected])
    state = replace(state, alerts=seen.alerts)
    pairs = zip(subjects, external.matched(written, seen.rules, intervals), strict=True)
    return [
        finding for subject, (rule, other) in pairs for finding in _rule(subject, rule, other, state, until, rivals)
    ]


def _rule(
    subject: Subject,
    rule: LoadedRule | None,
    other: Sequence[str],
    state: rules.Seen,
    until: float,
    rivals: rules.Rivals,
) -> list[Diagnostic]:
    if rule is None:
        return [subject.failed("Prometheus has not loaded this rule", _RULES)]
    if other:
        evidence = rule.query if other[0] == OTHER_EXPRESSION else ""
        return [subject.failed(f"Prometheus has loaded it with {', '.join(other)}", _RULES, evidence)]
    healthy = rules.health(replace(subject, code=rules.HEALTHY), rule, state, until, rivals)
    return [subject.passed(f"loaded as written, in the group `{rule.group}` of {rule.file}"), healthy]


def _own_intervals(context: Context) -> Mapping[tuple[str, str], float]:
    """The intervals that groups of the declared files have themselves, by file and group."""
    return {
        (path.removeprefix(c.RULES_FOLDER), str(group["name"])): duration.seconds(str(group["interval"]))
        for path, file in context.tree
        if path.startswith(c.RULES_FOLDER)
        for group in (load_yaml(file.content) or {}).get("groups") or ()
        if group.get("interval")
    }


# -- receivers ------------------------------------------------------------------------------------------------


def check_receivers(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared receiver: it is loaded, and gets what the declared routes lead to it."""
    alertmanager = context.stack.alertmanager
    if alertmanager is None or not alertmanager.receivers:
        return []
    subjects = [(Subject(RECEIVER, each.name, each.origin), each) for each in alertmanager.receivers]
    client = context.alertmanager()
    seen = context.settle(lambda: loaded_config(client), lambda _: True)
    if isinstance(seen, NoAnswer):
        return [subject.unanswered(seen) for subject, _ in subjects]
    loaded = {str(each.get("name")): each for each in (load_yaml(seen) or {}).get("receivers") or ()}
    rendered = {str(each["name"]): each for each in context.tree.yaml(c.ALERTMANAGER_FILE)["receivers"]}
    return [_receiver(context, subject, each, rendered[each.name], loaded) for subject, each in subjects]


def _receiver(
    context: Context,
    subject: Subject,
    receiver: Receiver,
    rendered: Mapping[str, Any],
    loaded: Mapping[str, Mapping[str, Any]],
) -> Diagnostic:
    if receiver.name not in loaded:
        return subject.failed("Alertmanager has no such receiver", _RECEIVERS, f"it has: {', '.join(loaded)}")
    if other := external.receiver_differences(receiver, rendered, loaded[receiver.name]):
        summary = f"Alertmanager has loaded another receiver of this name: {other[0]}"
        return subject.failed(summary, _RECEIVERS, _lines(other))
    if lost := context.misrouted.get(receiver.name):
        summary = f"the loaded routes do not lead to it what the manifest's do: {lost[0]}"
        return subject.failed(summary, _RECEIVERS, _lines(lost))
    return subject.passed("loaded, and the loaded routes lead to it what the manifest's do")


def check_notifications(context: Context) -> Iterable[Diagnostic]:
    """The findings about the notifications of the declared receivers; none is proven of one that is not loaded."""
    found = list(notified.check(context))
    try:
        loaded = context.alertmanager().receivers() if found else ()
    except NoAnswer:
        return found
    return [
        each
        if each.subject in loaded
        else Subject(each.code, each.subject, each.position).depends("it is not loaded", f"{RECEIVER} {each.subject}")
        for each in found
    ]


# -- dashboards -----------------------------------------------------------------------------------------------


def check_dashboards(context: Context) -> Iterable[Diagnostic]:
    """A finding for every declared dashboard, and for the datasource that these ask."""
    if context.stack.grafana is None or not (context.stack.dashboards or context.cluster):
        return []
    client, rendered = context.grafana(), dashboards_in(context.tree)
    return [
        _datasource(context, client),
        *(_dashboard(client, each, rendered[each.uid]) for each in context.stack.dashboards),
    ]


def _datasource(context: Context, client: Grafana) -> Diagnostic:
    assert context.stack.grafana  # noqa: S101 - asked for where there is a Grafana only
    uid = context.stack.datasource_uid
    subject = Subject(grafana.DATASOURCE, c.GRAFANA, context.stack.grafana.origin)
    seen = context.settle(lambda: client.datasource(uid), lambda _: True)
    if isinstance(seen, NoAnswer) and seen.status == 403:
        return subject.skipped("the login may not read datasources", "Give it the role Admin, or skip this.")
    if isinstance(seen, NoAnswer) and seen.status == 404:
        remedy = (
            "Write the uid of its datasource as `grafana: {datasource: {uid: ...}}`, and render the dashboards again."
        )
        return subject.failed(f"Grafana has no datasource with the uid `{uid}`, which the dashboards ask", remedy)
    if isinstance(seen, NoAnswer):
        return subject.unanswered(seen, "Read the log of Grafana.")
    asked, wanted = str(seen.get("url")).rstrip("/"), context.cluster.datasource if context.cluster else ""
    if wanted and asked != wanted:
        return subject.failed(f"its datasource `{uid}` asks {asked}, and not {wanted}", _DATASOURCE, stage="loaded")
    if away := context.away.get(c.PROMETHEUS):
        return subject.depends(away.summary, away.check)
    return grafana.reaches(context, subject, client, uid, str(seen.get("url")))


def _dashboard(client: Grafana, dashboard: Dashboard, rendered: Mapping[str, Any]) -> Diagnostic:
    subject = Subject(grafana.DASHBOARD, dashboard.path, dashboard.origin)
    try:
        other = dashboards_difference(client, {dashboard.uid: rendered}, ())
    except NoAnswer as error:
        return subject.unanswered(error, "Read the log of Grafana.")
    return subject.failed(f"in Grafana {other[0]}", _DASHBOARDS) if other else subject.passed("loaded")
